import type { TopicPartition } from '../../bus/admin.ts'
import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { PartitionMap } from '../../bus/names/partition-map.ts'
import { isNotAllowed } from './is-not-allowed.ts'

/** The sizes of partitions in bytes. */
export interface PartitionSizes {
  readonly get: (partition: TopicPartition) => bigint | undefined
}

/**
 * Returns the size of each partition of the topics, on its largest replica. A partition is missing if the bus does not know its size.
 * Resolves with `undefined` if the user may not see sizes, or the bus cannot tell them.
 */
export async function partitionSizes(bus: EventBus, topics: readonly string[]): Promise<PartitionSizes | undefined> {
  const sizes = new PartitionMap<bigint>()
  try {
    for (const { replicas } of await bus.admin.logDirs(topics)) {
      for (const replica of replicas) {
        if (replica.bytes > (sizes.get(replica) ?? -1n)) sizes.set(replica, replica.bytes)
      }
    }
  } catch (error) {
    if (isNotAllowed(error) || (error instanceof EventBusError && error.code === 'UNSUPPORTED')) return undefined
    throw error
  }
  return sizes
}
