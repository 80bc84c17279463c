import { type CheckedBatches, unreadable } from '../records/check-batches.ts'

/** How long empty answers are not believed, because the broker may still be loading the records from tiered storage. */
const EMPTY_GRACE_MS = 3000
/** How many invalid answers in a row end a read: damage in transit passes, so the broker must have stored invalid bytes. */
export const MAX_ATTEMPTS = 3

/** The position of a reader in one partition. To seek, replace the cursor: then answers for the old cursor are ignored. */
export interface Cursor {
  readonly topic: string
  readonly partition: number
  /** The offset at which reading ends (exclusive). */
  readonly to?: bigint | undefined
  next: bigint
  /** Since when answers have been empty although records should exist. By `performance.now()`. */
  emptySince?: number | undefined
  /** Since when `next` has been beyond the end of the log. By `performance.now()`. */
  beyondSince?: number | undefined
  /** The offset after the last batch that was read: a later batch must not begin before it. */
  readTo?: bigint | undefined
  /** How many answers in a row held no valid batch. */
  refusals?: number | undefined
}

/** Whether the cursor has reached its end. Always false for a cursor without an end. */
export const isRead = ({ next, to }: Cursor): boolean => to !== undefined && next >= to

/** Whether a bounded read has received empty answers for so long that the partition probably has no more records. */
export const isPresumedEmpty = ({ to, emptySince }: Cursor): boolean =>
  to !== undefined && emptySince !== undefined && performance.now() - emptySince > EMPTY_GRACE_MS

/** Moves the cursor to the offset after the valid batches of an answer. */
export function advance(cursor: Cursor, next: bigint): void {
  cursor.next = next
  cursor.readTo = next
  cursor.refusals = undefined
}

/**
 * Counts an answer without a valid batch, and throws at the third in a row, which is not damage in transit. `isFirst`: whether
 * the answer is for the first partition with records, which gets at least one whole batch.
 */
export function countRefusal(cursor: Cursor, rest: CheckedBatches['rest'], isFirst: boolean): void {
  if (rest === 'cut' && !isFirst) return
  cursor.refusals = (cursor.refusals ?? 0) + 1
  if (cursor.refusals < MAX_ATTEMPTS) return
  const { topic, partition, next } = cursor
  throw unreadable(rest, { topic, partition, offset: next })
}

/**
 * Whether an answer without batches lacks records that should exist below `end`, the last stable offset or, for uncommitted
 * reads, the high watermark.
 *
 * @param isEmpty Whether the answer has no batches of any partition.
 * @param isAlone Whether the request was for this partition only.
 */
export function lacksRecords(cursor: Cursor, end: bigint, isEmpty: boolean, isAlone: boolean): boolean {
  cursor.beyondSince = undefined
  if (!isEmpty || cursor.next >= end) {
    cursor.emptySince = undefined
    return false
  }
  // Usually the broker was short of memory, is still loading old records from tiered storage, or the records arrived while it
  // answered. But compaction may have removed all records up to `end`. A read with an end would then wait forever, so after some
  // time it requests the partition alone, and counts the offsets as read if the answer is still empty.
  if (isAlone && isPresumedEmpty(cursor)) cursor.next = end
  else cursor.emptySince ??= performance.now()
  return true
}
