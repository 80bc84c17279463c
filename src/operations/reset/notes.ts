import type { TopicPartition } from '../../bus/admin.ts'

// What a plan has to say besides its steps, as data. The sentences are in src/ui/notes/reset-notes.ts.

/** Text of a plan file of version 1, which held sentences instead of codes. */
interface LegacyText {
  readonly code: 'legacy-text'
  readonly text: string
}

/** Why a step does not go to the offset that was asked for. */
export type Clamp =
  /** `wanted` was deleted already, or lies before offset 0. */
  | { readonly code: 'before-log-start'; readonly wanted: bigint }
  | { readonly code: 'beyond-log-end'; readonly wanted: bigint }
  /** No event has a timestamp at or after the time that was asked for. */
  | { readonly code: 'time-after-last-event' }
  | LegacyText

export type ResetNote =
  | { readonly code: 'topic-missing'; readonly topic: string }
  /** As `topic-missing`, in an undo: the offsets cannot be restored. */
  | { readonly code: 'undo-topic-missing'; readonly topic: string }
  | ({ readonly code: 'partition-missing' } & TopicPartition)
  /** The group or file that offsets are taken from has none for this partition, which is left as it is. */
  | ({ readonly code: 'no-offset-in-source'; readonly source: string } & TopicPartition)
  /** `reason` is why the first batch of the partition cannot be read, of `batchCount` that cannot. */
  | ({ readonly code: 'unreadable-records'; readonly reason: string; readonly batchCount: number } & TopicPartition)
  /** `gone` events between the committed offset and the log's start were deleted unread. */
  | ({
      readonly code: 'committed-outside-log'
      readonly committed: bigint
      readonly start: bigint
      readonly end: bigint
      readonly gone: bigint
    } & TopicPartition)
  /** `to` lies behind the start of a transaction, `lastStable`, so read-committed consumers miss its events. */
  | ({ readonly code: 'skips-open-transaction'; readonly to: bigint; readonly lastStable: bigint } & TopicPartition)
  /** Commit metadata stays with moved offsets; some clients read a position from it. */
  | { readonly code: 'metadata-kept'; readonly partitions: readonly TopicPartition[] }
  /** The offset has changed since the undo record was saved; `null`: none is committed. */
  | ({ readonly code: 'moved-since'; readonly from: bigint | null; readonly to: bigint | null } & TopicPartition)
  | LegacyText
