import { type LogSlice, type PartitionRange, stableEndOf } from '../../bus/topic-log.ts'

/** Returns slices with the newest committed records of a topic: the same number of each partition, about `count` in all. */
export function newestSlices(
  topic: string,
  ranges: readonly PartitionRange[],
  count: number,
): (LogSlice & { readonly to: bigint })[] {
  const each = BigInt(Math.ceil(count / Math.max(1, ranges.length)))
  return ranges
    .map(({ partition, start, ...ends }) => {
      const to = stableEndOf(ends)
      return { topic, partition, from: to - each > start ? to - each : start, to }
    })
    .filter(({ from, to }) => from < to)
}
