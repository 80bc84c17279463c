import type { CommitDetails, GroupState, TopicPartition } from '../../bus/admin.ts'
import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { type PartitionRange, stableEndOf } from '../../bus/topic-log.ts'
import type { EventCount } from '../events/event-count.ts'
import { leftOutReasons } from '../events/read-over.ts'
import { isSameCommit } from '../offsets/commit-details.ts'
import { type ResetSample, type StretchTimes, sampleStretches } from './sample.ts'

/** One partition of a plan. `null` is "nothing committed". */
export interface ResetStep extends TopicPartition, StretchTimes {
  readonly from: bigint | null
  readonly to: bigint | null
  /** Metadata and leader epoch that are committed with `from`, and that will be with `to`. Absent: none. */
  readonly fromDetails?: CommitDetails | undefined
  readonly toDetails?: CommitDetails | undefined
  /** What the log held when the plan was made; `null` when the topic is gone. */
  readonly start: bigint | null
  readonly end: bigint | null
  /** Where the oldest open transaction begins: `end` without one. */
  readonly lastStable: bigint | null
  /** `set` and `forget`: where the group would begin, or begin then, is for its members to say. */
  readonly effect: 'replay' | 'skip' | 'set' | 'forget' | 'none'
  /** Events delivered again, or never; at most so many where `counts` is `offsets`. */
  readonly events: bigint
  /** `offsets` where there are more than a plan reads, and some hold no event as far as it has read or been told. */
  readonly counts: EventCount
  /** Offsets between `from` and `to` that the log holds. */
  readonly offsets: bigint
  /** Why `to` is not what was asked for. */
  readonly clamped: string | null
}

/** Which bus, so that a plan or an undo is not applied to another one. */
export interface BusIdentity {
  readonly kind: string
  readonly clusterId: string
}

/** What a reset would do. Plain data: it can be written to a file, looked over and applied later. */
export interface ResetPlan extends ResetSample {
  readonly group: string
  readonly bus: BusIdentity
  /** As asked for, in words. */
  readonly to: string
  /** Milliseconds since 1970. */
  readonly plannedAt: number
  readonly state: GroupState
  /** Who is in the group, and must leave before it can be applied. */
  readonly members: readonly string[]
  /** Applying makes the group. */
  readonly makesGroup: boolean
  /** Applying deletes the group and all it has committed. */
  readonly removesGroup: boolean
  /** Offsets are set as they are, even where the log holds nothing: they were there before. */
  readonly isExact: boolean
  readonly steps: readonly ResetStep[]
  readonly replayed: bigint
  readonly skipped: bigint
  /** `offsets` when those of a step are. */
  readonly counts: EventCount
  /** What else to know, a sentence each. */
  readonly notes: readonly string[]
}

/** Steps that change something: an offset, or what is committed with it. */
export const changesOf = ({ steps }: Pick<ResetPlan, 'steps'>): ResetStep[] =>
  steps.filter(({ from, to, fromDetails, toDetails }) => from !== to || !isSameCommit(fromDetails, toDetails))

export interface Move extends TopicPartition {
  readonly range: PartitionRange | undefined
  readonly from: bigint | null
  readonly to: bigint | null
  readonly fromDetails: CommitDetails | undefined
  readonly toDetails: CommitDetails | undefined
  readonly clamped: string | null
}

/** What each move does to the events between its ends, and what those are. */
export async function withEffects(bus: EventBus, moves: readonly Move[], signal: AbortSignal | undefined) {
  // Only a group that reads uncommitted records comes behind the start of an open transaction.
  const readsUncommitted = moves.some(({ range, from }) => range && from !== null && from > stableEndOf(range))
  const stretches = moves.map(({ topic, partition, range, from, to }) => {
    const stretch = range && stretchOf(range, from, to)
    if (range === undefined || stretch === undefined) return undefined
    const isCommitted = !readsUncommitted && stretch.to <= stableEndOf(range)
    return { topic, partition, ...stretch, isolation: isCommitted ? ('committed' as const) : ('uncommitted' as const) }
  })
  const asked = stretches.filter((stretch) => stretch !== undefined)
  const { times, sample, unreadable } = await sampleStretches(bus, asked, signal)
  const timesOfStretch = new Map(asked.map((stretch, index) => [stretch, times[index]]))
  const compacted = await bus.admin.compactedTopics([...new Set(asked.map(({ topic }) => topic))])
  const steps = moves.map((move, index): ResetStep => {
    const { topic, partition, range, from, to, fromDetails, toDetails, clamped } = move
    const stretch = stretches[index]
    const own = stretch && timesOfStretch.get(stretch)
    return {
      topic,
      partition,
      from,
      to,
      fromDetails,
      toDetails,
      start: range?.start ?? null,
      end: range?.end ?? null,
      lastStable: range === undefined ? null : stableEndOf(range),
      effect: effectOf(from, to),
      ...countOf(stretch, own, compacted.has(topic)),
      first: own?.first ?? null,
      last: own?.last ?? null,
      clamped,
    }
  })
  const sum = (effect: ResetStep['effect']) =>
    steps.reduce((total, step) => (step.effect === effect ? total + step.events : total), 0n)
  const counts: EventCount = steps.some((step) => step.counts === 'offsets') ? 'offsets' : 'records'
  const effects = { ...sample, steps, replayed: sum('replay'), skipped: sum('skip'), counts }
  const notes = leftOutReasons(unreadable).map(
    (reason) => `${reason}; events that cannot be read are counted by their offsets`,
  )
  return { effects, notes }
}

/** The records of a stretch where all of it was read, else its offsets. */
function countOf(
  stretch: { readonly from: bigint; readonly to: bigint } | undefined,
  read: { readonly offsets: bigint; readonly records: bigint; readonly isUnreadable: boolean } | undefined,
  isCompacted: boolean,
): Pick<ResetStep, 'events' | 'offsets' | 'counts'> {
  if (stretch === undefined || read === undefined) return { events: 0n, offsets: 0n, counts: 'records' }
  const offsets = stretch.to - stretch.from
  if (read.offsets === offsets && !read.isUnreadable) return { events: read.records, offsets, counts: 'records' }
  const isInexact = isCompacted || read.isUnreadable || read.records < read.offsets
  return { events: offsets, offsets, counts: isInexact ? 'offsets' : 'records' }
}

type LogRange = Pick<PartitionRange, 'start' | 'end'>

const inLog = (offset: bigint, { start, end }: LogRange) => (offset < start ? start : offset > end ? end : offset)

/** What the log holds between two offsets; `undefined` when that is nothing. */
export function stretchOf(range: LogRange, from: bigint | null, to: bigint | null) {
  if (from === null || to === null) return undefined
  const [a, b] = [inLog(from, range), inLog(to, range)]
  if (a === b) return undefined
  return { from: a < b ? a : b, to: a < b ? b : a }
}

export function effectOf(from: bigint | null, to: bigint | null): ResetStep['effect'] {
  if (from === to) return 'none'
  if (from === null) return 'set'
  if (to === null) return 'forget'
  return to < from ? 'replay' : 'skip'
}

export async function requireSameBus(bus: EventBus, { kind, clusterId }: BusIdentity, what: string): Promise<void> {
  const here = await bus.admin.describeCluster()
  if (here.kind === kind && here.clusterId === clusterId) return
  const message = `${what} is for ${kind} (${clusterId}), and this is ${here.kind} (${here.clusterId})`
  throw new EventBusError('REFUSED', message, { suggestions: ['name the bus with --brokers or --data-dir'] })
}
