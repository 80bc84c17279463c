import type { TopicPartition } from '../../bus/admin.ts'

// Notes on a plan, as data. src/ui/notes/reset-notes.ts has the sentence for each code.

/** A sentence from a plan file of version 1, in which notes had no codes. */
interface LegacyText {
  readonly code: 'legacy-text'
  readonly text: string
}

/** Why a step does not go to the requested offset. */
export type Clamp =
  /** The record at `wanted` was deleted, or `wanted` is below 0. */
  | { readonly code: 'before-log-start'; readonly wanted: bigint }
  | { readonly code: 'beyond-log-end'; readonly wanted: bigint }
  /** No event has a timestamp at or after the requested time. */
  | { readonly code: 'time-after-last-event' }
  | LegacyText

/** What a plan cannot change, or a consequence that its steps do not show. */
export type ResetNote =
  | { readonly code: 'topic-missing'; readonly topic: string }
  /** The topic does not exist, so the undo cannot restore its offsets. */
  | { readonly code: 'undo-topic-missing'; readonly topic: string }
  | ({ readonly code: 'partition-missing' } & TopicPartition)
  /**
   * `source`, the group or file that the offsets come from, has no offset for this partition, which therefore does not change.
   */
  | ({ readonly code: 'no-offset-in-source'; readonly source: string } & TopicPartition)
  /** `batchCount` batches of the partition cannot be read. `reason` says why the first of them cannot. */
  | ({ readonly code: 'unreadable-records'; readonly reason: string; readonly batchCount: number } & TopicPartition)
  /** `gone` events from the committed offset to the start of the log were deleted before the group read them. */
  | ({
      readonly code: 'committed-outside-log'
      readonly committed: bigint
      readonly start: bigint
      readonly end: bigint
      readonly gone: bigint
    } & TopicPartition)
  /** `to` is after the start of an open transaction, `lastStable`, so read-committed consumers miss events of the transaction. */
  | ({ readonly code: 'skips-open-transaction'; readonly to: bigint; readonly lastStable: bigint } & TopicPartition)
  /** The commit metadata stays with the moved offsets. Some clients read a position from it. */
  | { readonly code: 'metadata-kept'; readonly partitions: readonly TopicPartition[] }
  /** The offset has changed since the undo record was saved. `null`: no offset is committed. */
  | ({ readonly code: 'moved-since'; readonly from: bigint | null; readonly to: bigint | null } & TopicPartition)
  | LegacyText
