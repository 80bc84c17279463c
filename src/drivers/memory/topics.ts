import type { NewTopic, PartitionLayout, TopicDescription, TopicSetting, TopicSummary } from '../../bus/admin.ts'
import { compareText } from '../../bus/compare.ts'
import { invalidTopic, partitionCountNotLarger, recordRefused, topicExists, topicNotFound } from '../../bus/errors.ts'
import { topicNameError } from '../../bus/names/names.ts'
import { partitionOf } from '../../bus/partitioner.ts'
import type { NewRecord, Position } from '../../bus/record.ts'
import { changedConfig, requireDeletable, toSettings } from '../plain-topics.ts'
import { refusalOf } from '../refusal.ts'
import { MemoryLog } from './memory-log.ts'

interface Topic {
  readonly partitions: MemoryLog[]
  config: ReadonlyMap<string, string>
}

const sortedByName = (config: [string, string][]): ReadonlyMap<string, string> =>
  new Map([...new Map(config)].sort(([a], [b]) => compareText(a, b)))

/** The topics of a broker and their records. */
export class MemoryTopics {
  readonly #topics = new Map<string, Topic>()
  readonly #now: () => number
  /** Counts the records without a key, which go to the partitions in turn. */
  #unkeyedCount = 0

  constructor(now: () => number) {
    this.#now = now
  }

  create(topic: string, { partitions = 3, config = {} }: NewTopic = {}): void {
    const invalid = topicNameError(topic)
    if (invalid) throw invalid
    if (!Number.isInteger(partitions) || partitions < 1) throw invalidTopic(topic, 'needs at least one partition')
    if (this.#topics.has(topic)) throw topicExists(topic)
    this.#topics.set(topic, {
      partitions: Array.from({ length: partitions }, () => new MemoryLog()),
      config: sortedByName(Object.entries(config)),
    })
  }

  grow(topic: string, wanted: number): void {
    const { partitions } = this.#find(topic)
    // Not `wanted <= partitions.length`, which is false for NaN.
    if (!(wanted > partitions.length)) throw partitionCountNotLarger(topic, partitions.length, wanted)
    while (partitions.length < wanted) partitions.push(new MemoryLog())
  }

  configure(topic: string, config: Readonly<Record<string, string | null>>): void {
    const found = this.#find(topic)
    found.config = sortedByName(Object.entries(changedConfig(Object.fromEntries(found.config), config)))
  }

  settings(topic: string): readonly TopicSetting[] {
    return toSettings(this.#find(topic).config)
  }

  /** Deletes the records before an offset in each of these partitions. Returns the new starts. */
  deleteRecords(topic: string, offsets: ReadonlyMap<number, bigint>): ReadonlyMap<number, bigint> {
    const { partitions, config } = this.#find(topic)
    const ranges = partitions.map(({ start, end }, partition) => ({ partition, start, end }))
    requireDeletable(topic, config, ranges, offsets)
    for (const [partition, offset] of offsets) partitions[partition]?.deleteBefore(offset)
    return new Map([...offsets.keys()].map((partition) => [partition, partitions[partition]?.start ?? 0n]))
  }

  delete(topic: string): void {
    if (!this.#topics.delete(topic)) throw topicNotFound(topic)
  }

  clear(): void {
    this.#topics.clear()
  }

  has(topic: string): boolean {
    return this.#topics.has(topic)
  }

  list(): TopicSummary[] {
    return [...this.#topics]
      .map(([topic, { partitions }]) => ({
        topic,
        partitions: partitions.length,
        replication: 1,
        internal: false,
        underReplicated: 0,
        leaderless: 0,
      }))
      .sort((a, b) => compareText(a.topic, b.topic))
  }

  describe(topic: string): TopicDescription {
    const { partitions, config } = this.#find(topic)
    const layout = partitions.map(
      (_, partition): PartitionLayout => ({ partition, leader: 0, replicas: [0], inSync: [0] }),
    )
    return { topic, partitions: partitions.length, replication: 1, internal: false, layout, config }
  }

  partitions(topic: string): readonly MemoryLog[] {
    return this.#find(topic).partitions
  }

  append(topic: string, records: readonly NewRecord[]): Position[] {
    const { partitions } = this.#find(topic)
    const positions: Position[] = []
    for (const [index, record] of records.entries()) {
      const reason = refusalOf(record, partitions.length)
      if (reason !== undefined) throw recordRefused(topic, { index, reason }, records.length, positions)
      const { key, value, headers = [], timestamp, partition } = record
      const chosen = partition ?? partitionOf(key, partitions.length) ?? this.#unkeyedCount++ % partitions.length
      const log = partitions[chosen] as MemoryLog
      const offset = log.end
      log.push({
        topic,
        partition: chosen,
        offset,
        timestamp: timestamp ?? BigInt(this.#now()),
        // Copies, because the sender may reuse its buffers.
        key: key && Uint8Array.from(key),
        value: value && Uint8Array.from(value),
        headers: headers.map(([name, bytes]) => [name, bytes && Uint8Array.from(bytes)] as const),
      })
      positions.push({ topic, partition: chosen, offset })
    }
    return positions
  }

  #find(topic: string): Topic {
    const found = this.#topics.get(topic)
    if (!found) throw topicNotFound(topic)
    return found
  }
}
