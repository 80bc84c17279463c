import type { BusAdmin } from './admin.ts'
import type { OutageOptions } from './outage.ts'
import type { BusRecord } from './record.ts'
import type { TopicLog } from './topic-log.ts'

/** Where a consumer group without a committed offset starts: at the oldest event, or after the newest. */
export type OffsetReset = 'earliest' | 'latest'

/** A request to join a consumer group. */
export interface JoinRequest extends OutageOptions {
  readonly topics: readonly string[]
  readonly group: string
  readonly offsetReset: OffsetReset
  /** The maximum number of records in a batch. */
  readonly bufferSize: number
  /** Whether the member commits offsets: those of acknowledged records, and the start where `latest` was applied. Default: true. */
  readonly autoCommit?: boolean | undefined
}

/**
 * The port that each backend implements. On top of it, `drivers/event-bus.ts` implements decoding, acknowledgement and event
 * streams once for all backends.
 */
export interface BusDriver {
  readonly log: TopicLog
  readonly admin: BusAdmin
  /**
   * Joins a consumer group; resolves when this process is a member, perhaps before it is assigned partitions. With `latest`,
   * records appended after this resolves are delivered. Rejects with `TOPIC_NOT_FOUND` when a topic does not exist, unless
   * the bus creates topics.
   */
  join(request: JoinRequest): Promise<GroupMember>
  /** Closes members and connections. Idempotent. */
  close(): Promise<void>
}

/** The membership of this process in a consumer group. Its caller waits for each `next` before the following one. */
export interface GroupMember {
  /**
   * Waits for the next batch of a partition that this member owns; `undefined` once the member is closed. Does not wait for
   * earlier batches to be finished. Rejects with an `EventBusError` when the membership cannot continue.
   */
  next(): Promise<GroupBatch | undefined>
  /** Commits the acknowledged offsets and no others, leaves the group and ends a pending `next`. Idempotent. */
  close(): Promise<void>
}

/** Records of one partition, in offset order, that a member received. */
export interface GroupBatch {
  readonly records: readonly BusRecord[]
  /** True once the partition is assigned to another member: the remaining records must not be delivered here. */
  readonly revoked: boolean
  /**
   * Marks the records up to this index as processed. The driver commits them within its commit interval. Batches of one
   * partition must be acknowledged in the order in which `next` returned them.
   */
  acknowledge(index: number): void
  /**
   * Gives the batch back. Its unacknowledged records are delivered again, to this member or another: reading continues at the
   * first of them. So when several batches of a partition are unacknowledged, finish the newest first and the oldest last.
   */
  finish(): void
}
