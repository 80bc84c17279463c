import { partitionName } from '../../bus/names/names.ts'
import type { SkippedRange, UnreadablePartition } from '../../operations/events/skip-unreadable.ts'

/** Returns why the first unreadable batch of a partition cannot be read, and how many more such batches there are. */
export const unreadableText = ({ reason, batchCount }: Pick<UnreadablePartition, 'reason' | 'batchCount'>): string =>
  batchCount === 1
    ? reason
    : `${reason}, and ${batchCount - 1} more batch${batchCount === 2 ? '' : 'es'} cannot be read`

/** Says which offsets of a partition were skipped, and why. */
export const skippedText = (skipped: SkippedRange): string =>
  `${partitionName(skipped)}: records from offset ${skipped.offset} to before ${skipped.next} cannot be read and were skipped: ${skipped.reason}`
