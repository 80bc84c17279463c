import type { TopicPartition } from '../admin.ts'

/** Map keyed by topic and partition. Faster than a `Map` keyed by `partitionName`, which builds a string for each key. */
export class PartitionMap<Value> {
  readonly #topics = new Map<string, Map<number, Value>>()

  get({ topic, partition }: TopicPartition): Value | undefined {
    return this.#topics.get(topic)?.get(partition)
  }

  set({ topic, partition }: TopicPartition, value: Value): void {
    const partitions = this.#topics.get(topic)
    if (partitions === undefined) this.#topics.set(topic, new Map([[partition, value]]))
    else partitions.set(partition, value)
  }

  /** The values, grouped by topic. */
  *values(): Generator<Value> {
    for (const partitions of this.#topics.values()) yield* partitions.values()
  }
}
