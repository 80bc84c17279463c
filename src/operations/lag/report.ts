import type { GroupState, TopicPartition } from '../../bus/admin.ts'
import type { EventCount } from '../events/event-count.ts'
import type { LagVerdict, PartitionOffsets } from './verdict.ts'

/** Rates between two snapshots. */
export interface LagRates {
  /** Events published a second, and offsets committed a second. */
  readonly in: number
  readonly out: number
  /** Milliseconds until no event waits, at these rates; absent when the lag does not shrink. */
  readonly catchUp: number | undefined
}

/** The lag of a partition, a topic or a group. */
export interface LagSummary {
  /**
   * Events that wait: the offsets from the first record at or behind the committed offset to the end; 0 without such a
   * record. Absent where the group has committed nothing or the log is gone.
   */
  readonly lag: bigint | undefined
  /** Offsets between the committed one and the log's start, whose events were deleted unread. Absent where there are none. */
  readonly gone?: bigint | undefined
  /**
   * Milliseconds since the first waiting event was written, by the record's own timestamp. Absent where no event waits, and
   * where the record has no timestamp or one in the future.
   */
  readonly age: number | undefined
  /** Absent without a sample. */
  readonly rates: LagRates | undefined
  /** Absent where one snapshot is not enough for a verdict. */
  readonly verdict: LagVerdict | undefined
}

/** A transaction that is open in a partition. */
interface OpenTransaction {
  /** Its first offset, which is the last stable offset. */
  readonly offset: bigint
  /** Timestamp of its first record in milliseconds since 1970; absent where the record has none, or one in the future. */
  readonly since: number | undefined
}

export interface PartitionLag extends LagSummary, PartitionOffsets {
  readonly partition: number
  /** The oldest open transaction, where the group has not committed beyond its start and so may be held back by it. */
  readonly transaction?: OpenTransaction | undefined
  /** Milliseconds that the first waiting event is dated ahead of the clock, where that is why there is no age. */
  readonly ahead?: number | undefined
  /** Why the first waiting event cannot be read, where that is why there is no age. */
  readonly unreadable?: string | undefined
  /** Id of the member that owns the partition; absent where no member does. */
  readonly memberId?: string | undefined
  readonly clientId?: string | undefined
  readonly host?: string | undefined
}

/** The lag of a topic or a group, with what its number counts. */
interface CountedLag extends LagSummary {
  /** `offsets` where a topic is compacted: some of the offsets that `lag` counts may hold no event. Absent without `lag`. */
  readonly counts?: EventCount | undefined
}

export interface TopicLag extends CountedLag {
  readonly topic: string
  readonly partitions: readonly PartitionLag[]
}

export interface GroupLag extends CountedLag {
  readonly group: string
  readonly state: GroupState
  readonly memberCount: number
  /** Absent where there is nothing to note. */
  readonly notes?: readonly LagNote[] | undefined
  /** Worst first. */
  readonly topics: readonly TopicLag[]
}

export interface LagReport {
  /** Milliseconds between the two snapshots, where there were two. */
  readonly sample: number | undefined
  /** Worst first. */
  readonly groups: readonly GroupLag[]
}

/** What the figures of a group do not show. The sentences are in src/ui/notes/lag-notes.ts. */
export type LagNote =
  /** `offset` and `since` are those of the oldest open transaction of the partition. */
  | ({ readonly code: 'open-transaction' } & TopicPartition & OpenTransaction)
  /** `gone` events before the log's start were deleted before the group read them. `lag` does not count them. */
  | { readonly code: 'deleted-unread'; readonly gone: bigint; readonly partitions: readonly TopicPartition[] }
  /** The topics are compacted, so their lag is an upper bound of the events that wait. */
  | { readonly code: 'offsets-counted'; readonly topics: readonly string[] }
  /** The first waiting event is dated in the future, so it has no age. */
  | { readonly code: 'first-event-in-future'; readonly partitions: readonly TopicPartition[] }
  /** The first waiting event cannot be read, so it has no age. */
  | ({ readonly code: 'first-event-unreadable'; readonly reason: string } & TopicPartition)
