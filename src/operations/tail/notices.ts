import type { SliceNote } from '../offsets/resolve-slices.ts'

/** What a reader of `tail` learns besides the events. The sentences are in src/ui/notes/tail-notices.ts. */
export type TailNotice =
  | SliceNote
  | UnsearchedNote
  /** These topics do not exist yet. `similar` is an existing topic with a similar name; `existing` are all topics. */
  | {
      readonly code: 'topics-awaited'
      readonly topics: readonly string[]
      readonly similar?: string | undefined
      readonly existing: readonly string[]
    }
  /** New partitions of a topic, which are followed too. */
  | { readonly code: 'partitions-added'; readonly topic: string; readonly partitions: readonly number[] }

/**
 * A partition may hold events before the end time of the range that were not searched: it was read only to `offsets` offsets
 * after the first event at or after `until`, in milliseconds since 1970. `others` is the number of further such partitions.
 */
export interface UnsearchedNote {
  readonly code: 'events-not-searched'
  readonly topic: string
  readonly partition: number
  readonly others: number
  readonly offsets: bigint
  readonly until: number
}
