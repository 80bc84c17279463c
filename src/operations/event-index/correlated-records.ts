import { EventBusError, UnreadableError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { PartitionMap } from '../../bus/names/partition-map.ts'
import { isOutage } from '../../bus/outage.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { LogSlice, ReadOptions, TopicLog } from '../../bus/topic-log.ts'
import { EventIndex } from '../../event-index/event-index.ts'
import type { IndexedPartition } from '../../event-index/indexed-partitions.ts'
import { correlationMatcher } from '../../event-index/record-facts.ts'
import { checkPartitions } from './check-partitions.ts'

/** The most records that one request reads by their offsets. */
const MAX_POSITIONS = 256
/** Hits that are at most this far apart are read with the records between them, which costs less than a request each. */
const MAX_GAP = 16n
/** A range with at least this number of hits is read as a whole. */
const MIN_RANGE_HITS = 16

/** A slice with an end. */
type BoundedSlice = LogSlice & { readonly to: bigint }

/** Reads the records of one correlation id, by an index where there is one. */
export interface CorrelatedRecords {
  /** Why the index cannot be used, so that the topics are read. */
  readonly problem?: EventBusError | undefined
  /** Yields the records of a slice that have the correlation id, in offset order. */
  read(slice: BoundedSlice, options: ReadOptions): AsyncIterable<readonly BusRecord[]>
  /** Returns how many offsets of some slices the index covers; `undefined` without an index. */
  coverage(slices: readonly BoundedSlice[]): Coverage | undefined
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
  let hits: PartitionMap<Hits> | undefined
  let problem: EventBusError | undefined
  try {
    hits = path === undefined ? undefined : await findHits(bus, { correlationId, path, topics })
  } catch (error) {
    if (!(error instanceof EventBusError) || error.code !== 'REFUSED') throw error
    problem = error
  }
  return {
    problem,
    async *read(slice, options) {
      for (const { offsets, ...part } of partsOf(slice, hits?.get(slice))) {
        const batches =
          offsets === undefined ? bus.log.read([part], options) : readOffsets(bus.log, part, offsets, options)
        for await (const batch of batches) {
          const found = batch.filter(matches)
          if (found.length > 0) yield found
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

/** Finds the offsets in the index, by partition. `undefined` without an index, and for more hits than memory should hold. */
async function findHits(
  bus: EventBus,
  { correlationId, path, topics }: CorrelationRequest & { readonly path: string },
): Promise<PartitionMap<Hits> | undefined> {
  const index = EventIndex.open(path)
  if (index === undefined) return undefined
  let reach: IndexedPartition[]
  let found: ReturnType<EventIndex['find']>
  try {
    reach = index.reach(topics)
    found = index.find({ correlationId }, { topics })
  } finally {
    index.close()
  }
  if (found === undefined) return undefined
  const offsets = new PartitionMap<bigint[]>()
  for (const record of found) {
    const own = offsets.get(record)
    if (own === undefined) offsets.set(record, [record.offset])
    else own.push(record.offset)
  }
  const hits = new PartitionMap<Hits>()
  for (const { indexed, state } of await checkPartitions(bus, reach, await bus.log.rangesOf(topics))) {
    if (state !== 'current') continue
    const own = offsets.get(indexed) ?? []
    hits.set(indexed, { ...indexed, offsets: own.sort((a, b) => (a < b ? -1 : 1)) })
  }
  return hits
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

/** Reads the records at some offsets of a partition, and perhaps others near them, in offset order. */
async function* readOffsets(
  log: TopicLog,
  { topic, partition }: Pick<LogSlice, 'topic' | 'partition'>,
  offsets: readonly bigint[],
  options: ReadOptions,
): AsyncGenerator<readonly BusRecord[]> {
  let single: BoundedSlice[] = []
  for (const near of nearOffsets(offsets)) {
    if (options.signal?.aborted) return
    const isRange = near.length >= MIN_RANGE_HITS
    if (isRange || single.length + near.length > MAX_POSITIONS) {
      yield* readSingle(log, single, options)
      single = []
    }
    if (isRange) {
      const [from, last] = [near[0] as bigint, near.at(-1) as bigint]
      yield* log.read([{ topic, partition, from, to: last + 1n }], options)
    } else {
      for (const offset of near) single.push({ topic, partition, from: offset, to: offset + 1n })
    }
  }
  yield* readSingle(log, single, options)
}

/** Divides sorted offsets into parts whose offsets are near each other. */
function* nearOffsets(offsets: readonly bigint[]): Generator<readonly bigint[]> {
  let start = 0
  for (let at = 1; at <= offsets.length; at += 1) {
    if (at < offsets.length && (offsets[at] as bigint) - (offsets[at - 1] as bigint) <= MAX_GAP) continue
    yield offsets.slice(start, at)
    start = at
  }
}

/** Reads slices of one record each in one request, where `TopicLog.read` takes one or more for each slice. */
async function* readSingle(
  log: TopicLog,
  slices: readonly BoundedSlice[],
  options: ReadOptions,
): AsyncGenerator<readonly BusRecord[]> {
  if (slices.length === 0 || options.signal?.aborted) return
  try {
    yield (await log.firstRecords(slices)).filter((record) => record !== undefined)
  } catch (error) {
    // `read` waits for the end of an outage, and yields the records before one that cannot be read.
    if (!(error instanceof UnreadableError) && !isOutage(error)) throw error
    for (const slice of slices) yield* log.read([slice], options)
  }
}
