import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { UnreadableError } from '../../../src/bus/errors.ts'
import { serializedEvent } from '../../../src/bus/event.ts'
import type { EventBus } from '../../../src/bus/event-bus.ts'
import type { TopicLog } from '../../../src/bus/topic-log.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { type ReadReport, readCorrelated } from '../../../src/operations/event-index/correlated-records.ts'
import type { Coverage } from '../../../src/operations/event-index/index-reader.ts'
import { indexStatus } from '../../../src/operations/event-index/index-status.ts'
import { withAdmin } from '../../support/with-admin.ts'
import { indexTopics, newFolder, tailCorrelation } from './support/index-topics.ts'

const TOPIC = 'order-events'

const events = (count: number, id: (at: number) => string) =>
  Array.from({ length: count }, (_, at) =>
    serializedEvent('OrderPlaced.v1', Buffer.from(String(at)), { correlationId: id(at) }),
  )

async function newBus(): Promise<InMemoryEventBus> {
  const bus = new InMemoryEventBus()
  await bus.admin.createTopic(TOPIC, { partitions: 1 })
  return bus
}

interface Result {
  readonly offsets: readonly bigint[]
  readonly report: ReadReport | undefined
  readonly coverage: Coverage | undefined
}

async function read(bus: EventBus, path: string | undefined, correlationId: string): Promise<Result> {
  const offsets: bigint[] = []
  let report: ReadReport | undefined
  let coverage: Coverage | undefined
  const request = { correlationId, path, topics: [TOPIC] }
  const onReport = (read: ReadReport, covered: Coverage | undefined) => {
    report = read
    coverage = covered
  }
  for await (const batch of readCorrelated(bus, request, { onReport })) {
    for (const { offset } of batch) offsets.push(offset)
  }
  return { offsets, report, coverage }
}

/** Returns the bus with a damaged batch: reading from `from` or past it fails as a Kafka bus fails. */
function damaged(bus: EventBus, from: bigint, next: bigint): EventBus {
  const range = { topic: TOPIC, partition: 0, offset: from, next }
  const fail = () => {
    throw new UnreadableError('TRANSPORT_ERROR', `${TOPIC}[0] is damaged at ${from}`, range, {})
  }
  const log: TopicLog = {
    append: (topic, records) => bus.log.append(topic, records),
    ranges: (topic) => bus.log.ranges(topic),
    rangesOf: (topics) => bus.log.rangesOf(topics),
    offsetsAt: (topic, timestamp) => bus.log.offsetsAt(topic, timestamp),
    async firstRecords(slices) {
      if (slices.some((slice) => slice.from < next && (slice.to ?? next) > from)) fail()
      return bus.log.firstRecords(slices)
    },
    async *read(slices, options) {
      for (const slice of slices) {
        const { to = next } = slice
        if (slice.from >= next || to <= from) yield* bus.log.read([slice], options)
        else {
          if (slice.from < from) yield* bus.log.read([{ ...slice, to: from }], options)
          fail()
        }
      }
    },
  }
  return { ...withAdmin(bus, {}), log }
}

describe('the records of a correlation id', () => {
  test('are read one by one if they are few, and with the records between them if they are near each other', async () => {
    await using bus = await newBus()
    const path = join(newFolder(), 'index.db')
    // Three events of "few", each far from the next, then every second event of "many".
    await bus.publish(
      TOPIC,
      events(300, (at) => (at % 100 === 0 ? 'few' : 'other')),
    )
    await bus.publish(
      TOPIC,
      events(100, (at) => (at % 2 === 0 ? 'many' : 'other')),
    )
    await indexTopics(bus, path)
    await bus.publish(
      TOPIC,
      events(10, () => 'few'),
    )

    const few = await read(bus, path, 'few')
    expect(few.offsets).toEqual((await read(bus, undefined, 'few')).offsets)
    expect(few).toMatchObject({ report: { byIndex: 3, scanned: 10 }, coverage: { indexed: 400n, scanned: 10n } })
    const many = await read(bus, path, 'many')
    expect(many.offsets).toHaveLength(50)
    expect(many.report).toEqual({ byIndex: 99, scanned: 10 })
    expect(await read(bus, undefined, 'many')).toMatchObject({
      offsets: many.offsets,
      report: { byIndex: 0, scanned: 410 },
      coverage: undefined,
    })
  })

  test('that follow a damaged batch are indexed, and the batch fails a tail as without an index', async () => {
    await using bus = await newBus()
    const path = join(newFolder(), 'index.db')
    await bus.publish(
      TOPIC,
      events(100, (at) => `c-${at % 5}`),
    )
    const broken = damaged(bus, 40n, 50n)
    const { unreadable, recordsAdded } = await indexTopics(broken, path)

    expect(recordsAdded).toBe(90)
    expect(unreadable).toEqual([{ topic: TOPIC, partition: 0, reason: expect.any(String), batchCount: 1 }])
    const request = { topics: [TOPIC], correlationId: 'c-1', from: { kind: 'start' as const } }
    await expect(tailCorrelation(broken, request)).rejects.toThrow('is damaged at 40')
    await expect(tailCorrelation(broken, { ...request, indexPath: path })).rejects.toThrow('is damaged at 40')
    // After the batch, and once the batch can be read.
    const after = { ...request, from: { kind: 'offset' as const, offset: 50n }, indexPath: path }
    expect((await tailCorrelation(broken, after)).positions).toHaveLength(10)
    expect((await tailCorrelation(bus, { ...request, indexPath: path })).positions).toHaveLength(20)
    expect(await indexStatus(broken, path)).toMatchObject({ behind: 0n })
  })

  test('that were indexed before their batch was damaged fail a tail that reads them', async () => {
    await using bus = await newBus()
    const path = join(newFolder(), 'index.db')
    await bus.publish(
      TOPIC,
      events(100, (at) => (at < 60 ? 'old' : 'new')),
    )
    await indexTopics(bus, path)
    const broken = damaged(bus, 99n, 100n)
    const request = { topics: [TOPIC], correlationId: 'new', from: { kind: 'start' as const }, indexPath: path }
    await expect(tailCorrelation(broken, request)).rejects.toThrow('is damaged at 99')
    expect((await tailCorrelation(broken, { ...request, correlationId: 'old' })).positions).toHaveLength(60)
  })
})
