import type { UnreadablePartition } from '../../operations/events/skip-unreadable.ts'

/** Why records of a partition cannot be read, and how many batches there are. */
export const unreadableText = ({ reason, batchCount }: Pick<UnreadablePartition, 'reason' | 'batchCount'>): string =>
  batchCount === 1
    ? reason
    : `${reason}, and ${batchCount - 1} more batch${batchCount === 2 ? '' : 'es'} cannot be read`
