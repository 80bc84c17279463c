import type { EventCount } from '../events/event-count.ts'
import type { FirstWaiting, WaitingRecord } from './first-waiting.ts'
import type { LagSummary } from './report.ts'
import type { PartitionOffsets } from './verdict.ts'

/** Returns the first waiting record, which may belong to an open transaction. */
export const firstRecord = ({ committed, open }: FirstWaiting): WaitingRecord | undefined => committed ?? open

/** Counts the lag of a partition, and the offsets whose events were deleted unread; see {@link LagSummary}. */
export function countLag(offsets: PartitionOffsets, waiting: FirstWaiting): Pick<LagSummary, 'lag' | 'gone'> {
  const { committed, start, end } = offsets
  if (committed === undefined || start === undefined || end === undefined) return { lag: undefined }
  const first = firstRecord(waiting)
  const lag = first === undefined ? 0n : end - first.offset
  return { lag, gone: committed < start ? start - committed : undefined }
}

/** Whether a lag may count offsets without an event if the topic is compacted. The first waiting offset always holds an event. */
export const mayCountGaps = ({ lag }: Pick<LagSummary, 'lag'>): boolean => lag !== undefined && lag > 1n

/** Returns whether the lag of one partition counts records or offsets. */
export const lagCounts = (summary: Pick<LagSummary, 'lag'>, isCompacted: boolean): EventCount =>
  isCompacted && mayCountGaps(summary) ? 'offsets' : 'records'
