import type { GroupState, TopicPartition } from '../../bus/admin.ts'
import type { EventCount } from '../events/event-count.ts'
import type { LagVerdict } from '../lag/verdict.ts'

/** The four statuses of Nagios plugins. */
export type CheckStatus = 'ok' | 'warning' | 'critical' | 'unknown'

/** A measured value, with the limits it was compared with. */
export interface Measure {
  /** In the style of Prometheus, such as `lag_events` or `lag_seconds`. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  /** Seconds, or empty for a number of things. */
  readonly unit: 's' | ''
  /** The limits of the check in the same unit; absent if the check has none. */
  readonly warn?: number | undefined
  readonly max?: number | undefined
  /** Critical below this value; absent if the check has no such limit. */
  readonly min?: number | undefined
}

/** The condition of the group that decided the status of a check. */
export interface WorstGroup {
  readonly group: string
  readonly state: GroupState
  readonly memberCount: number
  /** Absent if the measurements do not allow a verdict. */
  readonly verdict?: LagVerdict | undefined
}

/** A transaction that is open in a partition. */
export interface OpenTransactionAt extends TopicPartition {
  /** The first offset of the transaction. Read-committed consumers stop there. */
  readonly offset: bigint
  /** Timestamp of the first record in milliseconds since 1970; absent if it is not known. */
  readonly since?: number | undefined
}

/** Why the age of an event is not known: the event cannot be read, is dated in the future, or has no timestamp. */
export type NoAgeReason = 'unreadable' | 'future-timestamp' | 'no-timestamp'

/** The lag of a group, with the open transactions that hold read-committed consumers back. */
interface LagOfGroup {
  readonly group: string
  /** Number of waiting events; an upper bound if `counts` is `offsets`. */
  readonly lag: bigint
  readonly counts: EventCount
  readonly transactions: readonly OpenTransactionAt[]
}

/** The newest event of a topic among those with a known age. */
interface NewestEvent {
  readonly topic: string
  /** Seconds since the event was written. */
  readonly silence: number
  /** Number of events that are dated in the future, so that their age is not known. */
  readonly aheadCount: number
}

/** A result of a check. Durations are in seconds. src/ui/notes/check-message.ts has the sentence for each code. */
export type CheckResult =
  /** The group has no committed offset on the topics, and none of its members reads them. */
  | { readonly code: 'group-without-topics'; readonly group: string; readonly topics: readonly string[] }
  /** No group matches the requested names and topics. `topics` is empty if the request names no topics. */
  | { readonly code: 'no-group-matches'; readonly topics: readonly string[] }
  /** `gone` is the number of events that were deleted before the group read them; absent if there are none. */
  | {
      readonly code: 'committed-outside-log'
      readonly group: string
      readonly partitions: readonly TopicPartition[]
      readonly gone?: bigint | undefined
    }
  | { readonly code: 'never-committed'; readonly group: string }
  | ({ readonly code: 'lag-above-limit'; readonly limit: number } & LagOfGroup)
  | ({ readonly code: 'age-above-limit'; readonly age: number; readonly limit: number } & Omit<
      LagOfGroup,
      'lag' | 'counts'
    >)
  | {
      readonly code: 'age-unknown'
      readonly group: string
      readonly partitions: readonly TopicPartition[]
      readonly reason: NoAgeReason
    }
  /** Events wait and the group has no member that could read them. */
  | ({ readonly code: 'group-without-members' } & Pick<LagOfGroup, 'group' | 'lag' | 'counts'>)
  | { readonly code: 'too-few-members'; readonly group: string; readonly memberCount: number; readonly limit: number }
  | {
      readonly code: 'verdict-worse-than-limit'
      readonly group: string
      readonly verdict: LagVerdict
      readonly limit: LagVerdict
    }
  /** The check has a limit for the verdict, and the measurements do not allow one. */
  | { readonly code: 'verdict-unknown'; readonly group: string }
  /** `age` is the age of the oldest waiting event. `uncommitted` lists the partitions without a committed offset. */
  | ({
      readonly code: 'lag-within-limits'
      readonly age?: number | undefined
      readonly uncommitted: readonly TopicPartition[]
    } & LagOfGroup)
  | { readonly code: 'topic-missing'; readonly topic: string }
  | {
      readonly code: 'partitions-differ' | 'replication-differs'
      readonly topic: string
      readonly is: number
      readonly expected: number
    }
  /** `partitionCount` is the number of partitions with replicas that are not in sync. */
  | { readonly code: 'replicas-out-of-sync'; readonly topic: string; readonly partitionCount: number }
  | { readonly code: 'topic-empty'; readonly topic: string; readonly transactions: readonly OpenTransactionAt[] }
  /** `unreadable` says why the newest events cannot be read; absent if `reason` is another one. */
  | {
      readonly code: 'silence-unknown'
      readonly topic: string
      readonly reason: NoAgeReason
      readonly unreadable?: string | undefined
      readonly transactions: readonly OpenTransactionAt[]
    }
  /** `unreadable` says why events that may be newer cannot be read; absent if all events can be read. */
  | ({
      readonly code: 'silence-above-limit'
      readonly limit: number
      readonly unreadable?: string | undefined
      readonly transactions: readonly OpenTransactionAt[]
    } & NewestEvent)
  | {
      readonly code: 'topic-as-expected'
      readonly topic: string
      readonly partitionCount: number
      /** Number of replicas of the partition with the fewest replicas. */
      readonly replication: number
      /** Seconds since the newest event was written; absent if the check has no limit for it. */
      readonly silence?: number | undefined
      readonly aheadCount?: number | undefined
    }
  /** The check could not be made, for example because the bus does not answer. */
  | { readonly code: 'check-failed'; readonly reason: string }

/** A result and how bad it is. */
export type Finding = CheckResult & { readonly status: CheckStatus }

export interface Check {
  /** What was checked: `lag` or `topic`. */
  readonly check: string
  readonly status: CheckStatus
  /** Without `ok` findings unless the whole check is `ok`. */
  readonly findings: readonly Finding[]
  readonly measures: readonly Measure[]
  /** Absent if the check is not about groups, or measured none. */
  readonly worst?: WorstGroup | undefined
}

/** Worst first. `unknown` is worse than `warning`, because it may hide a critical problem. */
const severity: readonly CheckStatus[] = ['critical', 'unknown', 'warning', 'ok']

/** Builds the result of a check. Its status is that of its worst finding. */
export function conclude(check: string, all: readonly Finding[], measures: readonly Measure[]): Check {
  const status = severity.find((candidate) => all.some((finding) => finding.status === candidate)) ?? 'unknown'
  const findings = status === 'ok' ? all : all.filter((finding) => finding.status !== 'ok')
  return { check, status, findings, measures }
}

/** Returns the limit that a value exceeds, with the status that follows; `undefined` if the value exceeds no limit. */
export function exceeded(
  value: number,
  { warn, max }: { readonly warn?: number | undefined; readonly max?: number | undefined },
): { readonly status: 'critical' | 'warning'; readonly limit: number } | undefined {
  if (max !== undefined && value > max) return { status: 'critical', limit: max }
  if (warn !== undefined && value > warn) return { status: 'warning', limit: warn }
  return undefined
}

export const inSeconds = (milliseconds: number | undefined): number | undefined =>
  milliseconds === undefined ? undefined : milliseconds / 1000
