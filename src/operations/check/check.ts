import type { TopicPartition } from '../../bus/admin.ts'
import type { EventCount } from '../events/event-count.ts'

/** The four statuses of Nagios plugins. */
export type CheckStatus = 'ok' | 'warning' | 'critical' | 'unknown'

/** A measured value, with the limits it was compared with. */
export interface Measure {
  /** As in Prometheus: `lag_events`, `lag_seconds`. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  readonly unit: 's' | ''
  readonly warn?: number | undefined
  readonly max?: number | undefined
}

/** A transaction that is open in a partition. */
export interface OpenTransactionAt extends TopicPartition {
  readonly offset: bigint
  /** Milliseconds since 1970; absent where this is not known. */
  readonly since?: number | undefined
}

/** Why the age of an event is not known. */
export type NoAgeReason = 'unreadable' | 'future-timestamp' | 'no-timestamp'

/** The lag of a group, with the open transactions that hold read-committed consumers back. */
interface LagOfGroup {
  readonly group: string
  /** Waiting events; an upper bound where `counts` is `offsets`. */
  readonly lag: bigint
  readonly counts: EventCount
  readonly transactions: readonly OpenTransactionAt[]
}

/** The newest event of a topic that has an age. */
interface NewestEvent {
  readonly topic: string
  /** Seconds since it was written. */
  readonly silence: number
  /** Newer events that are dated in the future. */
  readonly aheadCount: number
}

/** A result of a check. Durations are seconds, as in measures. The sentences are in src/ui/notes/check-message.ts. */
export type CheckResult =
  /** The group is neither a reader of the topics nor has it committed on one. */
  | { readonly code: 'group-without-topics'; readonly group: string; readonly topics: readonly string[] }
  /** No group matches; without `topics`, none has such a name. */
  | { readonly code: 'no-group-matches'; readonly topics: readonly string[] }
  /** `gone` events were deleted unread; absent where none were. */
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
  /** `age` is that of the oldest waiting event. `uncommitted` are the partitions without a committed offset. */
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
  /** `partitionCount` partitions have replicas that are not in sync. */
  | { readonly code: 'replicas-out-of-sync'; readonly topic: string; readonly partitionCount: number }
  | { readonly code: 'topic-empty'; readonly topic: string; readonly transactions: readonly OpenTransactionAt[] }
  /** `unreadable` is why the newest events cannot be read, where that is the reason. */
  | {
      readonly code: 'silence-unknown'
      readonly topic: string
      readonly reason: NoAgeReason
      readonly unreadable?: string | undefined
      readonly transactions: readonly OpenTransactionAt[]
    }
  /** `unreadable` is why newer events cannot be read; absent where all can. */
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
      /** The replicas of the partition that has the fewest. */
      readonly replication: number
      /** Seconds since the newest event was written; absent where the check does not ask. */
      readonly silence?: number | undefined
      readonly aheadCount?: number | undefined
    }
  /** The check could not be made. */
  | { readonly code: 'check-failed'; readonly reason: string }

export type Finding = CheckResult & { readonly status: CheckStatus }

export interface Check {
  readonly check: string
  readonly status: CheckStatus
  /** Without `ok` findings unless the whole check is `ok`. */
  readonly findings: readonly Finding[]
  readonly measures: readonly Measure[]
}

/** Worst first. Like Nagios, a check that is unknown is worse than a warning, since it may hide something critical. */
const severity: readonly CheckStatus[] = ['critical', 'unknown', 'warning', 'ok']

/** Makes a check as bad as its worst finding. */
export function conclude(check: string, all: readonly Finding[], measures: readonly Measure[]): Check {
  const status = severity.find((worst) => all.some((finding) => finding.status === worst)) ?? 'unknown'
  const findings = status === 'ok' ? all : all.filter((finding) => finding.status !== 'ok')
  return { check, status, findings, measures }
}

/** Returns the status of a value and the limit it exceeds; `undefined` when it exceeds none. */
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
