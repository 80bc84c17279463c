import type { TopicSummary } from '../../bus/admin.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { matchesSome } from '../../bus/names/glob.ts'
import type { PartitionRange } from '../../bus/topic-log.ts'
import { type PartitionSizes, partitionSizes } from './partition-sizes.ts'

/** The figures of a topic. */
export interface TopicFigures {
  readonly topic: string
  readonly partitionCount: number
  /** The number of partitions with a replica that is not in sync. */
  readonly underReplicated: number
  /** The number of partitions without a leader. */
  readonly leaderless: number
  /** Its size in bytes, without replicas; absent if the bus does not know it. */
  readonly size?: bigint | undefined
  /** The ends of the partitions; empty if one of them has no leader, because the bus then answers for none. */
  readonly ranges: readonly PartitionRange[]
}

/** Measures the topics that match one of the globs, except internal ones of the broker. Takes few requests, whatever their number. */
export async function measureTopics(bus: EventBus, globs?: readonly string[]): Promise<readonly TopicFigures[]> {
  const isWanted = matchesSome(globs)
  return topicFigures(
    bus,
    (await bus.admin.listTopics()).filter(({ topic, internal }) => !internal && isWanted(topic)),
  )
}

/** Measures the given topics, which `listTopics` returned. Takes few requests, whatever their number. */
export async function topicFigures(bus: EventBus, topics: readonly TopicSummary[]): Promise<readonly TopicFigures[]> {
  const led = topics.filter(({ leaderless }) => leaderless === 0).map(({ topic }) => topic)
  const [ranges, sizes] = await Promise.all([bus.log.rangesOf(led), partitionSizes(bus, led)])
  return topics.map(({ topic, partitions, underReplicated, leaderless }) => ({
    topic,
    partitionCount: partitions,
    underReplicated,
    leaderless,
    size: sizes && sizeOf(topic, partitions, sizes),
    ranges: ranges.get(topic) ?? [],
  }))
}

/** Returns the size of a topic. `undefined` if the size of one of its partitions is unknown. */
function sizeOf(topic: string, partitionCount: number, sizes: PartitionSizes): bigint | undefined {
  let sum = 0n
  for (let partition = 0; partition < partitionCount; partition += 1) {
    const size = sizes.get({ topic, partition })
    if (size === undefined) return undefined
    sum += size
  }
  return sum
}
