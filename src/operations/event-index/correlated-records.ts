import { compareNumbers } from '../../bus/compare.ts'
import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { PartitionMap } from '../../bus/names/partition-map.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { LogSlice, ReadOptions } from '../../bus/topic-log.ts'
import { EventIndex, type FoundRecord } from '../../event-index/event-index.ts'
import type { IndexedPartition } from '../../event-index/indexed-partitions.ts'
import { correlationMatcher } from '../../event-index/record-facts.ts'
import { resolveSlices } from '../offsets/resolve-slices.ts'
import { mergeByTime } from '../tail/merge-by-time.ts'
import { checkPartitions } from './check-partitions.ts'
import { readOffsets } from './read-offsets.ts'

/** A slice with an end. */
type BoundedSlice = LogSlice & { readonly to: bigint }

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

export interface Coverage {
  /** The number of offsets in which the index finds the records. */
  readonly indexed: bigint
  /** The number of offsets that are read from the topics. */
  readonly scanned: bigint
}

interface CorrelationRequest {
  readonly correlationId: string
  /** The path of the index. Absent: read the topics. */
  readonly path?: string | undefined
  readonly topics: readonly string[]
}

/** What the index has of a partition, with the offsets of the records that may have the correlation id. */
interface Hits extends IndexedPartition {
  readonly offsets: readonly bigint[]
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
  const { found, problem } = searchIndex({ correlationId, path, topics })
  const hits = found && (await currentHits(bus, found, topics))
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
        parts
          .filter(({ offsets }) => (offsets !== undefined) === isIndexed)
          .reduce((total, { from, to }) => total + to - from, 0n)
      return { indexed: sum(true), scanned: sum(false) }
    },
  }
}

/** What the index has of some topics, and the records in it that may have a correlation id. */
interface Found {
  readonly reach: readonly IndexedPartition[]
  readonly records: readonly FoundRecord[]
}

/** Searches the index. `found` is absent without an index, and for more records than memory should hold. */
function searchIndex({ correlationId, path, topics }: CorrelationRequest): {
  readonly found?: Found | undefined
  readonly problem?: EventBusError | undefined
} {
  try {
    const index = path === undefined ? undefined : EventIndex.open(path)
    if (index === undefined) return {}
    try {
      // In this order, because an index that grows in between has more records than reach, which does no harm.
      const reach = index.reach(topics)
      const records = index.find({ correlationId }, { topics })
      return { found: records && { reach, records } }
    } finally {
      index.close()
    }
  } catch (error) {
    if (error instanceof EventBusError) return { problem: error }
    throw error
  }
}

/** Returns what was found in partitions of which the index is right. */
async function currentHits(
  bus: EventBus,
  { reach, records }: Found,
  topics: readonly string[],
): Promise<PartitionMap<Hits>> {
  const offsets = new PartitionMap<bigint[]>()
  for (const record of records) {
    const own = offsets.get(record)
    if (own === undefined) offsets.set(record, [record.offset])
    else own.push(record.offset)
  }
  const hits = new PartitionMap<Hits>()
  for (const { indexed, state } of await checkPartitions(bus, reach, await bus.log.rangesOf(topics))) {
    if (state !== 'current') continue
    const own = offsets.get(indexed) ?? []
    hits.set(indexed, { ...indexed, offsets: own.sort(compareNumbers) })
  }
  return hits
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

/** A part of a slice. `offsets`: those of the index; `undefined` for a part to read completely. */
type Part = BoundedSlice & { readonly offsets: readonly bigint[] | undefined }

/** Divides a slice into parts that the index covers and parts that it does not. */
function partsOf({ topic, partition, from, to }: BoundedSlice, hits: Hits | undefined): Part[] {
  const parts: Part[] = []
  const add = (start: bigint, end: bigint, isIndexed: boolean) => {
    const [first, last] = [start < from ? from : start, end > to ? to : end]
    if (first >= last) return
    const offsets =
      isIndexed && hits ? hits.offsets.slice(indexAt(hits.offsets, first), indexAt(hits.offsets, last)) : undefined
    parts.push({ topic, partition, from: first, to: last, offsets })
  }
  if (hits === undefined) {
    add(from, to, false)
    return parts
  }
  add(from, hits.start, false)
  let at = hits.start
  for (const skipped of hits.skipped) {
    add(at, skipped.from, true)
    add(skipped.from > at ? skipped.from : at, skipped.to, false)
    if (skipped.to > at) at = skipped.to
  }
  add(at, hits.next, true)
  add(at > hits.next ? at : hits.next, to, false)
  return parts
}

/** Returns the index of the first of some sorted offsets that is not before `wanted`. */
function indexAt(offsets: readonly bigint[], wanted: bigint): number {
  let low = 0
  let high = offsets.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((offsets[middle] as bigint) < wanted) low = middle + 1
    else high = middle
  }
  return low
}
