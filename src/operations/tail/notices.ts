import type { SliceNote } from '../offsets/resolve-slices.ts'

/** What `tail` reports besides the events. src/ui/notes/tail-notices.ts has the sentence for each code. */
export type TailNotice =
  | SliceNote
  | UnsearchedNote
  /** `tail` waits for topics that do not exist yet. `similar` is a topic with a similar name; `existing` lists all topics. */
  | {
      readonly code: 'topics-awaited'
      readonly topics: readonly string[]
      readonly similar?: string | undefined
      readonly existing: readonly string[]
    }
  /** The group has committed no offset on this partition. */
  | { readonly code: 'nothing-committed'; readonly group: string; readonly topic: string; readonly partition: number }
  /** The group has committed the end of this partition, or an offset after it, so no event waits for the group. */
  | {
      readonly code: 'group-at-end'
      readonly group: string
      readonly topic: string
      readonly partition: number
      readonly offset: bigint
    }
  /** A topic that matches a glob was created, and `tail` follows it too. */
  | { readonly code: 'topic-added'; readonly topic: string }
  /** The index finds the events with the correlation id in `indexed` offsets; `scanned` more offsets are read from the topics. */
  | { readonly code: 'index-used'; readonly indexed: bigint; readonly scanned: bigint }
  /** The index cannot be used, so that the topics are read. */
  | { readonly code: 'index-unusable'; readonly reason: string }
  /** Partitions were added to a topic, and `tail` follows them too. */
  | { readonly code: 'partitions-added'; readonly topic: string; readonly partitions: readonly number[] }

/**
 * The range ends at the time `until` (milliseconds since 1970). Events with earlier timestamps may follow the first event at or
 * after that time, but in this partition only the next `offsets` offsets were read. `others` is the number of further such
 * partitions.
 */
export interface UnsearchedNote {
  readonly code: 'events-not-searched'
  readonly topic: string
  readonly partition: number
  readonly others: number
  readonly offsets: bigint
  readonly until: number
}
