import type { UnreadablePartition } from '../../operations/events/skip-unreadable.ts'

/** Returns why the first unreadable batch of a partition cannot be read, and how many more such batches there are. */
export const unreadableText = ({ reason, batchCount }: Pick<UnreadablePartition, 'reason' | 'batchCount'>): string =>
  batchCount === 1
    ? reason
    : `${reason}, and ${batchCount - 1} more batch${batchCount === 2 ? '' : 'es'} cannot be read`
