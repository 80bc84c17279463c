import type { TopicPartition } from '../../bus/admin.ts'
import { UnreadableError, type UnreadableRange } from '../../bus/errors.ts'
import { partitionName } from '../../bus/names/names.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { LogSlice, ReadOptions, TopicLog } from '../../bus/topic-log.ts'

/** Maximum number of unreadable ranges to skip one by one in a partition. The last one extends to the end of the slice. */
export const MAX_SKIPPED_RANGES = 10

/** A slice with an end. */
type BoundedSlice = LogSlice & { readonly to: bigint }

/** Offsets that were skipped, and why their records cannot be read. */
export interface SkippedRange extends UnreadableRange {
  readonly reason: string
}

/** A partition with unreadable records. `reason` says why the first unreadable batch cannot be read. */
export interface UnreadablePartition extends TopicPartition {
  readonly reason: string
  /** Number of unreadable batches. */
  readonly batchCount: number
}

/** Sums up skipped ranges by partition. */
export function unreadablePartitions(skipped: readonly SkippedRange[]): UnreadablePartition[] {
  return [...Map.groupBy(skipped, partitionName).values()].flatMap(([first, ...more]) => {
    if (first === undefined) return []
    const { topic, partition, reason } = first
    return [{ topic, partition, reason, batchCount: 1 + more.length }]
  })
}

/**
 * Reads slices and skips records that cannot be read, for reports where an incomplete answer is better than a failure.
 * `onUnreadable` is called for each skipped range. Throws every other error.
 */
export async function* readSkippingUnreadable(
  log: TopicLog,
  slices: readonly BoundedSlice[],
  options: ReadOptions,
  onUnreadable: (skipped: SkippedRange) => void,
): AsyncGenerator<readonly BusRecord[]> {
  const skippedCounts = new Map<string, number>()
  let remaining = slices
  while (remaining.length > 0) {
    // The offset at which to continue, by partition.
    const next = new Map<string, bigint>()
    try {
      for await (const batch of log.read(remaining, options)) {
        const last = batch.at(-1)
        if (last !== undefined) next.set(partitionName(last), last.offset + 1n)
        yield batch
      }
      return
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error
      const failed = partitionName(error.range)
      const count = (skippedCounts.get(failed) ?? 0) + 1
      skippedCounts.set(failed, count)
      const slice = remaining.find((one) => partitionName(one) === failed)
      const end = count < MAX_SKIPPED_RANGES ? error.range.next : (slice?.to ?? error.range.next)
      onUnreadable({ ...error.range, next: end, reason: error.message })
      next.set(failed, end)
      remaining = remaining
        .map((one) => ({ ...one, from: next.get(partitionName(one)) ?? one.from }))
        .filter(({ from, to }) => from < to)
    }
  }
}
