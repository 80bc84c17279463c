import type { CommitDetails, GroupState, TopicPartition } from '../../bus/admin.ts'
import type { PartitionRange } from '../../bus/topic-log.ts'
import type { BusIdentity } from '../bus-identity.ts'
import type { EventCount } from '../events/event-count.ts'
import { isSameCommit } from '../offsets/commit-details.ts'
import type { Clamp, ResetNote } from './notes.ts'
import type { EventTimes, ResetSample } from './sample.ts'

/**
 * The change of the committed offset of one partition, `from` one offset `to` another. `null` means that no offset is committed.
 */
export interface ResetStep extends TopicPartition, EventTimes {
  readonly from: bigint | null
  readonly to: bigint | null
  /** The metadata and leader epoch that are committed with `from`, and those to commit with `to`. Absent: none. */
  readonly fromDetails?: CommitDetails | undefined
  readonly toDetails?: CommitDetails | undefined
  /** The start and the high watermark of the log when the plan was made; `null` if the partition does not exist. */
  readonly start: bigint | null
  readonly end: bigint | null
  /** The start of the oldest open transaction; equal to `end` if no transaction is open. */
  readonly lastStable: bigint | null
  /**
   * `replay`: the offset moves back. `skip`: it moves forward. `set`: the group has no offset yet. `forget`: the offset is
   * deleted. Where a group without an offset begins depends on the configuration of its members, so `set` and `forget` count no
   * events.
   */
  readonly effect: 'replay' | 'skip' | 'set' | 'forget' | 'none'
  /** Number of events that are delivered again (`replay`) or never (`skip`); an upper bound if `counts` is `offsets`. */
  readonly eventCount: bigint
  /** `offsets` if not all records were read to make the plan, and some of the offsets are likely to hold none. */
  readonly counts: EventCount
  /** Number of offsets between `from` and `to` that the log holds. */
  readonly offsetCount: bigint
  /** Why `to` is not the requested offset; `null` if it is. */
  readonly clamped: Clamp | null
}

/** What a reset will do. A plan is plain data, so that it can be written to a file, reviewed and applied later. */
export interface ResetPlan extends ResetSample {
  readonly group: string
  readonly bus: BusIdentity
  /** The target as the user gave it, or a short description of the target. */
  readonly to: string
  /** RFC 3339. */
  readonly plannedAt: string
  readonly state: GroupState
  /** Ids of the members of the group. All must leave before the plan can be applied. */
  readonly memberIds: readonly string[]
  /** Whether applying the plan creates the group. */
  readonly makesGroup: boolean
  /** Whether applying the plan deletes the group and all its offsets. */
  readonly removesGroup: boolean
  /** Whether offsets outside the log are committed too. True for an undo, which restores exactly what was committed before. */
  readonly isExact: boolean
  readonly steps: readonly ResetStep[]
  /** Sums of the events of the steps. */
  readonly replayed: bigint
  readonly skipped: bigint
  /** `offsets` if a step has `offsets`. */
  readonly counts: EventCount
  readonly notes: readonly ResetNote[]
}

/** Returns the steps that change an offset, or the metadata or leader epoch committed with it. */
export const changesOf = ({ steps }: Pick<ResetPlan, 'steps'>): ResetStep[] =>
  steps.filter(({ from, to, fromDetails, toDetails }) => from !== to || !isSameCommit(fromDetails, toDetails))

type LogRange = Pick<PartitionRange, 'start' | 'end'>

const clampToLog = (offset: bigint, { start, end }: LogRange): bigint =>
  offset < start ? start : offset > end ? end : offset

/** Returns the range between two offsets, limited to the log; `undefined` if it is empty or one of the offsets is `null`. */
export function affectedRange(range: LogRange, from: bigint | null, to: bigint | null) {
  if (from === null || to === null) return undefined
  const [a, b] = [clampToLog(from, range), clampToLog(to, range)]
  if (a === b) return undefined
  return { from: a < b ? a : b, to: a < b ? b : a }
}

/** Returns the effect of moving a committed offset. */
export function effectOf(from: bigint | null, to: bigint | null): ResetStep['effect'] {
  if (from === to) return 'none'
  if (from === null) return 'set'
  if (to === null) return 'forget'
  return to < from ? 'replay' : 'skip'
}

/** Sums up the events of the steps with the given effect. */
export const eventsOf = (steps: readonly ResetStep[], effect: ResetStep['effect']): bigint =>
  steps.reduce((sum, step) => (step.effect === effect ? sum + step.eventCount : sum), 0n)
