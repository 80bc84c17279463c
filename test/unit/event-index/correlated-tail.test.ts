import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { EventBus } from '../../../src/bus/event-bus.ts'
import { positionName } from '../../../src/bus/names/names.ts'
import type { BusRecord } from '../../../src/bus/record.ts'
import { decodeRecord } from '../../../src/codecs/event-record.ts'
import { EmbeddedEventBus } from '../../../src/drivers/embedded/embedded-event-bus.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { indexTopics, newFolder, readAll, tailCorrelation } from './support/index-topics.ts'
import { correlationIds, newRecord } from './support/random-records.ts'

const PARTITIONS = 2
const TOPICS = ['order-events', 'payment-events']

const topic = fc.constantFrom(...TOPICS)
/** What happens to topics and to the index, in any order. */
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      topic,
      records: fc.array(newRecord(PARTITIONS), { minLength: 1, maxLength: 40 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('index' as const), topics: fc.subarray(TOPICS) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('trim' as const), topic, share: fc.integer({ min: 1, max: 4 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('recreate' as const), topic }) },
)

const hasCorrelation = (id: string) => (record: BusRecord) => {
  const decoded = record.value === null ? undefined : decodeRecord({ ...record, value: record.value })
  return decoded?.ok === true && decoded.event.metadata?.correlationId === id
}

async function trim(bus: EventBus, name: string, share: number): Promise<void> {
  const ranges = await bus.log.ranges(name)
  const starts = ranges.map(({ partition, start, end }) => [partition, start + (end - start) / BigInt(share)] as const)
  await bus.admin.deleteRecords(name, new Map(starts))
}

async function recreate(bus: EventBus, name: string): Promise<void> {
  await bus.admin.deleteTopic(name)
  await bus.admin.createTopic(name, { partitions: PARTITIONS })
}

describe.each([
  ['in memory', 60, () => new InMemoryEventBus({ createTopics: true })],
  ['embedded', 25, () => new EmbeddedEventBus({ path: join(newFolder(), 'bus.db') })],
] as const)('on a bus %s', (_, numRuns, open) => {
  test('tail shows the same events of a correlation id in the same order with and without an index', {
    timeout: 60_000,
  }, async () => {
    const folder = newFolder()
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        await using bus = open()
        for (const name of TOPICS) await bus.admin.createTopic(name, { partitions: PARTITIONS }).catch(() => undefined)
        for (const name of TOPICS) await recreate(bus, name)
        run += 1
        const indexPath = join(folder, `${run}.db`)
        for (const one of steps) {
          if (one.do === 'append') await bus.log.append(one.topic, one.records)
          else if (one.do === 'trim') await trim(bus, one.topic, one.share)
          else if (one.do === 'recreate') await recreate(bus, one.topic)
          else await indexTopics(bus, indexPath, { topics: one.topics })
        }
        const records = (await Promise.all(TOPICS.map((name) => readAll(bus, name)))).flat()
        for (const correlationId of correlationIds) {
          const from = { kind: 'start' } as const
          const all = await tailCorrelation(bus, { topics: TOPICS, correlationId, from, indexPath })
          expect([...all.positions].sort()).toEqual(
            records.filter(hasCorrelation(correlationId)).map(positionName).sort(),
          )
          for (const range of [
            { from: { kind: 'start' as const } },
            { from: { kind: 'start' as const }, to: { kind: 'time' as const, time: 1_700_000_000_010n } },
            { from: { kind: 'beforeEnd' as const, count: 7n } },
            { last: 3 },
          ]) {
            const request = { topics: TOPICS, correlationId, ...range } as const
            const without = await tailCorrelation(bus, request)
            const withIndex = await tailCorrelation(bus, { ...request, indexPath })
            expect(withIndex.positions).toEqual(without.positions)
          }
        }
      }),
      { numRuns },
    )
  })
})
