import type { TopicPartition } from '../bus/admin.ts'
import { compareText } from '../bus/compare.ts'

export interface AssignableMember {
  readonly memberId: string
  readonly topics: readonly string[]
}

/**
 * Assigns partitions by Kafka's `range` strategy and returns them by member id. The members subscribed to a topic, sorted by id,
 * get consecutive partitions of it. If the partitions do not divide evenly, the first members get one more.
 */
export function assignRange(
  members: readonly AssignableMember[],
  partitionCount: (topic: string) => number,
): Map<string, TopicPartition[]> {
  const sorted = [...members].sort((a, b) => compareText(a.memberId, b.memberId))
  const assignment = new Map(sorted.map(({ memberId }) => [memberId, [] as TopicPartition[]]))
  for (const topic of new Set(sorted.flatMap(({ topics }) => topics))) {
    const subscribed = sorted.filter(({ topics }) => topics.includes(topic))
    const partitions = partitionCount(topic)
    const share = Math.floor(partitions / subscribed.length)
    const remainder = partitions % subscribed.length
    let partition = 0
    subscribed.forEach(({ memberId }, index) => {
      const end = partition + share + (index < remainder ? 1 : 0)
      while (partition < end) assignment.get(memberId)?.push({ topic, partition: partition++ })
    })
  }
  return assignment
}
