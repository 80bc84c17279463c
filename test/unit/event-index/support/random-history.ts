import fc from 'fast-check'
import type { EventBus } from '../../../../src/bus/event-bus.ts'
import type { NewRecord } from '../../../../src/bus/record.ts'
import { indexTopics } from './index-topics.ts'
import { newRecord } from './random-records.ts'

const PARTITIONS = 2
export const TOPICS = ['order-events', 'payment-events']

/** What happens to topics or to their index. */
export type HistoryStep =
  | { readonly do: 'append'; readonly topic: string; readonly records: readonly NewRecord[] }
  | { readonly do: 'index'; readonly topics: readonly string[] }
  | { readonly do: 'trim'; readonly topic: string; readonly share: number }
  | { readonly do: 'recreate'; readonly topic: string }

const topic = fc.constantFrom(...TOPICS)
const step: fc.Arbitrary<HistoryStep> = fc.oneof(
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

/** What happens to {@link TOPICS} and to their index, in any order, so that the index reaches everything, nothing, or parts. */
export const historySteps: fc.Arbitrary<readonly HistoryStep[]> = fc.array(step, { minLength: 1, maxLength: 12 })

/** Creates {@link TOPICS} anew, and applies the steps to them and to the index. */
export async function applySteps(bus: EventBus, indexPath: string, steps: readonly HistoryStep[]): Promise<void> {
  for (const name of TOPICS) await bus.admin.createTopic(name, { partitions: PARTITIONS }).catch(() => undefined)
  for (const name of TOPICS) await recreate(bus, name)
  for (const one of steps) {
    if (one.do === 'append') await bus.log.append(one.topic, one.records)
    else if (one.do === 'trim') await trim(bus, one.topic, one.share)
    else if (one.do === 'recreate') await recreate(bus, one.topic)
    else await indexTopics(bus, indexPath, { topics: one.topics })
  }
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
