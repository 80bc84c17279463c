import { partitionName } from '../../bus/names/names.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { ReadOptions, TopicLog } from '../../bus/topic-log.ts'
import type { IndexQuery } from '../../event-index/event-index.ts'
import { readSkippingUnreadable, type SkippedRange } from '../events/skip-unreadable.ts'
import { type BoundedSlice, type IndexReader, offsetsIn, partsOf } from './index-reader.ts'
import { type OffsetsLog, readOffsets } from './read-offsets.ts'

/** Records that may match a search, and why they were read. */
export interface Candidates {
  readonly batch: readonly BusRecord[]
  /** Whether the index named the records. Otherwise it does not reach their offsets, of which all were read. */
  readonly isIndexed: boolean
}

/** What to search for, and where. */
interface CandidateSearch {
  /** Absent: read the slices completely. */
  readonly reader: IndexReader | undefined
  /** A record may match any of them. */
  readonly queries: readonly IndexQuery[]
  readonly slices: readonly BoundedSlice[]
  /** Called for each range of records that cannot be read, and that is left out. */
  readonly onUnreadable: (skipped: SkippedRange) => void
  /** Called with the number of offsets that are read completely, before they are read. */
  readonly onScan?: ((offsets: number) => void) | undefined
}

/**
 * Yields the records of slices that may match a search: those that the index finds, then all of the offsets that it does not cover. A
 * record may come twice, once for each query. The caller compares each record, because the index has only hashes.
 */
export async function* readCandidates(
  log: TopicLog,
  { reader, queries, slices, onUnreadable, onScan }: CandidateSearch,
  options: ReadOptions,
): AsyncGenerator<Candidates> {
  const hits = queries.map((query) => reader?.search(query).hits)
  const isIndexed = reader !== undefined && !hits.includes(undefined)
  const reported = new Set<string>()
  const report = (skipped: SkippedRange) => {
    // Several records that the index finds may be in one batch that was damaged since.
    const name = `${partitionName(skipped)}@${skipped.offset}`
    if (!reported.has(name)) onUnreadable(skipped)
    reported.add(name)
  }
  const skipping: OffsetsLog = {
    firstRecords: (singles) => log.firstRecords(singles),
    read: (ranges) => readSkippingUnreadable(log, ranges, options, report),
  }
  if (isIndexed) {
    const parts = hits.flatMap((own) => slices.flatMap((slice) => partsOf(slice, own?.get(slice))))
    for (const { offsets, ...part } of parts) {
      if (offsets === undefined) continue
      for await (const batch of readOffsets(skipping, part, offsets, options)) yield { batch, isIndexed: true }
    }
  }
  const rest = isIndexed ? reader.uncovered(slices) : slices
  onScan?.(Number(offsetsIn(rest)))
  for await (const batch of readSkippingUnreadable(log, rest, options, report)) yield { batch, isIndexed: false }
}
