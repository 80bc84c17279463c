import type { BusRecord } from '../../bus/record.ts'
import type { OffsetSpec } from '../offsets/offset-grammar.ts'
import type { ResolvedSlice } from '../offsets/resolve-slices.ts'
import type { UnsearchedNote } from './notices.ts'

/**
 * Number of offsets to read, in all partitions together, after the first record at or after the end time of a range. Records are
 * rarely late by more than some batches, and reading to the end of a large topic would take minutes.
 */
const EXTRA_OFFSETS = 10_000
/** Minimum share of each partition in {@link EXTRA_OFFSETS}. */
const MIN_EXTRA_OFFSETS = 1000

export interface TimeRange {
  /** The slices to read, which end later than the requested ones. */
  readonly slices: readonly ResolvedSlice[]
  /** Whether a record's timestamp lies in the range. */
  has(record: BusRecord): boolean
  /** Says where records of the range may not have been read; empty if all are read. */
  readonly notes: readonly UnsearchedNote[]
}

/** Filters the records of batches. */
export async function* filterRecords(
  batches: AsyncIterable<readonly BusRecord[]>,
  isWanted: (record: BusRecord) => boolean,
): AsyncGenerator<readonly BusRecord[]> {
  for await (const batch of batches) yield batch.filter(isWanted)
}

/**
 * Prepares to read a range that ends at a time; `undefined` for a range with another end. `slices` end before the first record at
 * or after that time. Because timestamps need not be in order, earlier ones may follow. The slices are therefore extended, and
 * the caller filters out records outside the range.
 */
export function timeRange(
  slices: readonly ResolvedSlice[],
  from: OffsetSpec | undefined,
  to: OffsetSpec | undefined,
): TimeRange | undefined {
  if (to?.kind !== 'time') return undefined
  const each = BigInt(Math.max(MIN_EXTRA_OFFSETS, Math.floor(EXTRA_OFFSETS / Math.max(1, slices.length))))
  const extended = slices.map((slice) => ({ ...slice, to: slice.to + each < slice.end ? slice.to + each : slice.end }))
  const first = from?.kind === 'time' ? from.time : undefined
  const [unread, ...others] = extended.filter((slice) => slice.to < slice.end)
  const notes =
    unread === undefined ? [] : [unsearched(unread, { others: others.length, offsets: each, until: to.time })]
  return {
    slices: extended,
    has: ({ timestamp }) => timestamp < to.time && (first === undefined || timestamp >= first),
    notes,
  }
}

const unsearched = (
  { topic, partition }: ResolvedSlice,
  { others, offsets, until }: { readonly others: number; readonly offsets: bigint; readonly until: bigint },
): UnsearchedNote => ({ code: 'events-not-searched', topic, partition, others, offsets, until: Number(until) })
