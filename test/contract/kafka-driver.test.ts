import { createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import type { NewTopic } from '../../src/bus/admin.ts'
import { diagnostics, type KafkaRequestMessage } from '../../src/bus/diagnostics.ts'
import { serializedEvent } from '../../src/bus/event.ts'
import type { BusRecord } from '../../src/bus/record.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { startKafka, type TestKafka } from '../support/kafka.ts'
import { Kafka, logLevel, Partitioners } from '../support/kafkajs.ts'
import { expectNoNewGroup, newTopic, uniqueGroup, uniqueTopic } from './support/harness.ts'
import { elapsed, joining, openBus, openDriver, record, takeValues, textOf } from './support/kafka-members.ts'
import { testBut } from './support/kfake-lacks.ts'

// Behavior of the Kafka bus alone. Behavior that all buses share is tested by bus-contract.ts.

const brokers = inject('kafkaBrokers')

test('publishes the name, version and duration of each broker request to diagnostics', async () => {
  const messages: KafkaRequestMessage[] = []
  const listener = (message: KafkaRequestMessage) => void messages.push(message)
  diagnostics.kafkaRequest.subscribe(listener)
  const topic = await newTopic(openBus())
  diagnostics.kafkaRequest.unsubscribe(listener)

  expect(messages.map(({ request }) => request)).toContain('CreateTopics')
  for (const { broker, version, duration } of messages) {
    expect(brokers).toContain(broker.split(':')[1])
    expect(version).toBeGreaterThanOrEqual(0)
    expect(duration).toBeGreaterThan(0)
  }
  expect(topic).not.toBe('')
})

async function readAll(bus: RedpandaEventBus, topic: string): Promise<BusRecord[]> {
  const ranges = await bus.log.ranges(topic)
  const records: BusRecord[] = []
  const slices = ranges.map(({ partition, start, end }) => ({ topic, partition, from: start, to: end }))
  for await (const batch of bus.log.read(slices)) records.push(...batch)
  return records
}

test('kafkajs is the version whose internals wire.ts uses', async () => {
  const { default: installed } = await import('kafkajs/package.json', { with: { type: 'json' } })
  const { default: own } = await import('../../package.json', { with: { type: 'json' } })
  expect(installed.version).toBe('2.2.4')
  expect(own.devDependencies.kafkajs).toBe('2.2.4')
})

describe('a broker address', () => {
  test('is required', () => {
    for (const none of ['', ' , ', []]) {
      expect(() => new RedpandaEventBus({ brokers: none })).toThrow('Connection failed: Brokers not configured')
    }
  })

  test('is refused if it is not host:port', () => {
    for (const bad of ['host:', 'host:0', 'host:70000', 'a:b:c']) {
      expect(() => new RedpandaEventBus({ brokers: bad }), bad).toThrow(`invalid broker address '${bad}'`)
    }
  })

  test('of IPv6 is named in brackets', async () => {
    const bus = openBus({ brokers: '[::1]:1' })
    await expect(bus.admin.describeCluster()).rejects.toThrow('Connection failed: [::1]:1 ')
  })

  test('without a listener fails at once with the address', async () => {
    const bus = openBus({ brokers: '127.0.0.1:1' })
    const failed = {
      code: 'CONNECTION_FAILED',
      message: expect.stringMatching(
        /^Connection failed: 127\.0\.0\.1:1 refused the connection; tried for 0\.\d s, and no attempt begins after 0\.5 s/,
      ),
    }
    const took = await elapsed(async () => {
      await expect(bus.admin.listTopics()).rejects.toMatchObject(failed)
      await expect(bus.log.append('t', [record(1)])).rejects.toMatchObject(failed)
      await expect(bus.subscribe(['t'])).rejects.toMatchObject(failed)
    })
    expect(took).toBeLessThan(3000)
  })

  test('that accepts connections and stays silent fails after the time-out', async () => {
    const silent = await listenSilently()
    const bus = openBus({ brokers: silent, timeout: 600 })
    const failed = {
      code: 'CONNECTION_FAILED',
      message: expect.stringMatching(
        /did not answer within 600 ms; tried for 0\.[6-9] s, and no attempt begins after 0\.6 s$/,
      ),
      hints: expect.arrayContaining([expect.objectContaining({ text: expect.stringContaining('a larger timeout') })]),
    }
    expect(await elapsed(() => expect(bus.admin.listTopics()).rejects.toMatchObject(failed))).toBeLessThan(2000)
    expect(await elapsed(() => expect(bus.log.append('t', [record(1)])).rejects.toMatchObject(failed))).toBeLessThan(
      2000,
    )
    expect(await elapsed(() => bus.close())).toBeLessThan(500)
  })
})

async function listenSilently(): Promise<string> {
  const server: Server = createServer(() => undefined).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  return `127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
}

describe.skipIf(brokers === '')('on a broker', () => {
  describe('reading', () => {
    test('joins no consumer group', async () => {
      const bus = openBus()
      const topic = await newTopic(bus)
      await bus.log.append(topic, [record(1), record(2)])
      await expectNoNewGroup(bus, async () => {
        expect((await readAll(bus, topic)).map(textOf)).toEqual(['1', '2'])
      })
    })

    test('waits for an offset that does not exist yet', async () => {
      const bus = openBus()
      const topic = await newTopic(bus)
      await bus.log.append(topic, [record(0), record(1)])
      const got: bigint[] = []
      const reading = (async () => {
        for await (const batch of bus.log.read([{ topic, partition: 0, from: 3n, to: 5n }])) {
          got.push(...batch.map(({ offset }) => offset))
        }
      })()
      await sleep(300)
      await bus.log.append(topic, [record(2), record(3), record(4), record(5)])
      await reading
      expect(got).toEqual([3n, 4n])
    })

    test('skips aborted transactions and transaction markers, and ends after them', async () => {
      const bus = openBus()
      const topic = await newTopic(bus)
      const warnings: string[] = []
      const onWarning = ({ name }: Error) => void warnings.push(name)
      process.on('warning', onWarning)
      onTestFinished(() => void process.off('warning', onWarning))
      const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING })
      const producer = kafka.producer({
        transactionalId: uniqueTopic(),
        maxInFlightRequests: 1,
        idempotent: true,
        createPartitioner: Partitioners.DefaultPartitioner,
      })
      await producer.connect()
      onTestFinished(() => producer.disconnect())
      for (const [value, isKept] of [
        ['a', true],
        ['b', false],
        ['c', true],
        ['d', false],
      ] as const) {
        const transaction = await producer.transaction()
        await transaction.send({ topic, messages: [{ key: 'key', value }] })
        await (isKept ? transaction.commit() : transaction.abort())
      }
      // Four records, each followed by a marker. The broker answers a commit before it has written the marker.
      await vi.waitFor(async () => expect(await bus.log.ranges(topic)).toEqual([{ partition: 0, start: 0n, end: 8n }]))
      expect((await readAll(bus, topic)).map(textOf)).toEqual(['a', 'c'])
      const request = joining([topic])
      const member = await openDriver().join(request)
      expect(await takeValues(member, 2)).toEqual(['a', 'c'])
      await member.close()
      expect(warnings).toEqual([])
    })

    test('ends although compaction has removed the last records', async () => {
      const bus = openBus()
      const topic = uniqueTopic()
      await bus.admin.createTopic(topic, {
        partitions: 1,
        config: {
          'cleanup.policy': 'compact',
          'segment.ms': '100',
          'min.cleanable.dirty.ratio': '0.001',
          'delete.retention.ms': '0',
          'max.compaction.lag.ms': '100',
        },
      })
      const append = async (value: string | null) => {
        await bus.log.append(topic, [record('', { value: value === null ? null : Buffer.from(value) })])
        await sleep(120)
      }
      // Every append closes the previous segment, which may then be compacted, so all but the last two records are removed.
      for (const value of ['first', null, 'second', 'third', 'last', 'last']) await append(value)
      // The cleaner runs every 15 s by default.
      await vi.waitFor(async () => expect((await readAll(bus, topic)).map(textOf)).toEqual(['last', 'last']), {
        timeout: 50_000,
        interval: 500,
      })
      const [range] = await bus.log.ranges(topic)
      expect(range?.end).toBe(6n)
      const [first] = await bus.log.firstRecords([{ topic, partition: 0, from: 0n, to: range?.end }])
      expect(first && textOf(first)).toBe('last')
    })

    test('does not make one read wait for another', async () => {
      const bus = openBus()
      const quiet = await newTopic(bus)
      const busy = await newTopic(bus)
      await bus.log.append(
        busy,
        Array.from({ length: 20 }, (_, index) => record(index)),
      )
      const stop = new AbortController()
      const waiting = (async () => {
        for await (const _ of bus.log.read([{ topic: quiet, partition: 0, from: 0n }], { signal: stop.signal }));
      })()
      await sleep(50)
      // A broker holds the fetch of the quiet topic for 250 ms, so ten reads that waited for it would take 2.5 s.
      const tenTimes = async () => {
        for (let round = 0; round < 10; round += 1) await readAll(bus, busy)
      }
      expect(await elapsed(tenTimes)).toBeLessThan(2_000)
      expect(
        await elapsed(() => {
          stop.abort()
          return waiting
        }),
      ).toBeLessThan(100)
    })
  })

  describe('appending', () => {
    test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
      'with compression %s is read back',
      async (compression) => {
        const bus = openBus({ compression })
        const topic = await newTopic(bus, 2)
        const sent = Array.from({ length: 2000 }, (_, index) =>
          record(`${index} ${'x'.repeat(200)}`, { key: Buffer.from(`k${index % 7}`), headers: [['h', null]] }),
        )
        await bus.log.append(topic, sent)
        const got = await readAll(bus, topic)
        expect(got.map(textOf).sort()).toEqual(sent.map(({ value }) => Buffer.from(value ?? []).toString()).sort())
        const member = await openDriver().join(joining([topic]))
        expect((await takeValues(member, 2000)).length).toBe(2000)
      },
    )

    test('keeps timestamps, headers, tombstones and empty values', async () => {
      const bus = openBus()
      const topic = uniqueTopic()
      // Without a retention time, because the records are older than the default retention.
      await bus.admin.createTopic(topic, { partitions: 1, config: { 'retention.ms': '-1' } })
      const headers = [
        ['b', Buffer.from('1')],
        ['ä', null],
        ['b', Buffer.alloc(0)],
        ['1', Buffer.from([0, 255])],
      ] as const
      await bus.log.append(topic, [
        record('x', { timestamp: 1_700_000_000_123n, headers }),
        { key: Buffer.alloc(0), value: Buffer.alloc(0), timestamp: 5n },
        { key: null, value: null, timestamp: 1_750_000_000_000n },
      ])
      const expected = [
        { offset: 0n, timestamp: 1_700_000_000_123n, headers },
        { offset: 1n, timestamp: 5n, headers: [] },
        { offset: 2n, timestamp: 1_750_000_000_000n, headers: [], key: null, value: null },
      ]
      const got = await readAll(bus, topic)
      expect(got).toMatchObject(expected)
      expect(got[1]).toMatchObject({ key: Buffer.alloc(0), value: Buffer.alloc(0) })
      const member = await openDriver().join(joining([topic]))
      expect((await member.next())?.records).toEqual(got)
    })

    test('uses added partitions for keys after metadataMaxAge', async () => {
      const bus = openBus({ metadataMaxAge: 100 })
      const topic = await newTopic(bus, 3)
      const publish = async () => (await bus.publish(topic, serializedEvent('OrderPlaced.v1', Buffer.from('{}'))))[0]
      expect(await publish()).toMatchObject({ partition: 2 })

      await openBus().admin.addPartitions(topic, 6)

      await vi.waitFor(async () => expect(await publish()).toMatchObject({ partition: 5 }), { timeout: 60_000 })
    })

    test('writes a value of 1 MiB if the topic allows it, and else reports the limit', async () => {
      const bus = openBus()
      const topic = uniqueTopic()
      await bus.admin.createTopic(topic, { partitions: 1, config: { 'max.message.bytes': String(2 ** 21) } })
      const value = Buffer.alloc(2 ** 20, 'v')
      await bus.log.append(topic, [record(0), record('', { value }), record(2)])
      const got = await readAll(bus, topic)
      expect(got.map(({ value }) => value?.length)).toEqual([1, 2 ** 20, 1])
      expect(Buffer.from(got[1]?.value ?? []).equals(value)).toBe(true)
      const strict = await newTopic(bus)
      await expect(bus.log.append(strict, [record('', { value })])).rejects.toMatchObject({
        code: 'PUBLISH_FAILED',
        message: expect.stringMatching(/: the record is too large \(10486\d\d bytes, limit 1048588\)$/),
        hints: [expect.objectContaining({ text: expect.stringContaining('max.message.bytes') })],
      })
    })

    test('fails the call whose record is refused and no other call of the same request', async () => {
      const bus = openBus()
      const topic = uniqueTopic()
      await bus.admin.createTopic(topic, { partitions: 1, config: { 'max.message.bytes': '2000' } })
      const results = await Promise.allSettled([
        bus.log.append(topic, [record(0)]),
        bus.log.append(topic, [record('x'.repeat(3000))]),
        bus.log.append(topic, [record(1)]),
        bus.log.append(
          topic,
          Array.from({ length: 50 }, (_, index) => record(`${index}${'y'.repeat(200)}`)),
        ),
        bus.log.append(topic, [record(2)]),
      ])
      expect(results.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'fulfilled',
        'fulfilled',
      ])
      const got = (await readAll(bus, topic)).map(textOf)
      expect(got.filter((value) => value.length === 1)).toEqual(['0', '1', '2'])
      expect(got.length).toBe(53)
    })

    test('keeps the order of concurrent calls and resolves each with its offset', async () => {
      const bus = openBus()
      const topic = await newTopic(bus)
      const positions = await Promise.all(
        Array.from({ length: 3000 }, (_, index) => bus.log.append(topic, [record(index)])),
      )
      expect(positions.flat().map(({ offset }) => Number(offset))).toEqual(positions.map((_, index) => index))
      expect((await readAll(bus, topic)).map(textOf)).toEqual(positions.map((_, index) => String(index)))
    })

    test('splits a long list into requests below the broker’s limit', async () => {
      const bus = openBus()
      const topic = await newTopic(bus, 3)
      const sent = Array.from({ length: 30_000 }, (_, index) =>
        record(index, { key: Buffer.from(`k${index % 11}`), headers: [['padding', Buffer.alloc(100)]] }),
      )
      const positions = await bus.log.append(topic, sent)
      const got = await readAll(bus, topic)
      const at = new Map(got.map((one) => [`${one.partition} ${one.offset}`, textOf(one)]))
      expect(positions.map(({ partition, offset }) => at.get(`${partition} ${offset}`))).toEqual(
        sent.map((_, index) => String(index)),
      )
    })

    test('returns no offsets with acks 0, and offsets with acks all', async () => {
      const topic = await newTopic(openBus())
      expect(await openBus({ acks: '0' }).log.append(topic, [record('a')])).toEqual([
        { topic, partition: 0, offset: -1n },
      ])
      const bus = openBus({ acks: 'all' })
      await vi.waitFor(async () => expect((await readAll(bus, topic)).map(textOf)).toEqual(['a']))
      expect(await bus.log.append(topic, [record('b')])).toEqual([{ topic, partition: 0, offset: 1n }])
    })
  })

  describe('a topic that cannot be created', () => {
    const settings = { options: { config: { 'retention.ms': 'soon' } }, words: 'cannot have these settings: ' }
    test.each([
      { options: { partitions: 0 }, words: 'cannot have this number of partitions: ' },
      { options: { replication: 3 }, words: 'cannot have this number of replicas: ' },
    ])('is refused with a reason about its options: $words', refuses)
    testBut('refuses settings')(`is refused with a reason about its options: ${settings.words}`, () =>
      refuses(settings),
    )

    async function refuses({ options, words }: { readonly options: NewTopic; readonly words: string }) {
      const topic = uniqueTopic()
      await expect(openBus().admin.createTopic(topic, options)).rejects.toMatchObject({
        code: 'INVALID_TOPIC',
        topic,
        message: expect.stringContaining(`topic '${topic}' ${words}`),
      })
    }
  })

  describe('groups', () => {
    test('accept commits from outside unless they have members', async () => {
      const bus = openBus()
      const topic = await newTopic(bus, 2)
      await bus.log.append(topic, [record(0), record(1)])
      const group = uniqueGroup()
      const offsets = [
        { topic, partition: 0, offset: 0n },
        { topic, partition: 1, offset: 1n },
      ]
      await bus.admin.commitOffsets(group, offsets)
      expect(await bus.admin.committedOffsets(group)).toEqual(offsets)
      expect(await bus.admin.describeGroup(group)).toMatchObject({ state: 'Empty', members: [] })
      const member = await openDriver().join(joining([topic], { group }))
      await expect(bus.admin.commitOffsets(group, offsets)).rejects.toMatchObject({ code: 'GROUP_ACTIVE', group })
      await member.close()
      await bus.admin.commitOffsets(group, offsets)
    })

    test('assign partitions by range, with the protocol name of librdkafka', async () => {
      const bus = openBus()
      const topic = await newTopic(bus, 3)
      const request = joining([topic])
      const first = openDriver()
      const members = [await first.join(request), await openDriver().join(request)]
      const described = await vi.waitFor(async () => {
        const found = await bus.admin.describeGroup(request.group)
        expect(found).toMatchObject({ state: 'Stable', protocolType: 'consumer', protocol: 'range' })
        expect(found.members.length).toBe(2)
        return found
      })
      const shares = described.members.map(({ assignment }) => assignment.map(({ partition }) => partition))
      expect(shares.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))).toEqual([[0, 1], [2]])
      for (const member of members) await member.close()
      expect(await bus.admin.describeGroup(request.group)).toMatchObject({ members: [] })
    })

    test('with autoOffsetReset latest lose no record in a rebalance', async () => {
      const bus = openBus()
      const topic = await newTopic(bus, 4)
      await bus.log.append(topic, [record('old', { partition: 0 }), record('old', { partition: 3 })])
      const request = joining([topic], { offsetReset: 'latest' })
      const first = await openDriver().join(request)
      await bus.log.append(
        topic,
        [0, 1, 2, 3].map((partition) => record(`new ${partition}`, { partition })),
      )
      const second = await openDriver().join(request)
      const got: string[] = []
      const taking = [first, second].map((member) => takeValues(member, Number.POSITIVE_INFINITY, got))
      await vi.waitFor(() => expect([...new Set(got)].sort()).toEqual(['new 0', 'new 1', 'new 2', 'new 3']), 10_000)
      await Promise.all([first.close(), second.close()])
      await Promise.all(taking)
    })

    test('keep a slow member, and move its partitions at a rebalance', async () => {
      const bus = openBus()
      const topic = await newTopic(bus, 2)
      await bus.log.append(
        topic,
        Array.from({ length: 10 }, (_, index) => record(index, { partition: index % 2 })),
      )
      const request = joining([topic])
      const slow = await openDriver().join(request)
      const batch = await slow.next()
      batch?.acknowledge(1)
      // Longer than the session time-out, so only heartbeats keep the member in the group.
      await sleep(7000)
      expect((await bus.admin.describeGroup(request.group)).members.length).toBe(1)
      expect(batch?.revoked).toBe(false)
      const second = await openDriver().join(request)
      const mine = batch?.records[0]?.partition
      const held = (await bus.admin.describeGroup(request.group)).members.map(({ assignment }) => assignment)
      expect(held.every((assignment) => assignment.length === 1)).toBe(true)
      const rest = await takeValues(second, mine === 1 ? 5 : 3)
      expect(rest.length).toBeGreaterThanOrEqual(3)
      await Promise.all([slow.close(), second.close()])
    })

    test('are left at once by a waiting member', async () => {
      const driver = openDriver()
      const topic = await newTopic(openBus())
      const member = await driver.join(joining([topic]))
      const waiting = member.next()
      expect(await elapsed(() => member.close())).toBeLessThan(300)
      expect(await waiting).toBeUndefined()
    })
  })
})

describe.skipIf(brokers === '' || Boolean(process.env.CRBUS_TEST_BROKERS))(
  'a broker that requires a login over TLS',
  () => {
    const login = { username: 'alice', password: 'correct-horse' }
    let kafka: TestKafka
    beforeAll(async () => {
      kafka = await startKafka({ login })
    })
    afterAll(() => kafka?.dispose())

    test.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('accepts a login by %s', async (mechanism) => {
      const bus = openBus({ brokers: kafka.brokers, tls: { ca: kafka.certificate }, sasl: { mechanism, ...login } })
      const topic = await newTopic(bus)
      await bus.log.append(topic, [record('in')])
      expect((await readAll(bus, topic)).map(textOf)).toEqual(['in'])
    })

    test.each(['plain', 'scram-sha-256'] as const)(
      'refuses a wrong password by %s, and the error does not contain it',
      async (mechanism) => {
        const sasl = { mechanism, username: 'alice', password: 'battery-staple' }
        const bus = openBus({ brokers: kafka.brokers, tls: { ca: kafka.certificate }, sasl })
        const error = await bus.admin.listTopics().catch((thrown: unknown) => thrown)
        expect(error).toMatchObject({
          code: 'AUTHENTICATION_FAILED',
          message: expect.stringContaining('refused the login'),
        })
        expect(
          JSON.stringify([String(error), Object.entries(error as Error), String((error as Error).cause)]),
        ).not.toContain('battery-staple')
      },
    )

    test('gets no request if its certificate is not trusted', async () => {
      const bus = openBus({ brokers: kafka.brokers, tls: true, sasl: { mechanism: 'plain', ...login } })
      await expect(bus.admin.listTopics()).rejects.toMatchObject({
        code: 'CONNECTION_FAILED',
        message: expect.stringContaining('certificate that is not trusted'),
      })
    })

    test('fails a connection without TLS as CONNECTION_FAILED', async () => {
      const bus = openBus({ brokers: kafka.brokers, timeout: 1000 })
      expect(
        await elapsed(() => expect(bus.admin.listTopics()).rejects.toMatchObject({ code: 'CONNECTION_FAILED' })),
      ).toBeLessThan(4000)
    })
  },
)
