import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectTo, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import type { EventBusError } from '../../src/bus/errors.ts'
import { connect } from '../../src/cli/config/connect.ts'
import DoctorConnection from '../../src/commands/doctor/connection.ts'
import Doctor from '../../src/commands/doctor.ts'
import { probeConnection } from '../../src/drivers/kafka/connection/probe.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import type { RedpandaEventBusOptions } from '../../src/drivers/kafka/redpanda-options.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { judgeConnection } from '../../src/operations/doctor/connection.ts'
import { diagnoseDuplicates } from '../../src/operations/doctor/duplicates.ts'
import { diagnoseEvents } from '../../src/operations/doctor/events.ts'
import { isFault } from '../../src/operations/doctor/finding.ts'
import { diagnoseSlowness } from '../../src/operations/doctor/slow.ts'
import { type Runnable, runCli } from '../commands/run-cli.ts'
import { startBlackHole } from '../support/black-hole.ts'
import { isKafkaSince, isKfake, startKafka } from '../support/kafka.ts'
import { type SecuredKafka, startSecuredKafka } from '../support/secured-kafka.ts'
import { freePort } from '../support/watched-process.ts'
import { newTopic, numbered, uniqueGroup } from './support/harness.ts'

// Each fault of a connection leads to exactly its findings, and a connection that works to none.

const brokers = inject('kafkaBrokers')
const isHere = brokers !== '' && !process.env.CRBUS_TEST_BROKERS
/** The longest time that the check of one address may take. */
const LIMIT_MS = 10_000

/** Probes a connection and returns the codes of its faults, its sentences, and how many milliseconds that took. */
async function diagnose(options: RedpandaEventBusOptions) {
  const start = performance.now()
  const findings = judgeConnection(await probeConnection(options), Date.now())
  const took = performance.now() - start
  const faults = findings.filter(isFault)
  return { faults, codes: faults.map(({ code }) => code), others: findings.filter((own) => !isFault(own)), took }
}

/** Runs a command on the real bus, instead of one in memory. */
const run = (command: Runnable, argv: readonly string[], cwd?: string) =>
  runCli(command, [...argv], { broker: new MemoryBroker(), openBus: connect, ...(cwd && { cwd }) })

/** Starts a server that treats each connection as told, until the test ends. */
async function startServer(onConnection: (socket: Socket) => void): Promise<string> {
  const port = await freePort()
  const server = createServer((socket) => {
    socket.on('error', () => {})
    onConnection(socket)
  })
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `127.0.0.1:${port}`
}

/** Starts a proxy of a broker that holds back each answer, in milliseconds, and all after the first `answers`. */
const startSlow = (broker: string, delay: number, answers = Number.POSITIVE_INFINITY): Promise<string> =>
  startServer((socket) => {
    const [host = '', port] = broker.split(':')
    const upstream = connectTo({ host, port: Number(port) })
    const timers = new Set<NodeJS.Timeout>()
    socket.pipe(upstream)
    upstream.on('error', () => {})
    upstream.on('data', (answer) => {
      if (timers.size < answers) timers.add(setTimeout(() => socket.write(answer), delay))
    })
    socket.on('close', () => {
      for (const timer of timers) clearTimeout(timer)
      upstream.destroy()
    })
  })

/** Starts an address that answers the first request after three seconds, and no other. */
const startStuck = (): Promise<string> => startSlow(brokers, 3000, 1)

/** Starts an address that drops the packets of new connections, until the test ends. */
async function startDropping(): Promise<string> {
  const hole = await startBlackHole()
  onTestFinished(() => hole.dispose())
  return hole.address
}

/** Starts a broker that advertises this address, until the test ends. */
async function startAdvertising(address: string): Promise<string> {
  const kafka = await startKafka({ properties: { 'advertised.listeners': `PLAINTEXT://${address}` } })
  onTestFinished(() => kafka.dispose())
  return kafka.brokers
}

