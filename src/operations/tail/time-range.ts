import { partitionName } from '../../bus/names/names.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { OffsetSpec, ResolvedSlice } from '../offsets/offset-grammar.ts'

/**
 * Offsets read behind the first record at or after the time that ends a range: in all, and of each partition at least. A
 * producer that is late is late by some batches; reading on to the end of a large topic would take minutes.
 */
const LOOK_ON = 10_000
const LOOK_ON_PARTITION = 1000

export interface TimeRange {
  /** As given, read on behind their ends. */
  readonly slices: readonly ResolvedSlice[]
  /** Whether a record's timestamp lies in the range. */
  has(record: BusRecord): boolean
  /** What may have been missed, a sentence each. */
  readonly notes: readonly string[]
}

/** The records of batches that are wanted. */
export async function* only(
  batches: AsyncIterable<readonly BusRecord[]>,
  isWanted: (record: BusRecord) => boolean,
): AsyncGenerator<readonly BusRecord[]> {
  for await (const batch of batches) yield batch.filter(isWanted)
}

/**
 * What a range that ends at a time holds. A bus finds the first record at or after a time. Timestamps need not be in
 * order, so records that are older than the end may lie behind that record: slices are read on for a while and what is
 * not in the range is left out. `undefined` for a range that ends elsewhere.
 */
export function timeRange(
  slices: readonly ResolvedSlice[],
  from: OffsetSpec | undefined,
  to: OffsetSpec | undefined,
): TimeRange | undefined {
  if (to?.kind !== 'time') return undefined
  const each = BigInt(Math.max(LOOK_ON_PARTITION, Math.floor(LOOK_ON / Math.max(1, slices.length))))
  const longer = slices.map((slice) => ({ ...slice, to: slice.to + each < slice.end ? slice.to + each : slice.end }))
  const first = from?.kind === 'time' ? from.time : undefined
  const [unread, ...others] = longer.filter((slice) => slice.to < slice.end)
  const until = new Date(Number(to.time)).toISOString()
  const notes =
    unread === undefined
      ? []
      : [
          `${partitionName(unread)}${others.length === 0 ? '' : ` and ${others.length} more partitions`} was read to ${each} offsets behind the first event at or after ${until}; earlier timestamps behind that are not shown: leave out --to and use --where 'timestamp < timestamp("${until}")' to look at every event`,
        ]
  return {
    slices: longer,
    has: ({ timestamp }) => timestamp < to.time && (first === undefined || timestamp >= first),
    notes,
  }
}
