import { expect, onTestFinished, test } from 'vitest'
import type { TopicSummary } from '../../../src/bus/admin.ts'
import { EventBusError } from '../../../src/bus/errors.ts'
import type { BusRecord } from '../../../src/bus/record.ts'
import { followTopics } from '../../../src/operations/tail/follow-topics.ts'
import type { TailNotice } from '../../../src/operations/tail/notices.ts'
import { tail } from '../../../src/operations/tail/tail.ts'
import { tailNoticeText } from '../../../src/ui/notes/tail-notices.ts'
import type { Contract } from '../bus-contract.ts'
import { bytes, expectNoNewGroup, newTopic, readSlices, testSignal, text, uniqueTopic } from './harness.ts'

const HOUR_AGO = Date.now() - 3_600_000
const at = (milliseconds: number): bigint => BigInt(HOUR_AGO + milliseconds)

const blank = (count: number, partition = 0) =>
  Array.from({ length: count }, () => ({ key: null, value: text('x'), partition }))

const offsets = (records: readonly BusRecord[] | undefined): number[] =>
  (records ?? []).map(({ offset }) => Number(offset))

export function readClauses({ bus, open }: Contract): void {
  test('returns the range of every partition', async () => {
    const topic = await newTopic(bus(), 3)
    await bus().log.append(topic, [...blank(2, 0), ...blank(5, 2)])

    expect(await bus().log.ranges(topic)).toEqual([
      { partition: 0, start: 0n, end: 2n },
      { partition: 1, start: 0n, end: 0n },
      { partition: 2, start: 0n, end: 5n },
    ])
  })

  test.each([
    { when: 'before the first record', time: -1, offset: 0n },
    { when: 'of the first record', time: 0, offset: 0n },
    { when: 'between two records', time: 50, offset: 1n },
    { when: 'that several records share, as that of the first one', time: 200, offset: 2n },
    { when: 'that is out of order, as that of the next record', time: 250, offset: 4n },
    { when: 'of the newest record', time: 400, offset: 6n },
    { when: 'after the newest record, as the end', time: 401, offset: 7n },
  ])('finds the offset for a time $when', async ({ time, offset }) => {
    const topic = await newTopic(bus(), 2)
    const times = [0, 100, 200, 200, 300, 250, 400]
    await bus().log.append(
      topic,
      times.map((milliseconds) => ({ key: null, value: null, partition: 1, timestamp: at(milliseconds) })),
    )

    expect(await bus().log.offsetsAt(topic, at(time))).toEqual(
      new Map([
        [0, 0n],
        [1, offset],
      ]),
    )
  })

  test.each([
    { slice: 'the whole partition', from: 0n, to: 10n, expected: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] },
    { slice: 'the middle', from: 3n, to: 6n, expected: [3, 4, 5] },
    { slice: 'one record', from: 9n, to: 10n, expected: [9] },
    { slice: 'an empty slice', from: 4n, to: 4n, expected: [] },
    { slice: 'an empty slice at the end', from: 10n, to: 10n, expected: [] },
    { slice: 'a slice that starts before the oldest record', from: -5n, to: 2n, expected: [0, 1] },
  ])('reads $slice', async ({ from, to, expected }) => {
    const topic = await newTopic(bus())
    await bus().log.append(topic, blank(10))

    expect(offsets(await readSlices(bus(), [{ topic, partition: 0, from, to }]))).toEqual(expected)
  })

  test('reads slices of several topics in batches of one partition each, in offset order', async () => {
    const [one, two] = [await newTopic(bus(), 2), await newTopic(bus())]
    await bus().log.append(one, [...blank(20, 0), ...blank(30, 1)])
    await bus().log.append(two, blank(10))
    const slices = [
      { topic: one, partition: 0, from: 5n, to: 20n },
      { topic: one, partition: 1, from: 0n, to: 25n },
      { topic: two, partition: 0, from: 9n, to: 10n },
    ]
    const batches: (readonly BusRecord[])[] = []

    for await (const batch of bus().log.read(slices, { signal: testSignal() })) batches.push(batch)

    for (const batch of batches) {
      expect(new Set(batch.map(({ topic, partition }) => `${topic}/${partition}`)).size).toBe(1)
    }
    for (const { topic, partition, from, to } of slices) {
      const records = batches.flat().filter((record) => record.topic === topic && record.partition === partition)
      const wanted = Array.from({ length: Number(to - from) }, (_, index) => Number(from) + index)
      expect(offsets(records)).toEqual(wanted)
    }
  })

  test('reads nothing for an empty list of slices', async () => {
    expect(await readSlices(bus(), [])).toEqual([])
  })

  test.each([
    { range: 'both ends are times', from: 150, to: 260, expected: [2, 3, 5, 7] },
    { range: 'only the end is a time', from: undefined, to: 260, expected: [0, 1, 2, 3, 5, 7] },
    { range: 'the end is before all records', from: undefined, to: -1, expected: [] },
    { range: 'only the beginning is a time', from: 210, to: undefined, expected: [4, 5, 6, 7, 8] },
  ])('finds the records of a time range with timestamps out of order: $range', async ({ from, to, expected }) => {
    const topic = await newTopic(bus())
    const times = [0, 100, 200, 200, 300, 250, 400, 150, 500]
    await bus().log.append(
      topic,
      times.map((milliseconds) => ({ key: null, value: null, timestamp: at(milliseconds) })),
    )
    const notices: string[] = []
    const seen: number[] = []

    for await (const views of tail(bus(), {
      topics: [topic],
      from: from === undefined ? { kind: 'start' } : { kind: 'time', time: at(from) },
      to: to === undefined ? { kind: 'end' } : { kind: 'time', time: at(to) },
      follow: false,
      last: 10,
      signal: testSignal(),
      onNotice: (notice) => void notices.push(tailNoticeText(notice, 'utc')),
    })) {
      seen.push(...offsets(views.map(({ record }) => record)))
    }

    expect(seen).toEqual(expected)
    expect(notices).toEqual([])
  })

  test('reports the offset up to which a range that ends at a time was read', async () => {
    const topic = await newTopic(bus())
    const record = (timestamp: bigint) => ({ key: null, value: null, timestamp })
    const later = Array.from({ length: 10_000 }, () => record(at(300)))
    await bus().log.append(topic, [record(at(0)), ...later, record(at(100))])
    const notices: string[] = []
    const seen: number[] = []

    for await (const views of tail(bus(), {
      topics: [topic],
      from: { kind: 'start' },
      to: { kind: 'time', time: at(200) },
      follow: false,
      last: 10,
      signal: testSignal(),
      onNotice: (notice) => void notices.push(tailNoticeText(notice, 'utc')),
    })) {
      seen.push(...offsets(views.map(({ record }) => record)))
    }

    expect(seen).toEqual([0])
    const until = new Date(Number(at(200))).toISOString()
    expect(notices).toEqual([
      expect.stringContaining(
        `${topic}[0] was read to 10000 offsets after the first event at or after ${until}; events with earlier timestamps after that`,
      ),
    ])
  })

  test('follows a slice without an end until its signal aborts, and ends without an error', async () => {
    const topic = await newTopic(bus())
    await bus().log.append(topic, blank(1))
    const stop = new AbortController()
    const signal = AbortSignal.any([stop.signal, testSignal()])
    const reading = bus()
      .log.read([{ topic, partition: 0, from: 0n }], { signal })
      [Symbol.asyncIterator]()

    expect(offsets((await reading.next()).value)).toEqual([0])
    const waiting = reading.next()
    await (await open()).log.append(topic, blank(1))
    expect(offsets((await waiting).value)).toEqual([1])

    const last = reading.next()
    stop.abort()
    expect(await last).toEqual({ done: true, value: undefined })
  })

  test('follows from the end and delivers only later records', async () => {
    const topic = await newTopic(bus())
    await bus().log.append(topic, blank(3))
    const options = { signal: testSignal() }
    const reading = bus()
      .log.read([{ topic, partition: 0, from: 3n }], options)
      [Symbol.asyncIterator]()

    const waiting = reading.next()
    await bus().log.append(topic, [{ key: null, value: text('new') }])

    const batch = (await waiting).value
    expect(offsets(batch)).toEqual([3])
    expect(bytes(batch?.[0]?.value)).toEqual([...text('new')])
  })

  test('follows one partition after the slice of another has ended', async () => {
    const topic = await newTopic(bus(), 2)
    await bus().log.append(topic, [...blank(2, 0), ...blank(1, 1)])
    const slices = [
      { topic, partition: 0, from: 0n, to: 1n },
      { topic, partition: 1, from: 0n },
    ]
    const stop = new AbortController()
    const signal = AbortSignal.any([stop.signal, testSignal()])
    const seen: string[] = []

    for await (const batch of bus().log.read(slices, { signal })) {
      seen.push(...batch.map(({ partition, offset }) => `${partition}@${offset}`))
      if (seen.length === 2) await bus().log.append(topic, [...blank(1, 0), ...blank(1, 1)])
      if (seen.length >= 3) stop.abort()
    }

    expect(seen.sort()).toEqual(['0@0', '1@0', '1@1'])
  })

  test('reads nothing if the signal was aborted before', async () => {
    const topic = await newTopic(bus())
    await bus().log.append(topic, blank(1))
    const batches: unknown[] = []

    const signal = AbortSignal.abort()
    for await (const batch of bus().log.read([{ topic, partition: 0, from: 0n }], { signal })) batches.push(batch)

    expect(batches).toEqual([])
  })

  test('can be left early and read again', async () => {
    const topic = await newTopic(bus())
    await bus().log.append(topic, blank(5000))
    const slice = { topic, partition: 0, from: 0n }

    for await (const batch of bus().log.read([slice], { signal: testSignal() })) {
      expect(offsets(batch)[0]).toBe(0)
      break
    }

    expect(await readSlices(bus(), [{ ...slice, to: 5000n }])).toHaveLength(5000)
  })

  test('ends a pending read when the bus is closed', async () => {
    const topic = await newTopic(bus())
    await bus().log.append(topic, blank(1))
    const other = await open()
    const reading = other.log.read([{ topic, partition: 0, from: 0n }])[Symbol.asyncIterator]()
    await reading.next()

    const settled = Promise.allSettled([reading.next()])
    await other.close()

    // A bus may end the read or reject it, but must not leave it pending.
    await settled
  })

  test('follows added partitions of a topic and repeats no record', async () => {
    const topic = await newTopic(bus())
    await bus().log.append(topic, blank(3))
    const stop = new AbortController()
    onTestFinished(() => stop.abort())
    const seen: string[] = []
    const notices: string[] = []
    const onNotice = (notice: TailNotice) => void notices.push(tailNoticeText(notice, 'utc'))
    const slices = [{ topic, partition: 0, from: 1n }]
    const reading = (async () => {
      for await (const batch of followTopics(bus(), { slices, checkEvery: 50, signal: stop.signal, onNotice }))
        seen.push(...batch.map(({ partition, offset }) => `${partition}@${offset}`))
    })()
    await expect.poll(() => seen, { timeout: 30_000 }).toEqual(['0@1', '0@2'])

    const other = await open()
    await other.admin.addPartitions(topic, 3)
    await other.log.append(topic, [...blank(2, 2), ...blank(1, 0)])

    await expect.poll(() => seen.toSorted(), { timeout: 30_000 }).toEqual(['0@1', '0@2', '0@3', '2@0', '2@1'])
    await other.log.append(topic, [...blank(1, 1), ...blank(1, 0)])
    await expect.poll(() => seen.slice(5).toSorted(), { timeout: 30_000 }).toEqual(['0@4', '1@0'])
    expect(notices).toEqual([`partitions were added to ${topic} and are followed too: 1, 2`])
    stop.abort()
    await reading
  })

  test('follows a topic that is created later and matches, from its start', async () => {
    const topic = await newTopic(bus())
    await bus().log.append(topic, blank(1))
    const stop = new AbortController()
    onTestFinished(() => stop.abort())
    const seen: string[] = []
    const notices: TailNotice[] = []
    const reading = (async () => {
      const request = {
        slices: [{ topic, partition: 0, from: 0n }],
        matches: (known: TopicSummary) => known.topic.startsWith(`${topic}-late`),
        partitions: () => [0],
        checkEvery: 50,
        signal: stop.signal,
        onNotice: (notice: TailNotice) => void notices.push(notice),
      }
      for await (const batch of followTopics(bus(), request))
        seen.push(...batch.map((record) => `${record.topic}[${record.partition}]@${record.offset}`))
    })()
    await expect.poll(() => seen, { timeout: 30_000 }).toEqual([`${topic}[0]@0`])

    const other = await open()
    await other.admin.createTopic(`${topic}-other`, { partitions: 1 })
    await other.admin.createTopic(`${topic}-late`, { partitions: 2 })
    await other.log.append(`${topic}-late`, [...blank(2, 0), ...blank(1, 1)])
    await other.log.append(`${topic}-other`, blank(1))

    const late = [`${topic}-late[0]@0`, `${topic}-late[0]@1`]
    await expect.poll(() => seen.slice(1), { timeout: 30_000 }).toEqual(late)
    await other.log.append(topic, blank(1))
    await expect.poll(() => seen.slice(3), { timeout: 30_000 }).toEqual([`${topic}[0]@1`])
    expect(notices).toEqual([{ code: 'topic-added', topic: `${topic}-late` }])
    stop.abort()
    await reading
  })

  test('creates no consumer group by reading', async () => {
    const topic = await newTopic(bus())
    await bus().log.append(topic, blank(1))

    await expectNoNewGroup(bus(), () => readSlices(bus(), [{ topic, partition: 0, from: 0n, to: 1n }]))
  })

  test('reports a missing topic', async () => {
    const missing = { code: 'TOPIC_NOT_FOUND' }
    const topic = uniqueTopic()

    await expect(bus().log.ranges(topic)).rejects.toMatchObject(missing)
    await expect(bus().log.offsetsAt(topic, 0n)).rejects.toMatchObject(missing)
    await expect(readSlices(bus(), [{ topic, partition: 0, from: 0n, to: 1n }])).rejects.toMatchObject(missing)
    await expect(readSlices(bus(), [{ topic, partition: 0, from: 0n }])).rejects.toMatchObject(missing)
  })

  test('reports a missing partition', async () => {
    const topic = await newTopic(bus(), 2)

    // The error code is not specified, because there is none for partitions. The read must not wait without end.
    await expect(readSlices(bus(), [{ topic, partition: 2, from: 0n }])).rejects.toBeInstanceOf(EventBusError)
    await expect(readSlices(bus(), [{ topic, partition: 2, from: 0n, to: 1n }])).rejects.toBeInstanceOf(EventBusError)
  })
}
