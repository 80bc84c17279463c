import type { OutageOptions } from './outage.ts'
import type { BusRecord, NewRecord, Position } from './record.ts'

/** The offsets of a partition: `start` is the offset of its oldest record, `end` that of the next record. */
export interface PartitionRange {
  readonly partition: number
  readonly start: bigint
  /** The high watermark: what a consumer with `isolation.level=read_uncommitted` reads up to. */
  readonly end: bigint
  /**
   * The last stable offset: where the oldest open transaction begins. A reader of committed records, as every crbus
   * subscription is, reads up to here. Absent: no transaction is open, and it is `end`.
   */
  readonly lastStable?: bigint | undefined
}

/** Where a reader of committed records stops. */
export const stableEndOf = ({ end, lastStable = end }: Pick<PartitionRange, 'end' | 'lastStable'>): bigint => lastStable

/** A range of offsets of one partition to read. */
export interface LogSlice {
  readonly topic: string
  readonly partition: number
  /** First offset wanted. One that is already deleted means the oldest that is left. */
  readonly from: bigint
  /** First offset no longer wanted. Absent: follow the partition until the reader stops. */
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
   * Stops at the first record that fails: the records before it are appended where the bus can be reached, those behind
   * it are not, except those that were already on their way to other partitions. Rejects then with an `AppendError`,
   * which says of each record whether it was appended, was refused, or may have been appended; with
   * any other `EventBusError`, nothing was appended.
   */
  append(topic: string, records: readonly NewRecord[]): Promise<readonly Position[]>

  /** Every partition of the topic with its range, sorted by partition. */
  ranges(topic: string): Promise<readonly PartitionRange[]>

  /**
   * The same of several topics at once; topics that do not exist are absent. What it costs grows with brokers, not with
   * topics or partitions.
   */
  rangesOf(topics: readonly string[]): Promise<ReadonlyMap<string, readonly PartitionRange[]>>

  /**
   * The first record of each slice, in the order given; `undefined` where there is none, the topic included. Waits for
   * nothing. What it costs grows with brokers, as long as records are small. `isolation` is that of {@link ReadOptions}.
   */
  firstRecords(slices: readonly LogSlice[], isolation?: Isolation): Promise<readonly (BusRecord | undefined)[]>

  /**
   * For each partition, the offset of the first record whose timestamp is at least `timestamp` (milliseconds), or the
   * partition's end when there is none. Records of open transactions count.
   */
  offsetsAt(topic: string, timestamp: bigint): Promise<ReadonlyMap<number, bigint>>

  /**
   * Reads slices in batches. A batch holds records of one partition in offset order; batches of different partitions
   * come in any order. Ends when every slice with a `to` has been read (offsets that compaction or an aborted
   * transaction left empty count as read). A `to` behind the last stable offset waits for the open transaction to end,
   * unless uncommitted records are read. With a following slice, ends when `signal` aborts, without an error.
   * Fetches no further than the reader has come back for, give or take one prefetched batch a partition.
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
  readonly signal?: AbortSignal | undefined
  /** Default `committed`. Buses without transactions hold no others. */
  readonly isolation?: Isolation | undefined
}
