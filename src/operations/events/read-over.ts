import type { TopicPartition } from '../../bus/admin.ts'
import { UnreadableError, type UnreadableRange } from '../../bus/errors.ts'
import { partitionName } from '../../bus/names/names.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { LogSlice, ReadOptions, TopicLog } from '../../bus/topic-log.ts'

/** Maximum number of unreadable ranges to skip in a partition. After the last one, the rest of the partition is left out. */
export const MAX_PASSED_OVER = 10

/** A slice with an end. */
type BoundedSlice = LogSlice & { readonly to: bigint }

/** Records that were left out, and why. */
export interface LeftOut extends UnreadableRange {
  readonly reason: string
}

/** A partition with unreadable records: why the first batch cannot be read, and how many batches cannot. */
export interface UnreadablePartition extends TopicPartition {
  readonly reason: string
  readonly batchCount: number
}

export function unreadablePartitions(leftOut: readonly LeftOut[]): UnreadablePartition[] {
  return [...Map.groupBy(leftOut, partitionName).values()].flatMap(([first, ...more]) => {
    if (first === undefined) return []
    const { topic, partition, reason } = first
    return [{ topic, partition, reason, batchCount: 1 + more.length }]
  })
}

/**
 * Reads slices but skips records that cannot be read and reports them to `onUnreadable`, for reports where an incomplete answer is
 * better than a failure. Throws every other error.
 */
export async function* readOver(
  log: TopicLog,
  slices: readonly BoundedSlice[],
  options: ReadOptions,
  onUnreadable: (leftOut: LeftOut) => void,
): AsyncGenerator<readonly BusRecord[]> {
  const passedOver = new Map<string, number>()
  let left = slices
  while (left.length > 0) {
    const next = new Map<string, bigint>()
    try {
      for await (const batch of log.read(left, options)) {
        const last = batch.at(-1)
        if (last !== undefined) next.set(partitionName(last), last.offset + 1n)
        yield batch
      }
      return
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error
      const failed = partitionName(error.range)
      const count = (passedOver.get(failed) ?? 0) + 1
      passedOver.set(failed, count)
      const slice = left.find((one) => partitionName(one) === failed)
      const end = count < MAX_PASSED_OVER ? error.range.next : (slice?.to ?? error.range.next)
      onUnreadable({ ...error.range, next: end, reason: error.message })
      next.set(failed, end)
      left = left
        .map((one) => ({ ...one, from: next.get(partitionName(one)) ?? one.from }))
        .filter(({ from, to }) => from < to)
    }
  }
}
