import type { GroupState, TopicPartition } from '../../bus/admin.ts'
import type { EventCount } from '../events/event-count.ts'
import type { LagVerdict, PartitionOffsets } from './verdict.ts'

/** Rates between two snapshots. */
export interface LagRates {
  /** Offsets written per second. */
  readonly in: number
  /** Offsets committed per second. */
  readonly out: number
  /** Milliseconds until no event waits, at these rates; absent if the lag does not shrink. */
  readonly catchUp: number | undefined
}

/** The lag of a partition, a topic or a group. */
export interface LagSummary {
  /**
   * Number of waiting events: the offsets from the first record at or after the committed offset to the end of the log; 0 if
   * there is no such record. Absent if the group has committed nothing or the log is gone.
   */
  readonly lag: bigint | undefined
  /** Offsets from the committed one to the start of the log, whose events were deleted unread. Absent if there are none. */
  readonly gone?: bigint | undefined
  /**
   * Milliseconds since the timestamp of the first waiting event. Absent if no event waits, if the event has no timestamp or one
   * in the future, or if the event cannot be read.
   */
  readonly age: number | undefined
  /** Absent if only one snapshot was taken. */
  readonly rates: LagRates | undefined
  /** Absent if one snapshot is not enough for a verdict. */
  readonly verdict: LagVerdict | undefined
}

/** A transaction that is open in a partition. */
interface OpenTransaction {
  /** The first offset of the transaction, which is the last stable offset of the partition. */
  readonly offset: bigint
  /** Timestamp of the first record in milliseconds since 1970; absent if the record has none, or one in the future. */
  readonly since: number | undefined
}

export interface PartitionLag extends LagSummary, PartitionOffsets {
  readonly partition: number
  /** The oldest open transaction. Absent if the group has committed beyond its start, so that it does not hold the group back. */
  readonly transaction?: OpenTransaction | undefined
  /** By how many milliseconds the first waiting event is dated in the future; absent if that is not why `age` is absent. */
  readonly ahead?: number | undefined
  /** Why the first waiting event cannot be read; absent if it can be read. */
  readonly unreadable?: string | undefined
  /** Id of the member that reads the partition; absent if no member does. */
  readonly memberId?: string | undefined
  readonly clientId?: string | undefined
  readonly host?: string | undefined
}

/** The lag of a topic or a group, which may be an upper bound. */
interface CountedLag extends LagSummary {
  /** `offsets`: a topic is compacted, so some of the offsets that `lag` counts may hold no event. Absent without `lag`. */
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
  /** Absent if there are no notes. */
  readonly notes?: readonly LagNote[] | undefined
  /** Worst first. */
  readonly topics: readonly TopicLag[]
}

export interface LagReport {
  /** Milliseconds between the two snapshots; absent if there was only one. */
  readonly sample: number | undefined
  /** Worst first. */
  readonly groups: readonly GroupLag[]
}

/** What the numbers of a group do not show. src/ui/notes/lag-notes.ts has the sentence for each code. */
export type LagNote =
  /** The oldest open transaction of the partition, which may hold the group back. */
  | ({ readonly code: 'open-transaction' } & TopicPartition & OpenTransaction)
  /** `gone` is the number of events that were deleted before the group read them. `lag` does not count them. */
  | { readonly code: 'deleted-unread'; readonly gone: bigint; readonly partitions: readonly TopicPartition[] }
  /** The partitions hold events, and the group has committed nothing there. `lag` does not count these events. */
  | { readonly code: 'never-committed'; readonly partitions: readonly TopicPartition[] }
  /** The topics are compacted, so their lag is an upper bound of the events that wait. */
  | { readonly code: 'offsets-counted'; readonly topics: readonly string[] }
  /** The first waiting event is dated in the future, so it has no age. */
  | { readonly code: 'first-event-in-future'; readonly partitions: readonly TopicPartition[] }
  /** The first waiting event cannot be read, so it has no age. */
  | ({ readonly code: 'first-event-unreadable'; readonly reason: string } & TopicPartition)
