import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { EventBusError } from '../../src/bus/errors.ts'
import { serializedEvent } from '../../src/bus/event.ts'
import { formatFailure, toFailure } from '../../src/cli/errors.ts'
import { formatSuggestion, toSuggestion } from '../../src/cli/suggestions.ts'
import { driverHints } from '../../src/drivers/hints.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import type { RedpandaEventBusOptions } from '../../src/drivers/kafka/redpanda-options.ts'
import { isKafkaSince, kafkaTool } from '../support/kafka.ts'
import { BRIEF_SESSION_MS, type SecuredKafka, startSecuredKafka, unsecuredToken } from '../support/secured-kafka.ts'
import { newTopic, numbered, uniqueGroup, uniqueTopic } from './support/harness.ts'

// Connections, logins and ACLs fail on a real Kafka with the reason of the broker, and never suggest that it is down.

const users = { alice: 'correct-horse', bob: 'hunter2' }
const isHere = inject('kafkaBrokers') !== '' && !process.env.CRBUS_TEST_BROKERS
/** The time-out of requests. Failures that are reported at once take much less. */
const TIMEOUT_MS = 4000

describe.skipIf(!isHere)('a secured broker', () => {
  let kafka: SecuredKafka
  beforeAll(async () => {
    kafka = await startSecuredKafka(users)
  })
  afterAll(() => kafka?.dispose())

  function openBus(options: RedpandaEventBusOptions): RedpandaEventBus {
    const bus = new RedpandaEventBus({ timeout: TIMEOUT_MS, ...options })
    onTestFinished(() => bus.close().catch(() => undefined))
    return bus
  }

  const asUser = (user: keyof typeof users): RedpandaEventBusOptions => ({
    brokers: kafka.at.login,
    sasl: { mechanism: 'plain', username: user, password: users[user] },
  })

  /** The error of a bus that fails to connect, and how many milliseconds that took. */
  async function failure(options: RedpandaEventBusOptions): Promise<{ error: EventBusError; took: number }> {
    const start = performance.now()
    const error = await openBus(options)
      .admin.describeCluster()
      .then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
    if (!(error instanceof EventBusError)) throw new Error(`not an EventBusError: ${error}`)
    const hints = error.hints.map(toSuggestion).map(formatSuggestion)
    expect(hints.join('; ')).not.toMatch(/is running/)
    expect(hints).not.toEqual([])
    // The command line prints one line, then the hints.
    const printed = formatFailure(toFailure(error)).trimEnd().split('\n')
    expect(printed).toEqual([`error: ${error.message} (CRBUS_${error.code})`, ...hints.map((line) => `  try: ${line}`)])
    return { error, took: performance.now() - start }
  }

  describe('with a certificate', () => {
    test.each([
      ['that is self-signed', 'tls', {}, /has a self-signed certificate that is not trusted/, /tls: \{ ca \}/],
      [
        'from an authority that is not trusted',
        'signed',
        {},
        /has a certificate from an authority that is not trusted/,
        /tls: \{ ca \}/,
      ],
      ['that has expired', 'expired', { own: true }, /has a certificate that has expired/, /renew/],
      ['for another host', 'other', { own: true }, /has a certificate for another host name/, /host name/],
    ] as const)(
      '%s fails the connection with that reason',
      async (_called, listener, { own }: { own?: boolean }, message, advice) => {
        const tls = own ? { ca: kafka.certificates[listener] } : true

        const { error, took } = await failure({ brokers: kafka.at[listener], tls })

        expect(error).toMatchObject({
          code: 'CONNECTION_FAILED',
          message: expect.stringMatching(message),
          hints: expect.arrayContaining([expect.objectContaining({ text: expect.stringMatching(advice) })]),
        })
        expect(error.message).toContain(kafka.at[listener])
        expect(took).toBeLessThan(TIMEOUT_MS)
      },
    )

    test('that is trusted, itself or by its authority, is accepted', async () => {
      const bus = openBus({ brokers: kafka.at.tls, tls: { ca: kafka.certificates.tls } })
      expect(await bus.admin.describeCluster()).toMatchObject({ kind: 'kafka' })
      const signed = openBus({ brokers: kafka.at.signed, tls: { ca: kafka.certificates.authority } })
      expect(await signed.admin.describeCluster()).toMatchObject({ kind: 'kafka' })
    })
  })

  describe('with a client of another protocol', () => {
    test('tells a client with TLS that the port may not speak TLS', async () => {
      const { error, took } = await failure({ brokers: kafka.at.plain, tls: true })

      expect(error).toMatchObject({
        code: 'CONNECTION_FAILED',
        message: expect.stringContaining('the broker may not speak TLS on this port'),
        hints: expect.arrayContaining([expect.objectContaining({ text: expect.stringContaining('without TLS') })]),
      })
      expect(took).toBeLessThan(TIMEOUT_MS)
    })

    test('tells a client without TLS that the port may expect TLS', async () => {
      const { error, took } = await failure({ brokers: kafka.at.tls })

      expect(error).toMatchObject({
        code: 'CONNECTION_FAILED',
        message: expect.stringMatching(/TLS on this port/),
        hints: expect.arrayContaining([expect.objectContaining({ text: expect.stringContaining('connect with TLS') })]),
      })
      expect(took).toBeLessThan(2 * TIMEOUT_MS)
    })

    test('tells a client without a login that the port may expect a login', async () => {
      const { error, took } = await failure({ brokers: kafka.at.login })

      expect(error).toMatchObject({
        code: 'CONNECTION_FAILED',
        message: expect.stringContaining('the broker may expect a login (SASL)'),
        hints: expect.arrayContaining([expect.objectContaining({ text: expect.stringContaining('sasl') })]),
      })
      expect(took).toBeLessThan(2 * TIMEOUT_MS)
    })

    test('refuses the login of a client on a port without logins', async () => {
      const { error, took } = await failure({ ...asUser('alice'), brokers: kafka.at.plain })

      expect(error).toMatchObject({
        code: 'AUTHENTICATION_FAILED',
        message: expect.stringContaining('refused the login'),
      })
      expect(took).toBeLessThan(TIMEOUT_MS)
    })
  })

  describe('that requires a client certificate', () => {
    const trusting = () => ({ ca: kafka.certificates.tls })

    test('accepts a client certificate that it trusts', async () => {
      const bus = openBus({ brokers: kafka.at.mutual, tls: { ...trusting(), ...kafka.client } })
      expect(await bus.admin.describeCluster()).toMatchObject({ kind: 'kafka' })
    })

    test.each(['TLSv1.2', 'TLSv1.3'] as const)(
      'refuses over %s a client without a certificate, without retries',
      async (version) => {
        const tls = { ...trusting(), minVersion: version, maxVersion: version }

        const { error, took } = await failure({ brokers: kafka.at.mutual, tls })

        expect(error).toMatchObject({
          code: 'AUTHENTICATION_FAILED',
          message: expect.stringContaining('requires a client certificate'),
          hints: expect.arrayContaining([
            expect.objectContaining({ text: expect.stringContaining('tls: { cert, key }') }),
          ]),
        })
        expect(took).toBeLessThan(TIMEOUT_MS / 2)
      },
    )

    test('refuses a client certificate that it does not trust', async () => {
      const { error, took } = await failure({ brokers: kafka.at.mutual, tls: { ...trusting(), ...kafka.stranger } })

      expect(error).toMatchObject({
        code: 'AUTHENTICATION_FAILED',
        message: expect.stringContaining('refused the client certificate'),
      })
      expect(took).toBeLessThan(TIMEOUT_MS / 2)
    })

    test('gets no connection from a client whose key cannot be decrypted', async () => {
      const tls = { ...trusting(), ...kafka.client, passphrase: 'wrong' }
      const { error, took } = await failure({ brokers: kafka.at.mutual, tls })

      expect(error).toMatchObject({ message: expect.stringContaining('cannot connect with these tls options') })
      expect(took).toBeLessThan(TIMEOUT_MS / 2)
    })
  })

  describe('that requires a login', () => {
    test.each(['plain', 'scram-sha-256'] as const)(
      'refuses a wrong password over %s with its reason',
      async (mechanism) => {
        const sasl = { mechanism, username: 'alice', password: 'battery-staple' }

        const { error, took } = await failure({ brokers: kafka.at.login, sasl })

        expect(error).toMatchObject({
          code: 'AUTHENTICATION_FAILED',
          message: expect.stringMatching(/refused the login: Authentication failed.*[Ii]nvalid/),
          hints: [expect.objectContaining({ text: expect.stringContaining('password') })],
        })
        expect(error.message).not.toContain('battery-staple')
        expect(took).toBeLessThan(TIMEOUT_MS / 2)
      },
    )

    test('whose sessions are short keeps publishing and delivering, since connections log in again', async () => {
      const sasl = { mechanism: 'scram-sha-256' as const, username: 'alice', password: users.alice }
      const bus = openBus({ brokers: kafka.at.brief, sasl })
      const topic = await newTopic(bus)
      const subscription = await bus.subscribe([topic], { group: uniqueGroup(), autoOffsetReset: 'earliest' })
      const began = performance.now()
      let sent = 0
      await publishNext()
      for await (const received of subscription) {
        expect(received).toMatchObject({ ok: true, event: { eventType: `Counted.v${sent}` } })
        if (performance.now() - began > 3 * BRIEF_SESSION_MS) break
        await publishNext()
      }
      expect(sent).toBeGreaterThan(3)

      async function publishNext() {
        sent += 1
        await bus.publish(topic, serializedEvent(`Counted.v${sent}`, Buffer.from('{}')))
      }
    })

    test('refuses a mechanism that it does not offer', async () => {
      const sasl = { mechanism: 'scram-sha-512' as const, username: 'alice', password: users.alice }
      const { error } = await failure({ brokers: kafka.at.login, sasl })

      expect(error).toMatchObject({
        code: 'AUTHENTICATION_FAILED',
        message: expect.stringMatching(/refused the login: .*mechanism/),
      })
    })

    const withToken = (oauthBearerProvider: () => Promise<{ readonly value: string }>): RedpandaEventBusOptions => ({
      brokers: kafka.at.login,
      sasl: { mechanism: 'oauthbearer', oauthBearerProvider },
    })

    test('accepts a token', async () => {
      const bus = openBus(withToken(async () => ({ value: unsecuredToken('alice', 600) })))
      const topic = await newTopic(bus)
      expect(await bus.publish(topic, numbered(1))).toMatchObject([{ topic, offset: 0n }])
    })

    test.each([
      ['that has expired', () => unsecuredToken('alice', -60)],
      ['that is not a JSON Web Token', () => 'not.a.token'],
    ])('refuses a token %s with its reason, without retries', async (_called, token) => {
      let asked = 0
      const provider = async () => {
        asked += 1
        return { value: token() }
      }

      const { error, took } = await failure(withToken(provider))

      expect(error).toMatchObject({
        code: 'AUTHENTICATION_FAILED',
        message: expect.stringContaining(`${kafka.at.login} refused the token: invalid_token`),
        hints: [expect.objectContaining({ text: expect.stringContaining('expired') })],
      })
      expect(asked).toBe(1)
      expect(took).toBeLessThan(TIMEOUT_MS / 2)
    })

    test.each([
      ['an error', new Error('the vault is sealed')],
      ['an object with a message', { code: 503, message: 'the vault is sealed' }],
      ['a string', 'the vault is sealed'],
    ])('gets no login when the token provider rejects with %s, whose message is reported', async (_called, thrown) => {
      const { error, took } = await failure(withToken(() => Promise.reject(thrown)))

      expect(error).toMatchObject({
        code: 'AUTHENTICATION_FAILED',
        message: expect.stringContaining('the token provider failed: the vault is sealed'),
        hints: [expect.objectContaining({ text: expect.stringContaining('oauthBearerProvider') })],
      })
      expect(took).toBeLessThan(TIMEOUT_MS / 2)
    })

    test('gets no login when the token provider returns no token, or does not answer in time', async () => {
      const nothing = (async () => undefined) as unknown as () => Promise<{ readonly value: string }>
      expect((await failure(withToken(nothing))).error.message).toContain('the token provider did not return a token')

      const { error } = await failure({ ...withToken(() => new Promise(() => undefined)), timeout: 300 })
      expect(error).toMatchObject({
        code: 'AUTHENTICATION_FAILED',
        message: expect.stringContaining('the token provider did not answer within 300 ms'),
      })
    })
  })

  describe('with ACLs', () => {
    function grantOf(acl: string) {
      const [operation, resource, name] = acl.split(/ --| /) as [string, 'topic' | 'group', string]
      return driverHints.grantAcl(resource, name, operation)
    }

    /** The error for a missing ACL, which is given as `Operation --resource name`. */
    const refused = (words: string, acl: string) => ({
      code: 'AUTHENTICATION_FAILED',
      message: expect.stringContaining(`Not allowed: the user may not ${words}`),
      hints: [grantOf(acl)],
    })

    async function allow(...words: string[]) {
      const base = ['--bootstrap-server', kafka.at.plain, '--add', '--allow-principal', 'User:bob']
      // Kafka 4 moved the tool.
      const tool = isKafkaSince(4, 0) ? 'org.apache.kafka.tools.AclCommand' : 'kafka.admin.AclCommand'
      await kafkaTool(tool, [...base, ...words])
    }

    test('names the missing operation and its topic or group in the error of each request', {
      timeout: 60_000,
    }, async () => {
      const admin = openBus({ brokers: kafka.at.plain })
      const topic = await newTopic(admin)
      const group = uniqueGroup()
      await admin.admin.commitOffsets(group, [{ topic, partition: 0, offset: 0n }])
      const bus = openBus(asUser('bob'))

      await expect(bus.log.ranges(topic)).rejects.toMatchObject({
        ...refused(`do Describe on topic '${topic}' (TOPIC_AUTHORIZATION_FAILED)`, `Describe --topic ${topic}`),
        topic,
      })
      await expect(bus.publish(topic, numbered(1))).rejects.toMatchObject(
        refused(`do Describe on topic '${topic}'`, `Describe --topic ${topic}`),
      )
      await expect(bus.admin.describeGroup(group)).rejects.toMatchObject({
        ...refused(`do Describe on group '${group}' (GROUP_AUTHORIZATION_FAILED)`, `Describe --group ${group}`),
        group,
      })
      const made = uniqueTopic()
      await expect(bus.admin.createTopic(made)).rejects.toMatchObject(
        refused(`do Create on topic '${made}'`, `Create --topic ${made}`),
      )

      await allow('--operation', 'Describe', '--topic', topic)
      await allow('--operation', 'Describe', '--group', group)
      await expect(bus.publish(topic, numbered(1))).rejects.toMatchObject(
        refused(`do Write on topic '${topic}'`, `Write --topic ${topic}`),
      )
      const reading = bus.log.read([{ topic, partition: 0, from: 0n }])
      await expect(reading[Symbol.asyncIterator]().next()).rejects.toMatchObject(
        refused(`do Read on topic '${topic}'`, `Read --topic ${topic}`),
      )
      await expect(bus.subscribe([topic], { group })).rejects.toMatchObject(
        refused(`do Read on group '${group}'`, `Read --group ${group}`),
      )
      await expect(bus.admin.deleteGroup(group)).rejects.toMatchObject(
        refused(`do Delete on group '${group}'`, `Delete --group ${group}`),
      )
      await expect(bus.admin.commitOffsets(group, [{ topic, partition: 0, offset: 1n }])).rejects.toMatchObject(
        refused(`do Read on group '${group}'`, `Read --group ${group}`),
      )
    })
  })
})
