import type { BusAdmin } from './admin.ts'
import type { OutageOptions } from './outage.ts'
import type { BusRecord } from './record.ts'
import type { TopicLog } from './topic-log.ts'

/** Where a consumer group without a committed offset begins: at the oldest event, or after the newest. */
export type OffsetReset = 'earliest' | 'latest'

export interface JoinRequest extends OutageOptions {
  readonly topics: readonly string[]
  readonly group: string
  readonly offsetReset: OffsetReset
  /** The most records one batch may hold. */
  readonly bufferSize: number
}

/**
 * What a backend provides; everything a subscriber sees (decoding, acknowledgement, the event stream) is built once
 * over it in `drivers/event-bus.ts`.
 */
export interface BusDriver {
  readonly log: TopicLog
  readonly admin: BusAdmin
  /**
   * Joins a consumer group; resolves when this member is in it (its partitions may still be on their way).
   * With `latest`, records appended after this resolves are delivered. Rejects with `TOPIC_NOT_FOUND` when a topic does
   * not exist, unless the bus creates topics.
   */
  join(request: JoinRequest): Promise<GroupMember>
  /** Closes members and connections. Idempotent. */
  close(): Promise<void>
}

/** This process's place in a consumer group. Used by one reader, one call at a time. */
export interface GroupMember {
  /**
   * The next batch of a partition that this member owns. Waits for one; `undefined` once the member is closed. Earlier
   * batches may be unfinished. Rejects with an `EventBusError` when the group cannot go on.
   */
  next(): Promise<GroupBatch | undefined>
  /** Commits what was acknowledged and nothing more, leaves the group, ends a waiting `next`. Idempotent. */
  close(): Promise<void>
}

/** Records of one partition, in offset order, handed to a member. */
export interface GroupBatch {
  readonly records: readonly BusRecord[]
  /** True from the moment the partition belongs to somebody else: what is left must not be delivered here. */
  readonly revoked: boolean
  /**
   * The record at this index, and all before it, were processed. Committed within the driver's commit interval. Of one
   * partition, batches are acknowledged in the order they were handed out.
   */
  acknowledge(index: number): void
  /**
   * No more of this batch will be taken. What was not acknowledged is delivered again, here or elsewhere. Of several
   * unacknowledged batches of a partition, the newest is finished first.
   */
  finish(): void
}
