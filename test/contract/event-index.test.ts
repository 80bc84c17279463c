import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, inject, test } from 'vitest'
import { type SerializedEvent, serializedEvent } from '../../src/bus/event.ts'
import type { EventBus } from '../../src/bus/event-bus.ts'
import { EmbeddedEventBus } from '../../src/drivers/embedded/embedded-event-bus.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { EventIndex } from '../../src/event-index/event-index.ts'
import { indexTopics, newFolder, tailCorrelation } from '../unit/event-index/support/index-topics.ts'
import { eventually, newTopic, uniqueTopic } from './support/harness.ts'
import { startProcess } from './support/start-process.ts'

const CONVERSATIONS = 50

/** Events of some conversations, each with a few events. */
const events = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => {
    const number = from + at
    const data = Buffer.from(JSON.stringify({ order_id: `o-${number}` }))
    return serializedEvent(`OrderPlaced${number % 5}.v1`, data, { correlationId: `c-${number % CONVERSATIONS}` })
  })

const brokers = inject('kafkaBrokers')
const openKafka = () => new RedpandaEventBus({ brokers, timeout: 60_000 })

describe.each<readonly [string, () => EventBus, { readonly skip: boolean }]>([
  ['in memory', () => new InMemoryEventBus(), { skip: false }],
  ['in a file', () => new EmbeddedEventBus({ path: join(newFolder(), 'bus.db') }), { skip: false }],
  ['of Kafka', openKafka, { skip: brokers === '' }],
])('an index of a bus %s', (_, open, { skip }) => {
  test.skipIf(skip)('finds the events of a correlation id, and tail reads the others from the topic', async () => {
    await using bus = open()
    const topic = await newTopic(bus, 3)
    const indexPath = join(newFolder(), 'index.db')
    await bus.publish(topic, events(1000))
    const { recordsAdded } = await indexTopics(bus, indexPath, { topics: [topic] })
    await bus.publish(topic, events(500, 1000))

    expect(recordsAdded).toBe(1000)
    for (const range of [
      { from: { kind: 'start' as const } },
      { last: 7 },
      { from: { kind: 'beforeEnd' as const, count: 300n } },
    ]) {
      const request = { topics: [topic], correlationId: 'c-7', ...range }
      const withIndex = await tailCorrelation(bus, { ...request, indexPath })
      expect(withIndex.positions).toEqual((await tailCorrelation(bus, request)).positions)
      expect(withIndex.positions.length).toBeGreaterThan(6)
      expect(withIndex.notices).toEqual([expect.objectContaining({ code: 'index-used', scanned: expect.any(BigInt) })])
    }
  })

  test.skipIf(skip)('notices that a topic was created again with as many events', async () => {
    await using bus = open()
    const topic = await newTopic(bus)
    const indexPath = join(newFolder(), 'index.db')
    await bus.publish(topic, events(100))
    await indexTopics(bus, indexPath, { topics: [topic] })
    await bus.admin.deleteTopic(topic)
    await bus.admin.createTopic(topic, { partitions: 1 })
    await bus.publish(topic, events(100, 1))

    const request = { topics: [topic], correlationId: 'c-7', from: { kind: 'start' as const }, indexPath }
    const offsets = [`${topic}[0]@6`, `${topic}[0]@56`]
    expect((await tailCorrelation(bus, request)).positions).toEqual(offsets)
    const { notices } = await indexTopics(bus, indexPath, { topics: [topic] })
    expect(notices).toEqual([{ code: 'topic-recreated', topic }])
    const again = await tailCorrelation(bus, request)
    expect(again.positions).toEqual(offsets)
    expect(again.notices).toEqual([{ code: 'index-used', indexed: 100n, scanned: 0n }])
  })

  test.skipIf(skip)('forgets events that were deleted from the start of a topic', async () => {
    await using bus = open()
    const topic = await newTopic(bus)
    const indexPath = join(newFolder(), 'index.db')
    await bus.publish(topic, events(100))
    await indexTopics(bus, indexPath, { topics: [topic] })
    await bus.admin.deleteRecords(topic, new Map([[0, 50n]]))
    const request = { topics: [topic], correlationId: 'c-7', from: { kind: 'start' as const }, indexPath }
    expect((await tailCorrelation(bus, request)).positions).toEqual([`${topic}[0]@57`])
    await indexTopics(bus, indexPath, { topics: [topic] })
    expect((await tailCorrelation(bus, request)).positions).toEqual([`${topic}[0]@57`])
  })
})