describe.skipIf(!isHere)('the doctor', () => {
  test('finds nothing wrong with a broker that works', async () => {
    const { codes, others } = await diagnose({ brokers })

    expect(codes).toEqual([])
    expect(others.map(({ code }) => code)).toEqual([
      'port-open',
      'requests-supported',
      'cluster-described',
      'replicas-in-sync',
    ])
    // The release is the newest of those that added a request which this broker supports.
    const [, supported] = others
    const [major, minor] =
      supported?.code === 'requests-supported' ? (supported.release ?? '').split('.').map(Number) : []
    if (!isKfake) expect(isKafkaSince(major ?? Number.NaN, minor ?? Number.NaN)).toBe(true)
    const { stdout, exitCode } = await run(Doctor, ['-b', brokers])
    expect(exitCode).toBe(0)
    expect(stdout).toContain(`ok       ${brokers} supports all requests that crbus needs, as Kafka `)
  })

  test('compares the declared topics with those of the brokers', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'crbus-doctor-'))
    onTestFinished(() => rmSync(cwd, { recursive: true }))
    writeFileSync(join(cwd, 'crbus.json'), JSON.stringify({ topics: { 'doctor-missing-events': { partitions: 3 } } }))

    const { stdout, exitCode } = await run(Doctor, ['-b', brokers, '--json'], cwd)

    const { findings } = JSON.parse(stdout)
    expect(findings.filter(isFault)).toMatchObject([
      { code: 'declared-topic-missing', suggestions: [{ run: `crbus topics apply -b ${brokers}` }] },
    ])
    expect(exitCode).toBe(10)
  })

  test('reports one of two addresses, and does not call the bus unreachable', async () => {
    const dead = `127.0.0.1:${await freePort()}`
    const { stdout, exitCode } = await run(DoctorConnection, ['-b', `${dead},${brokers}`])
    expect(stdout).toContain(`error    TCP: ${dead} refused the connection\n`)
    expect(exitCode).toBe(10)
  })

  test.each([
    ['a port without a listener', async () => `127.0.0.1:${await freePort()}`, 'tcp', /refused the connection/],
    ['a host that does not exist', async () => 'kafka.invalid:9092', 'dns', /is not a known host|cannot be resolved/],
    ['a server that does not answer', () => startServer(() => {}), 'versions', /did not answer within 4000 ms/],
    [
      'a server of another protocol',
      () => startServer((socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
      'versions',
      /./,
    ],
    ['a server that closes', () => startServer((socket) => void socket.destroy()), 'versions', /closed the connection/],
  ])(
    'names the stage at which %s fails, and ends with exit code 3',
    async (_, address, stage, reason) => {
      const at = await address()

      const { codes, faults, took } = await diagnose({ brokers: at })

      expect(codes).toEqual(['connection-failed'])
      expect(faults).toMatchObject([{ stage, reason: expect.stringMatching(reason), address: at }])
      expect(took).toBeLessThan(LIMIT_MS)
      expect(await run(DoctorConnection, ['-b', at])).toMatchObject({ exitCode: 3, stderr: '' })
    },
    30_000,
  )

  test.each([
    ['that does not exist', async () => 'kafka.invalid:9092', 'dns'],
    ['at which nothing listens', async () => `127.0.0.1:${await freePort()}`, 'tcp'],
  ])(
    'names an advertised address %s',
    async (_, advertise, stage) => {
      const advertised = await advertise()
      const given = await startAdvertising(advertised)

      const { codes, faults } = await diagnose({ brokers: given })

      expect(codes).toEqual(['advertised-unreachable'])
      expect(faults).toMatchObject([{ address: advertised, stage }])
      const { stdout, exitCode } = await run(DoctorConnection, ['-b', given])
      expect(stdout).toMatch(
        /error {4}broker \d+ advertises .*, which fails from here: .*\n {4}why: .*\n {4}try: set adv/,
      )
      expect(exitCode).toBe(10)
    },
    60_000,
  )

  test('suggests to start the broker of an advertised address that refuses connections, as every command does', async () => {
    const advertised = `127.0.0.1:${await freePort()}`
    const given = await startAdvertising(advertised)
    const { faults } = await diagnose({ brokers: given })
    expect(faults[0]?.hints.map(({ code, text }) => (code === 'advice' ? text : code))).toEqual([
      'advertise-reachable',
      expect.stringMatching(/^check that broker \d+ is running$/),
    ])

    await using bus = new RedpandaEventBus({ brokers: given, timeout: 2000 })
    const error = await bus.admin.createTopic('order-events').catch((thrown: EventBusError) => thrown)
    expect((error as EventBusError).hints.map(({ code, text }) => (code === 'advice' ? text : code))).toEqual([
      'check-advertised',
      'check that the broker is running',
      'raise-timeout',
    ])
  }, 60_000)

  test.each([
    [
      'drops packets, and an advertised one answers its first request only',
      startDropping,
      startStuck,
      'tcp',
      'metadata',
    ],
    [
      'answers its first request only, and an advertised one drops packets',
      startStuck,
      startDropping,
      'metadata',
      'tcp',
    ],
  ])(
    'takes less than ten seconds in all if a given address %s',
    async (_, startGiven, startAdvertised, givenStage, advertisedStage) => {
      const [stuck, advertised] = await Promise.all([startGiven(), startAdvertised()])
      const works = await startAdvertising(advertised)

      const { faults, took } = await diagnose({ brokers: `${stuck},${works}` })

      expect(faults).toMatchObject([
        { code: 'connection-failed', address: stuck, stage: givenStage },
        { code: 'advertised-unreachable', address: advertised, stage: advertisedStage },
      ])
      expect(took).toBeLessThan(LIMIT_MS)
    },
    60_000,
  )

  test('takes less than ten seconds in all if the only given address is slow, and the advertised one hangs', async () => {
    const advertised = await startStuck()
    const slow = await startSlow(await startAdvertising(advertised), 1800)

    const { faults, took } = await diagnose({ brokers: slow })

    expect(faults).toMatchObject([{ code: 'advertised-unreachable', address: advertised, stage: 'metadata' }])
    expect(took).toBeLessThan(LIMIT_MS)
  }, 60_000)
})

