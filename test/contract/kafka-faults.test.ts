import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { AppendError } from '../../src/bus/errors.ts'
import { errorCode } from '../../src/drivers/kafka/kafka-errors.ts'
import { measureLag } from '../../src/operations/lag/lag.ts'
import { fakeClock, onFakeClock } from '../support/fake-clock.ts'
import { kafkaTool } from '../support/kafka.ts'
import type { ClockTask } from './support/clock-process.ts'
import {
  eventually,
  newTopic,
  numbered,
  numberedList,
  numberOf,
  pump,
  take,
  uniqueGroup,
  uniqueTopic,
} from './support/harness.ts'
import { proxiedKafka } from './support/proxied-kafka.ts'
import { startProcess } from './support/start-process.ts'

// Faults between a member of a group, or a publisher, and a healthy broker.

const PRODUCE = 0
const FETCH = 1
const METADATA = 3
const OFFSET_COMMIT = 8
const OFFSET_FETCH = 9
const FIND_COORDINATOR = 10
const SYNC_GROUP = 14
const DESCRIBE_GROUPS = 15
const API_VERSIONS = 18
const DELETE_GROUPS = 42
const OFFSET_DELETE = 47
const CONSUMER_GROUP_DESCRIBE = 69

/** Changes the version ranges in an ApiVersions answer. `undefined` removes a request. */
function withVersions(
  payload: Buffer,
  changed: Readonly<Record<number, readonly [number, number] | undefined>>,
): Buffer {
  const entries: Buffer[] = []
  for (let at = 6; at < payload.length; at += 6) {
    const entry = Buffer.from(payload.subarray(at, at + 6))
    const key = entry.readInt16BE(0)
    const range = changed[key]
    if (key in changed && range === undefined) continue
    if (range) for (const [index, version] of range.entries()) entry.writeInt16BE(version, 2 + 2 * index)
    entries.push(entry)
  }
  const head = Buffer.alloc(6)
  head.writeInt32BE(entries.length, 2)
  return Buffer.concat([head, ...entries])
}

const isHere = inject('kafkaBrokers') !== '' && !process.env.CRBUS_TEST_BROKERS

