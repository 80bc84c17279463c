import type { CommitDetails, GroupState, TopicPartition } from '../../bus/admin.ts'
import type { PartitionRange } from '../../bus/topic-log.ts'
import type { BusIdentity } from '../bus-identity.ts'
import type { EventCount } from '../events/event-count.ts'
import { isSameCommit } from '../offsets/commit-details.ts'
import type { Clamp, ResetNote } from './notes.ts'
import type { EventTimes, ResetSample } from './sample.ts'

/** One partition of a plan. An offset of `null` means that nothing is committed. */
export interface ResetStep extends TopicPartition, EventTimes {
  readonly from: bigint | null
  readonly to: bigint | null
  /** Metadata and leader epoch that are committed with `from`, and that will be with `to`. Absent: none. */
  readonly fromDetails?: CommitDetails | undefined
  readonly toDetails?: CommitDetails | undefined
  /** The range of the log when the plan was made; `null` when the topic does not exist. */
  readonly start: bigint | null
  readonly end: bigint | null
  /** The start of the oldest open transaction; equal to `end` without one. */
  readonly lastStable: bigint | null
  /**
   * `set`: the group has no offset yet. `forget`: it will have none. In both cases the members' own configuration decides
   * where a group without an offset begins, so no events are counted.
   */
  readonly effect: 'replay' | 'skip' | 'set' | 'forget' | 'none'
  /** Events delivered again (`replay`) or never (`skip`); an upper bound where `counts` is `offsets`. */
  readonly eventCount: bigint
  /** `offsets` where a plan does not read all records between the offsets, and some of the offsets are known to hold none. */
  readonly counts: EventCount
  /** Offsets between `from` and `to` that the log holds. */
  readonly offsetCount: bigint
  /** Why `to` is not the offset that was asked for. */
  readonly clamped: Clamp | null
}

/** What a reset would do. Plain data: a plan can be written to a file, reviewed and applied later. */
export interface ResetPlan extends ResetSample {
  readonly group: string
  readonly bus: BusIdentity
  /** The target as the user gave it, or a short description of it. */
  readonly to: string
  /** RFC 3339. */
  readonly plannedAt: string
  readonly state: GroupState
  /** Ids of the members of the group. All must leave before the plan can be applied. */
  readonly memberIds: readonly string[]
  /** Applying creates the group. */
  readonly makesGroup: boolean
  /** Applying deletes the group and all its offsets. */
  readonly removesGroup: boolean
  /** Offsets are committed even where the log does not hold them: an undo restores what was committed before. */
  readonly isExact: boolean
  readonly steps: readonly ResetStep[]
  readonly replayed: bigint
  readonly skipped: bigint
  /** `offsets` when a step has `offsets`. */
  readonly counts: EventCount
  readonly notes: readonly ResetNote[]
}

/** Returns the steps that change an offset, or the metadata or leader epoch committed with it. */
export const changesOf = ({ steps }: Pick<ResetPlan, 'steps'>): ResetStep[] =>
  steps.filter(({ from, to, fromDetails, toDetails }) => from !== to || !isSameCommit(fromDetails, toDetails))

type LogRange = Pick<PartitionRange, 'start' | 'end'>

const clampToLog = (offset: bigint, { start, end }: LogRange): bigint =>
  offset < start ? start : offset > end ? end : offset

/** Returns the offsets between two others that the log holds; `undefined` when the log holds no such offset. */
export function affectedRange(range: LogRange, from: bigint | null, to: bigint | null) {
  if (from === null || to === null) return undefined
  const [a, b] = [clampToLog(from, range), clampToLog(to, range)]
  if (a === b) return undefined
  return { from: a < b ? a : b, to: a < b ? b : a }
}

export function effectOf(from: bigint | null, to: bigint | null): ResetStep['effect'] {
  if (from === to) return 'none'
  if (from === null) return 'set'
  if (to === null) return 'forget'
  return to < from ? 'replay' : 'skip'
}

/** Sums up the events of the steps that have an effect. */
export const eventsOf = (steps: readonly ResetStep[], effect: ResetStep['effect']): bigint =>
  steps.reduce((sum, step) => (step.effect === effect ? sum + step.eventCount : sum), 0n)
