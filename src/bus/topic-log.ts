import type { OutageOptions } from './outage.ts'
import type { BusRecord, NewRecord, Position } from './record.ts'

/** The range of the offsets of a partition. */
export interface PartitionRange {
  readonly partition: number
  /** The offset of the oldest record; `end` when the partition is empty. */
  readonly start: bigint
  /**
   * The offset of the next record: the high watermark, up to which a consumer with `isolation.level=read_uncommitted` reads.
   */
  readonly end: bigint
  /**
   * The last stable offset: the first offset of the oldest open transaction. Readers of committed records, such as every
   * crbus subscription, read up to it. Absent: no transaction is open, so it equals `end`.
   */
  readonly lastStable?: bigint | undefined
}

/** The offset up to which a reader of committed records reads. */
export const stableEndOf = ({ end, lastStable = end }: Pick<PartitionRange, 'end' | 'lastStable'>): bigint => lastStable

/** A range of offsets of one partition to read. */
export interface LogSlice {
  readonly topic: string
  readonly partition: number
  /** The first offset to read. When it is already deleted, reading starts at the oldest offset that remains. */
  readonly from: bigint
  /** The offset after the last one to read. Absent: follow the partition until the reader stops. */
  readonly to?: bigint | undefined
}

/**
 * Reads and appends records of topics without joining a consumer group. Reading changes nothing that a service can see.
 *
 * Every method rejects with an `EventBusError`: `TOPIC_NOT_FOUND` when the topic does not exist, `CONNECTION_FAILED`
 * or `TRANSPORT_ERROR` when the bus cannot be reached.
 *
 * @example
 * ```ts
 * import { InMemoryEventBus, type TopicLog } from 'crbus'
 *
 * async function countRecords(log: TopicLog, topic: string): Promise<number> {
 *   const ranges = await log.ranges(topic)
 *   const slices = ranges.map(({ partition, start, end }) => ({ topic, partition, from: start, to: end }))
 *   let count = 0
 *   for await (const batch of log.read(slices)) count += batch.length
 *   return count
 * }
 *
 * await using bus = new InMemoryEventBus({ createTopics: true })
 * await bus.log.append('order-events', [{ key: null, value: Buffer.from('{"order_id":"o-1"}') }])
 * await countRecords(bus.log, 'order-events') // => 1
 * ```
 */
export interface TopicLog {
  /**
   * Appends records, in order within each partition, and resolves with their positions, in the order given, once they
   * are as durable as the bus was configured for. An empty list appends nothing. Offsets are -1n where the bus does not
   * report them (Kafka with acks 0).
   *
   * Stops at the first record that fails: the records before it are appended if the bus can be reached, the records after
   * it are not, except those already sent to other partitions. Rejects then with an `AppendError`, which says for each record
   * whether it was appended, was refused, or may have been appended. After any other `EventBusError`, no record was appended.
   */
  append(topic: string, records: readonly NewRecord[]): Promise<readonly Position[]>

  /** Returns the range of every partition of the topic, sorted by partition. */
  ranges(topic: string): Promise<readonly PartitionRange[]>

  /**
   * Returns the ranges of several topics at once; topics that do not exist are absent. The number of requests grows with the
   * brokers, not with topics or partitions.
   */
  rangesOf(topics: readonly string[]): Promise<ReadonlyMap<string, readonly PartitionRange[]>>

  /**
   * Returns the first record of each slice, in the order given; `undefined` when the slice is empty or the topic does not
   * exist. Does not wait for records. The number of requests depends on the number of brokers; a large
   * record takes further ones.
   * For `isolation`, see {@link ReadOptions}.
   */
  firstRecords(slices: readonly LogSlice[], isolation?: Isolation): Promise<readonly (BusRecord | undefined)[]>

  /**
   * Returns for each partition the offset of the first record whose timestamp is at least `timestamp` (milliseconds), or the
   * end of the partition when no record is that recent. Includes records of open transactions.
   */
  offsetsAt(topic: string, timestamp: bigint): Promise<ReadonlyMap<number, bigint>>

  /**
   * Reads slices in batches. A batch holds records of one partition in offset order; batches of different partitions
   * come in any order. Ends when every slice with a `to` has been read; offsets that compaction or an aborted
   * transaction left empty count as read. When `to` is after the last stable offset, waits for the open transaction to end,
   * unless uncommitted records are read. When a slice has no `to`, ends without an error when `signal` aborts. Fetches only
   * as the reader asks for batches, plus at most about one prefetched batch per partition.
   */
  read(slices: readonly LogSlice[], options?: ReadOptions): AsyncIterable<readonly BusRecord[]>
}

/**
 * Which records of transactions are read, as Kafka's `isolation.level`. `committed`: only records of committed
 * transactions, up to the first open one. `uncommitted`: all records, up to the high watermark.
 */
export type Isolation = 'committed' | 'uncommitted'

/** Options of `TopicLog.read`. */
export interface ReadOptions extends OutageOptions {
  /** Ends the read without an error. */
  readonly signal?: AbortSignal | undefined
  /** Default `committed`. On buses without transactions, all records are committed. */
  readonly isolation?: Isolation | undefined
}