describe.skipIf(!isHere)('behind a faulty network', () => {
  const { proxy, openBus } = proxiedKafka()

  test('a connection that is closed without an answer suggests TLS only if the broker has never answered', async () => {
    const bus = openBus({ timeout: 500 })
    await bus.admin.listTopics()
    proxy().rules = { loses: ({ key }) => key === API_VERSIONS }
    await proxy().stop()
    await proxy().start()

    const [known, unknown] = await Promise.allSettled([
      bus.admin.listTopics(),
      openBus({ timeout: 500 }).admin.listTopics(),
    ])

    const address = `127.0.0.1:${proxy().port}`
    expect(known.status === 'rejected' && known.reason.message).not.toContain('TLS')
    expect(known).toMatchObject({
      status: 'rejected',
      reason: {
        code: 'CONNECTION_FAILED',
        message: expect.stringContaining(`${address} closed the connection without an answer`),
        hints: expect.not.arrayContaining([expect.objectContaining({ text: expect.stringContaining('TLS') })]),
      },
    })
    expect(unknown).toMatchObject({
      status: 'rejected',
      reason: {
        message: expect.stringContaining('without an answer: the broker may expect TLS on this port'),
        hints: expect.arrayContaining([expect.objectContaining({ text: expect.stringContaining('TLS') })]),
      },
    })
  })

  test('a topic that the brokers learn of after the time-out is created without an error', async () => {
    const timeout = 300
    const topic = uniqueTopic()
    let hiddenUntil: number | undefined
    proxy().rules = {
      changes({ key }, payload) {
        const at = key === METADATA ? payload.indexOf(topic) : -1
        if (at < 0) return payload
        hiddenUntil ??= performance.now() + 3 * timeout
        // The error code of a topic is before the length of its name.
        if (performance.now() < hiddenUntil) payload.writeInt16BE(errorCode.UNKNOWN_TOPIC_OR_PARTITION, at - 4)
        return payload
      },
    }

    await openBus({ timeout }).admin.createTopic(topic, { partitions: 2 })

    expect(performance.now()).toBeGreaterThan(hiddenUntil ?? Number.POSITIVE_INFINITY)
  })

  test('a member that does not receive its assignment in a rebalance joins again', { timeout: 60_000 }, async () => {
    const bus = openBus()
    const topic = await newTopic(bus, 2)
    const group = uniqueGroup()
    const first = openBus({ clientId: 'first' })
    const streams = [pump(await first.subscribe([topic], { group, autoOffsetReset: 'earliest' }))]
    let lost = 0
    proxy().rules = {
      loses: ({ key, clientId }) => key === SYNC_GROUP && clientId === 'first' && lost++ === 0,
    }

    streams.push(pump(await openBus().subscribe([topic], { group, autoOffsetReset: 'earliest' })))
    await eventually(() => expect(lost).toBeGreaterThan(0))
    const records = [0, 1].map((partition) => ({ key: null, value: null, partition }))
    await bus.log.append(topic, records)

    await eventually(() => {
      const partitions = streams.flatMap(({ received }) => received.map(({ record }) => record.partition))
      expect([...new Set(partitions)].sort()).toEqual([0, 1])
    })
    for (const stream of streams) await stream.stop()
  })

  test('a member that is expelled while it starts on its partitions joins again', { timeout: 60_000 }, async () => {
    const bus = openBus({ timeout: 20_000 })
    const topic = await newTopic(bus)
    let held = 0
    // Longer than the session time-out.
    proxy().rules = { hold: ({ key }) => (key === OFFSET_COMMIT && held++ === 0 ? sleep(9000) : undefined) }

    const stream = await bus.subscribe([topic], { group: uniqueGroup(), autoOffsetReset: 'latest' })
    await bus.publish(topic, numbered(1))

    expect((await take(stream, 1)).map(numberOf)).toEqual([1])
    expect(held).toBeGreaterThan(0)
  })

  test('a member leaves its group even if its last commit fails', async () => {
    const bus = openBus()
    const topic = await newTopic(bus)
    const group = uniqueGroup()
    await bus.publish(topic, numberedList(2))
    const stream = await bus.subscribe([topic], { group, autoOffsetReset: 'earliest' })
    await take(stream, 2)

    await bus.admin.deleteTopic(topic)
    await expect(stream.close()).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND' })

    expect((await bus.admin.describeGroup(group)).members).toEqual([])
  })

  test('a subscription with a committed offset beyond the end of the log restarts at the oldest record', {
    timeout: 60_000,
  }, async () => {
    const bus = openBus()
    const topic = await newTopic(bus)
    const group = uniqueGroup()
    await bus.publish(topic, numberedList(3))
    // As after an unclean leader election, or after a topic was deleted and created again.
    await bus.admin.commitOffsets(group, [{ topic, partition: 0, offset: 50n }])

    const stream = await bus.subscribe([topic], { group })

    expect((await take(stream, 3)).map(numberOf)).toEqual([0, 1, 2])
  })

  test('a publisher that has used up its quota waits for the throttle time of the broker', {
    timeout: 120_000,
  }, async () => {
    const clientId = 'throttled'
    await kafkaTool('kafka.admin.ConfigCommand', [
      ...['--bootstrap-server', `127.0.0.1:${proxy().port}`, '--alter', '--add-config', 'producer_byte_rate=50000'],
      ...['--entity-type', 'clients', '--entity-name', clientId],
    ])
    const bus = openBus({ clientId, timeout: 1000 })
    const topic = await newTopic(bus)
    const record = { key: null, value: Buffer.alloc(200_000) }

    for (let count = 0; count < 5; count += 1) await bus.log.append(topic, [record])

    expect(await bus.log.ranges(topic)).toEqual([{ partition: 0, start: 0n, end: 5n }])
  })
  test('a reader continues while a publisher on the same bus looks up the leader again', {
    timeout: 60_000,
  }, async () => {
    const bus = openBus({ timeout: 10_000 })
    const topic = await newTopic(bus)
    const group = uniqueGroup()
    const reading = pump(await bus.subscribe([topic], { group, autoOffsetReset: 'earliest' }))
    let lost = 0
    proxy().rules = {
      loses: ({ key }) => key === PRODUCE && lost++ < 2,
      // Longer than a fetch waits for records.
      hold: ({ key }) => (key === METADATA ? sleep(600) : undefined),
    }
    await bus.publish(topic, numbered(1))

    await sleep(1000)
    await bus.publish(topic, numbered(2))

    await eventually(() => expect(reading.received.map(numberOf)).toContain(2))
    await reading.stop()
  })

  test('an append whose answers are lost reports that its records may have been appended', async () => {
    const bus = openBus({ timeout: 1000 })
    const topic = await newTopic(bus)
    const record = { key: null, value: Buffer.from('x') }
    await bus.log.append(topic, [record])
    proxy().rules = { loses: ({ key }) => key === PRODUCE }

    const failed = bus.log.append(topic, [record, record])

    await expect(failed).rejects.toMatchObject({
      message: expect.stringMatching(/\(0 of 2 records were appended, 2 more may have been\)$/),
      append: { positions: [undefined, undefined], refused: [], unknown: [0, 1] },
    })
    proxy().rules = {}
    expect((await bus.log.ranges(topic))[0]?.end).toBeGreaterThan(1n)
  })

  test('an append without a reachable broker reports that nothing was appended', async () => {
    const bus = openBus({ timeout: 1000 })
    const topic = await newTopic(bus)
    const record = { key: null, value: Buffer.from('x') }
    await bus.log.append(topic, [record])
    await proxy().stop()
    // After this failure, the publisher's connection is known to be closed as well.
    await expect(bus.log.ranges(topic)).rejects.toMatchObject({ code: 'CONNECTION_FAILED' })

    const [failed] = await Promise.allSettled([bus.log.append(topic, [record, record])])
    await proxy().start()

    expect(failed).toMatchObject({ status: 'rejected', reason: { code: 'CONNECTION_FAILED' } })
    const { reason } = failed as PromiseRejectedResult
    expect(reason instanceof AppendError ? reason.append.unknown : []).toEqual([])
    expect(await bus.log.ranges(topic)).toEqual([{ partition: 0, start: 0n, end: 1n }])
  })

  describe.runIf(onFakeClock)('a clock that is set while a request is retried', () => {
    const timeout = 3000
    const jumps = ['+1h', '-1h', '+400d', '-400d']

    test.each((['append', 'ranges'] as const).flatMap((call) => jumps.map((jump) => ({ call, jump }))))(
      'does not change the time-out of $call: $jump',
      async ({ call, jump }) => {
        const topic = await newTopic(openBus())
        const brokers = `127.0.0.1:${proxy().port}`
        const clock = fakeClock('+0')
        const task: ClockTask = { do: 'call', brokers, topic, call, timeout }
        const process = await startProcess('clock-process.ts', [task], 'begun', clock.env)
        onTestFinished(() => process.die())
        proxy().rules = { loses: () => true }
        await process.tell('asking')
        await sleep(timeout / 3)
        clock.set(jump)

        const [, line = '{}'] = await process.printed
        const { took, message } = JSON.parse(line) as { took: number; message: string }

        expect(message).toMatch(/; tried for 3(?:\.\d)? s, and no attempt begins after 3 s/)
        expect(took).toBeGreaterThan(timeout * 0.9)
        expect(took).toBeLessThan(timeout * 2)
      },
    )
  })

  test('a call with a record that cannot be encoded fails without affecting concurrent calls', async () => {
    const bus = openBus()
    const topic = await newTopic(bus)
    const record = { key: null, value: null }
    const append = (timestamp?: bigint) => bus.log.append(topic, [{ ...record, timestamp }])

    const results = await Promise.allSettled([append(), append(2n ** 64n), append()])

    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  })

  describe('a broker that supports other versions of requests', () => {
    /** Opens a bus to a broker that announces these versions and is otherwise unchanged. Records the keys of its requests. */
    function openBusWhere(changed: Parameters<typeof withVersions>[1]) {
      const asked: number[] = []
      const bus = openBus({ timeout: 20_000 })
      proxy().rules = {
        changes: ({ key }, payload) => {
          asked.push(key)
          return key === API_VERSIONS ? withVersions(payload, changed) : payload
        },
      }
      return { bus, asked }
    }

    test('is refused if its list of versions is cut off', async () => {
      const bus = openBus({ timeout: 500 })
      proxy().rules = { changes: ({ key }, payload) => (key === API_VERSIONS ? payload.subarray(0, 9) : payload) }

      await expect(bus.admin.listTopics()).rejects.toMatchObject({
        code: 'CONNECTION_FAILED',
        message: expect.stringContaining('does not answer as a Kafka broker does'),
      })
    })

    test('gets no request of which it does not support the version of crbus', async () => {
      const topic = await newTopic(openBus())
      const { bus, asked } = openBusWhere({ [PRODUCE]: [9, 11], [DELETE_GROUPS]: undefined })
      const address = `127.0.0.1:${proxy().port}`

      await expect(bus.publish(topic, numbered(1))).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: `broker ${address} does not support Produce version 7 (it supports 9 to 11)`,
        hints: [
          expect.objectContaining({ text: expect.stringContaining('Apache Kafka 2.4 or later') }),
          expect.objectContaining({ text: expect.stringContaining('crbus') }),
        ],
        isPassing: false,
      })
      const group = uniqueGroup()
      await bus.admin.commitOffsets(group, [{ topic, partition: 0, offset: 0n }])
      await expect(bus.admin.deleteGroup(group)).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: `broker ${address} does not support DeleteGroups`,
      })
      expect(await bus.log.ranges(topic)).toMatchObject([{ end: 0n }])
      expect(asked).not.toContain(PRODUCE)
      expect(asked).not.toContain(DELETE_GROUPS)
    })

    test.each([
      { called: 'older', ranges: [0, 3] as const, offsets: [0, 7] as const },
      { called: 'newer', ranges: [4, 6] as const, offsets: [8, 9] as const },
    ])('answers requests for coordinators and offsets in $called versions', async ({ ranges, offsets }) => {
      const setup = openBus()
      const topic = await newTopic(setup)
      const groups = [uniqueGroup(), uniqueGroup()]
      for (const group of groups) await setup.admin.commitOffsets(group, [{ topic, partition: 0, offset: 3n }])
      const { bus } = openBusWhere({ [FIND_COORDINATOR]: ranges, [OFFSET_FETCH]: offsets })
      const three = [{ topic, partition: 0, offset: 3n }]

      expect(await bus.admin.committedOffsets(groups[0] as string)).toEqual(three)
      expect(await bus.admin.committedOffsetsOf(groups)).toEqual([three, three])
      expect(await bus.admin.describeGroups(groups)).toMatchObject(groups.map((group) => ({ group, state: 'Empty' })))
      const stream = await bus.subscribe([topic], { group: uniqueGroup(), autoOffsetReset: 'earliest' })
      await setup.publish(topic, numbered(1))
      expect((await take(stream, 1)).map(numberOf)).toEqual([1])
    })
  })

  test('a batch that the broker reports as corrupt is refused with its offset and does not hide the lag of the group', async () => {
    const bus = openBus()
    const topic = await newTopic(bus)
    await bus.log.append(topic, [{ key: null, value: Buffer.from('x') }])
    const group = uniqueGroup()
    await bus.admin.commitOffsets(group, [{ topic, partition: 0, offset: 0n }])
    const CORRUPT_MESSAGE = 2
    proxy().rules = {
      changes({ key }, payload) {
        // The error code follows the topic name, the partition count and the index of the first partition.
        const at = 4 + 2 + 4 + 4 + 2 + topic.length + 4 + 4
        if (key !== FETCH || payload.length < at + 2) return payload
        const changed = Buffer.from(payload)
        changed.writeInt16BE(CORRUPT_MESSAGE, at)
        return changed
      },
    }
    const slice = { topic, partition: 0, from: 0n, to: 1n }
    const reason = `${topic}[0] at offset 0: the record batch is corrupt: the broker cannot read it (CORRUPT_MESSAGE)`

    await expect(bus.log.read([slice])[Symbol.asyncIterator]().next()).rejects.toThrow(reason)
    await expect(bus.log.firstRecords([slice])).rejects.toThrow(reason)
    const { signal } = new AbortController()
    const { groups } = await measureLag(bus, { groups: [group], now: Date.now, signal })
    expect(groups[0]?.topics[0]?.partitions).toMatchObject([{ lag: 1n, unreadable: reason }])
  })

  describe('a broker that reports a missing group', () => {
    const NO_GROUP = 69
    const UNSUPPORTED_VERSION = 35

    /** Writes an error code into the answers to these requests, at the given byte positions. */
    const withError = (error: number, places: Readonly<Record<number, (payload: Buffer) => number>>) => {
      proxy().rules = {
        changes: ({ key }, payload) => {
          const place = places[key]
          if (place === undefined) return payload
          const changed = Buffer.from(payload)
          changed.writeInt16BE(error, place(payload))
          return changed
        },
      }
    }

    test('describes a group as Dead if it announces ConsumerGroupDescribe and does not support it', async () => {
      const bus = openBus()
      // After the tags, the throttle time and the length of the list.
      withError(UNSUPPORTED_VERSION, { [CONSUMER_GROUP_DESCRIBE]: () => 1 + 4 + 1 })
      const group = uniqueGroup()

      expect(await bus.admin.describeGroup(group)).toMatchObject({ group, state: 'Dead', members: [] })
      const topic = await newTopic(bus)
      await bus.admin.commitOffsets(group, [{ topic, partition: 0, offset: 0n }])
      expect(await bus.admin.describeGroup(group)).toMatchObject({ state: 'Empty' })
    })

    test('returns an empty group to reads and fails deletions as GROUP_NOT_FOUND', async () => {
      const bus = openBus()
      const group = uniqueGroup()
      withError(NO_GROUP, {
        [DESCRIBE_GROUPS]: () => 8,
        // Before the tags of the group and of the answer.
        [OFFSET_FETCH]: (payload) => payload.length - 4,
        [DELETE_GROUPS]: (payload) => payload.length - 2,
        [OFFSET_DELETE]: () => 0,
      })

      expect(await bus.admin.describeGroup(group)).toMatchObject({ group, state: 'Dead', members: [] })
      expect(await bus.admin.committedOffsets(group)).toEqual([])
      expect(await bus.admin.committedOffsetsOf([group])).toEqual([[]])
      const missing = { code: 'GROUP_NOT_FOUND', group, message: `group '${group}' does not exist` }
      await expect(bus.admin.deleteGroup(group)).rejects.toMatchObject(missing)
      await expect(bus.admin.deleteOffsets(group, [{ topic: 't', partition: 0 }])).rejects.toMatchObject(missing)
    })

    test('may report that in its answer to FindCoordinator', async () => {
      const bus = openBus()
      const group = uniqueGroup()
      // Before an empty message, the tags of the group and of the answer.
      withError(NO_GROUP, { [FIND_COORDINATOR]: (payload) => payload.length - 2 - 2 - 1 })

      expect(await bus.admin.describeGroup(group)).toMatchObject({ group, state: 'Dead', members: [] })
      expect(await bus.admin.committedOffsets(group)).toEqual([])
      await expect(bus.admin.deleteGroup(group)).rejects.toMatchObject({ code: 'GROUP_NOT_FOUND', group })
    })
  })
})
