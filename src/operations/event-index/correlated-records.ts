import type { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { ReadOptions } from '../../bus/topic-log.ts'
import { correlationMatcher } from '../../event-index/record-facts.ts'
import { resolveSlices } from '../offsets/resolve-slices.ts'
import { mergeByTime } from '../tail/merge-by-time.ts'
import { type BoundedSlice, type Coverage, IndexReader, offsetsIn, partsOf } from './index-reader.ts'
import { readOffsets } from './read-offsets.ts'

/** Reads the records of one correlation id, by an index where there is one. */
export interface CorrelatedRecords {
  /** Why the index cannot be used, so that the topics are read. */
  readonly problem?: EventBusError | undefined
  /** What was read until now. */
  readonly report: ReadReport
  /** Yields the records of a slice that have the correlation id, in offset order. */
  read(slice: BoundedSlice, options: ReadOptions): AsyncIterable<readonly BusRecord[]>
  /** Returns how many offsets of some slices the index covers; `undefined` without an index. */
  coverage(slices: readonly BoundedSlice[]): Coverage | undefined
}

/** How many records were read to find the ones with the correlation id. */
export interface ReadReport {
  /** The number of records that were read because of the index. */
  readonly byIndex: number
  /** The number of records that were read where the index does not reach. */
  readonly scanned: number
}

interface CorrelationRequest {
  readonly correlationId: string
  /** The path of the index. Absent: read the topics. */
  readonly path?: string | undefined
  readonly topics: readonly string[]
}

/**
 * Prepares to read the records of a correlation id in some topics. What the index has is compared with the topics first; parts of
 * topics that it does not have, or in which records were unreadable, are read completely. Without an index, everything is.
 */
export async function correlatedRecords(
  bus: EventBus,
  { correlationId, path, topics }: CorrelationRequest,
): Promise<CorrelatedRecords> {
  const matches = correlationMatcher(correlationId)
  const report = { byIndex: 0, scanned: 0 }
  const opened = await IndexReader.open(bus, { path, topics })
  const { hits, problem = opened.problem } = opened.reader?.search({ correlationId }) ?? {}
  opened.reader?.close()
  return {
    problem,
    report,
    async *read(slice, options) {
      for (const { offsets, ...part } of partsOf(slice, hits?.get(slice))) {
        const batches =
          offsets === undefined ? bus.log.read([part], options) : readOffsets(bus.log, part, offsets, options)
        for await (const batch of batches) {
          report[offsets === undefined ? 'scanned' : 'byIndex'] += batch.length
          const matching = batch.filter(matches)
          if (matching.length > 0) yield matching
        }
      }
    },
    coverage: (slices) => {
      if (hits === undefined) return undefined
      const parts = slices.flatMap((slice) => partsOf(slice, hits.get(slice)))
      const sum = (isIndexed: boolean) =>
        offsetsIn(parts.filter(({ offsets }) => (offsets !== undefined) === isIndexed))
      return { indexed: sum(true), scanned: sum(false) }
    },
  }
}

/**
 * Yields the records of a correlation id in whole topics, up to their current ends, in time order over all partitions. For the
 * order of late records, see {@link mergeByTime}.
 */
export async function* readCorrelated(
  bus: EventBus,
  request: CorrelationRequest,
  {
    onReport,
    ...options
  }: ReadOptions & { readonly onReport?: (report: ReadReport, coverage: Coverage | undefined) => void },
): AsyncGenerator<readonly BusRecord[]> {
  const { topics } = request
  const { slices } = await resolveSlices(bus.log, { topics, from: { kind: 'start' }, to: { kind: 'end' } })
  const records = await correlatedRecords(bus, request)
  yield* mergeByTime(slices.map((slice) => records.read(slice, options)))
  onReport?.(records.report, records.coverage(slices))
}