describe.skipIf(!isHere)('the doctor of a secured broker', () => {
  let kafka: SecuredKafka
  beforeAll(async () => {
    kafka = await startSecuredKafka({ alice: 'correct-horse' })
  })
  afterAll(() => kafka?.dispose())

  const asAlice = (password: string) => ({ mechanism: 'plain', username: 'alice', password }) as const
  const trusting = () => ({ ca: kafka.certificates.tls })

  // The certificates of the broker are valid for two days.
  test.each<[string, () => RedpandaEventBusOptions, readonly string[], object]>([
    [
      'a certificate that expires soon',
      () => ({ brokers: kafka.at.signed, tls: { ca: kafka.certificates.authority } }),
      ['certificate-expires-soon'],
      { subject: 'signed', issuer: 'authority' },
    ],
    [
      'a self-signed certificate',
      () => ({ brokers: kafka.at.tls, tls: true }),
      ['connection-failed'],
      { stage: 'tls', reason: expect.stringContaining('self-signed certificate') },
    ],
    [
      'an unknown authority',
      () => ({ brokers: kafka.at.signed, tls: true }),
      ['connection-failed'],
      { stage: 'tls', reason: expect.stringContaining('authority that is not trusted') },
    ],
    [
      'an expired certificate',
      () => ({ brokers: kafka.at.expired, tls: { ca: kafka.certificates.expired } }),
      ['connection-failed'],
      { stage: 'tls', reason: expect.stringContaining('has expired') },
    ],
    [
      'a certificate for another host',
      () => ({ brokers: kafka.at.other, tls: { ca: kafka.certificates.other } }),
      ['connection-failed'],
      { stage: 'tls', reason: expect.stringContaining('another host name') },
    ],
    [
      'a certificate that is not verified',
      () => ({ brokers: kafka.at.tls, tls: { rejectUnauthorized: false } }),
      ['certificate-not-verified'],
      { reason: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    ],
    [
      'TLS to a port without it',
      () => ({ brokers: kafka.at.plain, tls: true }),
      ['connection-failed'],
      { stage: 'tls', reason: expect.stringContaining('may not speak TLS') },
    ],
    [
      'no TLS to a port with it',
      () => ({ brokers: kafka.at.tls }),
      ['connection-failed'],
      { stage: 'versions', reason: expect.stringContaining('TLS on this port') },
    ],
    [
      'a client certificate that is missing',
      () => ({ brokers: kafka.at.mutual, tls: trusting() }),
      ['certificate-expires-soon', 'connection-failed'],
      { stage: 'tls', reason: expect.stringContaining('requires a client certificate') },
    ],
    [
      'a wrong password',
      () => ({ brokers: kafka.at.login, sasl: asAlice('battery-staple') }),
      ['connection-failed'],
      { stage: 'login', reason: expect.stringContaining('refused the login') },
    ],
    [
      'a login that is missing',
      () => ({ brokers: kafka.at.login }),
      ['connection-failed'],
      { stage: 'metadata', reason: expect.stringContaining('may expect a login') },
    ],
    ['a login that works', () => ({ brokers: kafka.at.login, sasl: asAlice('correct-horse') }), [], {}],
  ])('finds exactly: %s', async (_, options, codes, fault) => {
    const found = await diagnose(options())
    expect(found.codes).toEqual(codes)
    if (codes.length > 0) expect(found.faults.at(-1)).toMatchObject(fault)
    expect(found.took).toBeLessThan(LIMIT_MS)
  })

  test('shows the stages that worked before a refused login, and the setting to check', async () => {
    const login = ['sasl.mechanism=PLAIN', 'sasl.username=alice', 'sasl.password=wrong'].flatMap((text) => ['-X', text])
    const { stdout, exitCode } = await run(DoctorConnection, ['-b', kafka.at.login, ...login])
    const lines = stdout.split('\n').map((line) => line.replace(/ \([\d.]+ ms\)|, as Kafka .*/g, ''))
    expect(lines).toEqual([
      `ok       ${kafka.at.login} accepts TCP connections`,
      `ok       ${kafka.at.login} supports all requests that crbus needs`,
      expect.stringContaining(`error    login: ${kafka.at.login} refused the login: Authentication failed`),
      '    why: no client with these settings can use this broker',
      '    try: check the user name, the password and the mechanism; "crbus config" shows where they come from',
      '',
    ])
    expect(exitCode).toBe(3)
  })
})

describe.skipIf(brokers === '')('the doctor of a group on Kafka', () => {
  test('finds nothing wrong with a group that reads, and each fault of a group that does not', async () => {
    await using bus = new RedpandaEventBus({ brokers })
    const topic = await newTopic(bus, 1)
    const group = uniqueGroup()
    const codes = async (of = group) =>
      (await diagnoseEvents(bus, { topic, group: of })).filter(isFault).map((own) => own.code)
    expect(await codes(`${group}x`)).toEqual(['topic-empty', 'group-missing'])

    await bus.publish(topic, numbered(1))
    const stream = await bus.subscribe([topic], { group, autoOffsetReset: 'earliest' })
    await stream.next()
    const pending = stream.next()
    await vi.waitUntil(async () => (await bus.admin.committedOffsets(group))[0]?.offset === 1n, { timeout: 10_000 })
    expect(await codes()).toEqual([])
    const { signal } = new AbortController()
    const watch = { group, duration: 100, now: Date.now, signal }
    expect((await diagnoseDuplicates(bus, watch)).filter(isFault)).toEqual([])
    expect((await diagnoseSlowness(bus, watch)).filter(isFault)).toEqual([])

    await stream.close()
    await pending
    expect(await codes()).toEqual(['group-without-members'])
    await bus.admin.commitOffsets(group, [{ topic, partition: 0, offset: 99n }])
    expect(await codes()).toEqual(['group-without-members', 'position-beyond-end'])
  }, 60_000)
})
