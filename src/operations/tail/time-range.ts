import type { BusRecord } from '../../bus/record.ts'
import type { OffsetSpec } from '../offsets/offset-grammar.ts'
import type { ResolvedSlice } from '../offsets/resolve-slices.ts'
import type { UnsearchedNote } from './notices.ts'

/**
 * Offsets to read after the first record at or after the end time of a range: in all partitions together, and in each partition
 * at least. Late producers are late by some batches, and reading to the end of a large topic would take minutes.
 */
const EXTRA_OFFSETS = 10_000
const MIN_EXTRA_OFFSETS = 1000

export interface TimeRange {
  /** The given slices, extended after their ends. */
  readonly slices: readonly ResolvedSlice[]
  /** Whether a record's timestamp lies in the range. */
  has(record: BusRecord): boolean
  /** Which records may be missing from the range. */
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
 * Prepares to read a range that ends at a time; `undefined` for a range with another end. A bus finds the first record at or
 * after a time. Timestamps need not be in order, so older records may follow that record. The slices are therefore extended,
 * and records outside the range are filtered out.
 */
export function timeRange(
  slices: readonly ResolvedSlice[],
  from: OffsetSpec | undefined,
  to: OffsetSpec | undefined,
): TimeRange | undefined {
  if (to?.kind !== 'time') return undefined
  const each = BigInt(Math.max(MIN_EXTRA_OFFSETS, Math.floor(EXTRA_OFFSETS / Math.max(1, slices.length))))
  const longer = slices.map((slice) => ({ ...slice, to: slice.to + each < slice.end ? slice.to + each : slice.end }))
  const first = from?.kind === 'time' ? from.time : undefined
  const [unread, ...others] = longer.filter((slice) => slice.to < slice.end)
  const notes =
    unread === undefined ? [] : [unsearched(unread, { others: others.length, offsets: each, until: to.time })]
  return {
    slices: longer,
    has: ({ timestamp }) => timestamp < to.time && (first === undefined || timestamp >= first),
    notes,
  }
}

const unsearched = (
  { topic, partition }: ResolvedSlice,
  { others, offsets, until }: { readonly others: number; readonly offsets: bigint; readonly until: bigint },
): UnsearchedNote => ({ code: 'events-not-searched', topic, partition, others, offsets, until: Number(until) })
