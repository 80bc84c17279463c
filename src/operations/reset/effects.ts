import type { CommitDetails, TopicPartition } from '../../bus/admin.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { type PartitionRange, stableEndOf } from '../../bus/topic-log.ts'
import type { EventCount } from '../events/event-count.ts'
import { unreadablePartitions } from '../events/skip-unreadable.ts'
import type { Clamp, ResetNote } from './notes.ts'
import { affectedRange, effectOf, eventsOf, type ResetPlan, type ResetStep } from './plan.ts'
import { type ReadCount, type ResetSample, sampleRanges } from './sample.ts'

/** The offsets of a step of a plan, before its effect on events is known. */
export interface StepOffsets extends TopicPartition {
  /** The range of the log; `undefined` when the partition does not exist. */
  readonly range: PartitionRange | undefined
  /** The committed offset before and after the step; `null` if there is none. */
  readonly from: bigint | null
  readonly to: bigint | null
  readonly fromDetails: CommitDetails | undefined
  readonly toDetails: CommitDetails | undefined
  readonly clamped: Clamp | null
}

type ResetEffects = ResetSample & Pick<ResetPlan, 'steps' | 'replayed' | 'skipped' | 'counts'>

/** Counts and samples the events that each step replays or skips. Returns the complete steps, and notes on unreadable records. */
export async function computeEffects(
  bus: EventBus,
  stepOffsets: readonly StepOffsets[],
  signal: AbortSignal | undefined,
): Promise<{ readonly effects: ResetEffects; readonly notes: readonly ResetNote[] }> {
  // Only a group that reads uncommitted records commits offsets after the start of an open transaction.
  const readsUncommitted = stepOffsets.some(({ range, from }) => range && from !== null && from > stableEndOf(range))
  const ranges = stepOffsets.map(({ topic, partition, range, from, to }) => {
    const affected = range && affectedRange(range, from, to)
    if (range === undefined || affected === undefined) return undefined
    const isCommitted = !readsUncommitted && affected.to <= stableEndOf(range)
    return { topic, partition, ...affected, isolation: isCommitted ? ('committed' as const) : ('uncommitted' as const) }
  })
  const affected = ranges.filter((range) => range !== undefined)
  const { counts: readCounts, sample, unreadable } = await sampleRanges(bus, affected, signal)
  const countOfRange = new Map(affected.map((range, index) => [range, readCounts[index]]))
  const compacted = await bus.admin.compactedTopics([...new Set(affected.map(({ topic }) => topic))])
  const steps = stepOffsets.map((step, index): ResetStep => {
    const { topic, partition, range, from, to, fromDetails, toDetails, clamped } = step
    const own = ranges[index]
    const read = own && countOfRange.get(own)
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
      ...countEvents(own, read, compacted.has(topic)),
      firstEventAt: read?.firstEventAt ?? null,
      lastEventAt: read?.lastEventAt ?? null,
      clamped,
    }
  })
  const counts: EventCount = steps.some((step) => step.counts === 'offsets') ? 'offsets' : 'records'
  const effects = {
    ...sample,
    steps,
    replayed: eventsOf(steps, 'replay'),
    skipped: eventsOf(steps, 'skip'),
    counts,
  }
  const notes = unreadablePartitions(unreadable).map((own) => ({ code: 'unreadable-records' as const, ...own }))
  return { effects, notes }
}

/** Counts the events of a range: its records if all of them were read, else its offsets. */
function countEvents(
  range: { readonly from: bigint; readonly to: bigint } | undefined,
  read: ReadCount | undefined,
  isCompacted: boolean,
): Pick<ResetStep, 'eventCount' | 'offsetCount' | 'counts'> {
  if (range === undefined || read === undefined) return { eventCount: 0n, offsetCount: 0n, counts: 'records' }
  const offsetCount = range.to - range.from
  if (read.offsets === offsetCount && !read.isUnreadable) {
    return { eventCount: read.records, offsetCount, counts: 'records' }
  }
  const isUpperBound = isCompacted || read.isUnreadable || read.records < read.offsets
  return { eventCount: offsetCount, offsetCount, counts: isUpperBound ? 'offsets' : 'records' }
}