test.skipIf(brokers === '')(
  'an index of a compacted topic stays right when its last record is compacted away',
  {
    timeout: 90_000,
  },
  async () => {
    await using bus = openKafka()
    const topic = uniqueTopic()
    const config = {
      ...{ 'cleanup.policy': 'compact', 'segment.ms': '100' },
      ...{ 'min.cleanable.dirty.ratio': '0.001', 'max.compaction.lag.ms': '100' },
    }
    await bus.admin.createTopic(topic, { partitions: 1, config })
    const [kept, replaced] = [events(8)[7], events(9)[8]]
    await bus.publish(topic, kept as SerializedEvent, { key: 'kept' })
    await bus.publish(topic, replaced as SerializedEvent, { key: 'replaced' })
    const indexPath = join(newFolder(), 'index.db')
    await indexTopics(bus, indexPath, { topics: [topic] })
    await eventually(async () => {
      // Every append closes the previous segment, which may then be compacted.
      await bus.publish(topic, replaced as SerializedEvent, { key: 'replaced' })
      expect(await bus.log.firstRecords([{ topic, partition: 0, from: 1n, to: 2n }])).toEqual([undefined])
    }, 60_000)

    const request = { topics: [topic], correlationId: 'c-7', from: { kind: 'start' as const }, indexPath }
    expect((await tailCorrelation(bus, request)).positions).toEqual([`${topic}[0]@0`])
    expect((await indexTopics(bus, indexPath, { topics: [topic] })).notices).toEqual([])
    const { positions, notices } = await tailCorrelation(bus, { ...request, correlationId: 'c-8' })
    expect(positions).toEqual(
      (await tailCorrelation(bus, { ...request, correlationId: 'c-8', indexPath: undefined })).positions,
    )
    expect(notices).toEqual([expect.objectContaining({ code: 'index-used', scanned: 0n })])
  },
)

/** Everything that an index finds, by correlation id and by field, for comparison with another index. */
function content(path: string, fields: readonly string[]): unknown {
  const index = EventIndex.open(path)
  if (index === undefined) throw new Error('there is no index')
  try {
    return {
      reach: index.reach().map(({ id: _, ...partition }) => partition),
      count: index.recordCount(),
      byCorrelation: Array.from({ length: CONVERSATIONS }, (_, at) => index.find({ correlationId: `c-${at}` })),
      byType: index.find({ type: 'OrderPlaced3.v1' }),
      byField: fields.map((value) => index.find({ field: 'data.order_id', value })),
    }
  } finally {
    index.close()
  }
}

const problems = (path: string): unknown => {
  const database = new DatabaseSync(path, { readOnly: true })
  const rows = database.prepare('PRAGMA integrity_check').all()
  database.close()
  return rows
}

test('an index whose processes are killed at any moment, two at a time, equals an index that was built at once', {
  timeout: 180_000,
}, async () => {
  const folder = newFolder()
  const address = { kind: 'embedded' as const, path: join(folder, 'bus.db'), sessionTimeout: 10_000 }
  const [path, fresh] = [join(folder, 'killed.db'), join(folder, 'fresh.db')]
  await using bus = new EmbeddedEventBus({ path: address.path })
  for (const topic of ['order-events', 'payment-events']) await bus.admin.createTopic(topic, { partitions: 3 })
  let published = 0
  for (let round = 0; round < 8; round += 1) {
    for (const topic of ['order-events', 'payment-events']) await bus.publish(topic, events(15_000, published))
    published += 15_000
    const running = await Promise.all([1, 2].map(() => startProcess('index-process.ts', [address, path], 'indexing')))
    // After another batch in each round, the last ones of which are followed by the commit.
    await Promise.all(
      running.map(async (one, at) => {
        await Promise.race([one.said(`batch ${1 + ((round * 7 + at * 11) % 20)}`), one.printed]).catch(() => undefined)
        await one.die()
      }),
    )
  }
  const last = await Promise.all([1, 2].map(() => startProcess('index-process.ts', [address, path], 'indexing')))
  await Promise.all(last.map(({ printed }) => printed))
  await indexTopics(bus, fresh, { fields: ['data.order_id'] })

  expect(problems(path)).toEqual([{ integrity_check: 'ok' }])
  const values = ['o-0', 'o-77', `o-${published - 1}`]
  expect(content(path, values)).toEqual(content(fresh, values))
  rmSync(path)
})
