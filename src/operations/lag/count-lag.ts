import type { EventCount } from '../events/event-count.ts'
import type { FirstWaiting, WaitingRecord } from './first-waiting.ts'
import type { LagSummary } from './report.ts'
import type { PartitionOffsets } from './verdict.ts'

/** Returns the first waiting record, committed or not. */
export const firstOfBoth = ({ committed, open }: FirstWaiting): WaitingRecord | undefined => committed ?? open

/** Counts the lag of a partition and the offsets that were deleted unread; see {@link LagSummary}. */
export function countLag(offsets: PartitionOffsets, waiting: FirstWaiting): Pick<LagSummary, 'lag' | 'gone'> {
  const { committed, start, end } = offsets
  if (committed === undefined || start === undefined || end === undefined) return { lag: undefined }
  const first = firstOfBoth(waiting)
  const lag = first === undefined ? 0n : end - first.offset
  return { lag, gone: committed < start ? start - committed : undefined }
}

/** Whether the lag of a compacted topic may count offsets without an event. The first waiting offset is known to hold one. */
export const maySkipOffsets = ({ lag }: Pick<LagSummary, 'lag'>): boolean => lag !== undefined && lag > 1n

/** Returns what the lag of one partition counts. */
export const lagCounts = (summary: Pick<LagSummary, 'lag'>, isCompacted: boolean): EventCount =>
  isCompacted && maySkipOffsets(summary) ? 'offsets' : 'records'
