import type { UnreadablePartition } from '../../operations/events/read-over.ts'

/** Why records of a partition cannot be read, and how many batches there are. */
export const unreadableText = ({ reason, batches }: Pick<UnreadablePartition, 'reason' | 'batches'>): string =>
  batches === 1 ? reason : `${reason}, and ${batches - 1} more batch${batches === 2 ? '' : 'es'} cannot be read`
