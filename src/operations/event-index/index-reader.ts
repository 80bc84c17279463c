import { compareNumbers } from '../../bus/compare.ts'
import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { PartitionMap } from '../../bus/names/partition-map.ts'
import type { LogSlice, PartitionRange } from '../../bus/topic-log.ts'
import { EventIndex, type IndexQuery } from '../../event-index/event-index.ts'
import type { IndexedPartition } from '../../event-index/indexed-partitions.ts'
import type { TimeLog } from '../offsets/resolve-slices.ts'
import { checkPartitions } from './check-partitions.ts'

/** A slice with an end. */
export type BoundedSlice = LogSlice & { readonly to: bigint }

/** What the index has of a partition, with the offsets of the records that may match a search. */
export interface Hits extends IndexedPartition {
  readonly offsets: readonly bigint[]
}

/** How far an index reaches in some slices. */
export interface Coverage {
  /** The number of offsets in which the index finds the records. */
  readonly indexed: bigint
  /** The number of offsets that are read from the topics. */
  readonly scanned: bigint
}

/** Returns the number of offsets in slices, of which one may end before its begin. */
export const offsetsIn = (slices: readonly BoundedSlice[]): bigint =>
  slices.reduce((sum, { from, to }) => sum + (to > from ? to - from : 0n), 0n)

/** Searches the index of some topics, as far as what it has is true of them. */
export class IndexReader {
  readonly #index: EventIndex
  readonly #topics: readonly string[]
  /** The partitions of which the index is right. */
  readonly #current = new PartitionMap<IndexedPartition>()

  private constructor(index: EventIndex, topics: readonly string[], current: readonly IndexedPartition[]) {
    this.#index = index
    this.#topics = topics
    for (const partition of current) this.#current.set(partition, partition)
  }

  /**
   * Opens the index at a path and compares it with the topics. `reader` is absent without an index, and if it cannot be used, which
   * `problem` explains.
   */
  static async open(
    bus: EventBus,
    { path, topics }: { readonly path?: string | undefined; readonly topics: readonly string[] },
  ): Promise<{ readonly reader?: IndexReader | undefined; readonly problem?: EventBusError | undefined }> {
    const opened = attempt(() => {
      const index = path === undefined ? undefined : EventIndex.open(path)
      // Before a search, because an index that grows in between has more records than reach, which does no harm.
      return index && { index, reach: index.reach(topics) }
    })
    if (opened.value === undefined) return { problem: opened.problem }
    const { index, reach } = opened.value
    try {
      const checked = await checkPartitions(bus, reach, await bus.log.rangesOf(topics))
      const current = checked.filter(({ state }) => state === 'current').map(({ indexed }) => indexed)
      return { reader: new IndexReader(index, topics, current) }
    } catch (error) {
      index.close()
      throw error
    }
  }

  /** Finds the records that may match, by partition. `hits` is absent for more records than memory should hold. */
  search(query: IndexQuery): {
    readonly hits?: PartitionMap<Hits> | undefined
    readonly problem?: EventBusError | undefined
  } {
    const { value: records, problem } = attempt(() => this.#index.find(query, { topics: this.#topics }))
    if (records === undefined) return { problem }
    const offsets = new PartitionMap<bigint[]>()
    for (const record of records) {
      const own = offsets.get(record)
      if (own === undefined) offsets.set(record, [record.offset])
      else own.push(record.offset)
    }
    const hits = new PartitionMap<Hits>()
    for (const indexed of this.#current.values()) {
      hits.set(indexed, { ...indexed, offsets: (offsets.get(indexed) ?? []).sort(compareNumbers) })
    }
    return { hits }
  }

  /** Returns how many offsets of slices the index covers, and how many it does not. */
  coverage(slices: readonly BoundedSlice[]): Coverage {
    const all = offsetsIn(slices)
    const scanned = offsetsIn(this.uncovered(slices))
    return { indexed: all - scanned, scanned }
  }

  /** Returns the parts of slices that the index does not cover. */
  uncovered(slices: readonly BoundedSlice[]): readonly BoundedSlice[] {
    return slices.flatMap((slice) => {
      const indexed = this.#current.get(slice)
      const parts = partsOf(slice, indexed && { ...indexed, offsets: [] })
      return parts.filter(({ offsets }) => offsets === undefined).map(({ offsets: _, ...part }) => part)
    })
  }

  /**
   * Returns a log whose offsets at a time come from the index where it has all records of a topic. The embedded bus reads all timestamps
   * up to that time otherwise.
   */
  timesOf(log: TimeLog): TimeLog {
    return {
      ranges: (topic) => log.ranges(topic),
      offsetsAt: async (topic, time) => {
        const known = new Map<number, bigint>()
        for (const range of await log.ranges(topic)) {
          const offset = this.#offsetAt({ ...range, topic }, time)
          if (offset === undefined) return log.offsetsAt(topic, time)
          known.set(range.partition, offset)
        }
        return known
      },
    }
  }

  /** Returns the first offset at a time, or the end; `undefined` if the index may not have that record. */
  #offsetAt({ topic, partition, start, end }: PartitionRange & { readonly topic: string }, time: bigint) {
    const indexed = this.#current.get({ topic, partition })
    if (indexed === undefined || indexed.start > start || indexed.skipped.length > 0) return undefined
    const { value: offset } = attempt(() => this.#index.offsetSince(indexed, start, time))
    return offset ?? (indexed.next >= end ? end : undefined)
  }

  close(): void {
    this.#index.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }
}

/** Runs work on an index. An error of its file is a problem: the topics can be read instead. */
function attempt<T>(work: () => T): { readonly value?: T; readonly problem?: EventBusError } {
  try {
    return { value: work() }
  } catch (error) {
    if (error instanceof EventBusError) return { problem: error }
    throw error
  }
}

/** A part of a slice. `offsets`: those of the index; `undefined` for a part to read completely. */
export type Part = BoundedSlice & { readonly offsets: readonly bigint[] | undefined }

/** Divides a slice into parts that the index covers and parts that it does not. */
export function partsOf({ topic, partition, from, to }: BoundedSlice, hits: Hits | undefined): Part[] {
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
