import { EventBusError, partitionCountNotLarger } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { whyMissing } from './why-missing.ts'

/** A larger number of partitions. */
export interface PartitionGrowth {
  readonly from: number
  readonly to: number
}

export interface AddPartitionsPlan extends PartitionGrowth {
  readonly topic: string
  /** The number of offsets in the partitions now. A key with later events may have these in another partition. */
  readonly eventCount: bigint
}

/** Plans more partitions for a topic. Throws `REFUSED` if `to` is not larger than their number. Only reads. */
export async function planAddPartitions(bus: EventBus, topic: string, to: number): Promise<AddPartitionsPlan> {
  const known = (await bus.admin.listTopics()).find((one) => one.topic === topic)
  if (known === undefined) throw await whyMissing(bus, topic)
  const { partitions: from } = known
  if (to <= from) throw partitionCountNotLarger(topic, from, to)
  const ranges = await bus.log.ranges(topic)
  return { topic, from, to, eventCount: ranges.reduce((sum, { start, end }) => sum + end - start, 0n) }
}

/**
 * Adds partitions and reads their number back. Throws `PLAN_STALE` if the number has changed since the plan was made. Returns the
 * number of partitions.
 */
export async function applyAddPartitions(bus: EventBus, topic: string, { from, to }: PartitionGrowth): Promise<number> {
  const { partitions: now } = await bus.admin.describeTopic(topic)
  if (now !== from) {
    const message = `topic '${topic}' has ${now} partitions, not ${from} as when the plan was made; nothing was done`
    throw new EventBusError('PLAN_STALE', message, { topic })
  }
  await bus.admin.addPartitions(topic, to)
  return (await bus.admin.describeTopic(topic)).partitions
}
