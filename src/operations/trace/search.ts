import type { EventBus } from '../../bus/event-bus.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { IndexQuery } from '../../event-index/event-index.ts'
import { type BoundedSlice, type IndexReader, partsOf } from '../event-index/index-reader.ts'
import { readOffsets } from '../event-index/read-offsets.ts'
import { readSkippingUnreadable, type SkippedRange } from '../events/skip-unreadable.ts'
import type { GatherRequest } from './gather-request.ts'
import type { RecordTest } from './match.ts'
import { copied } from './message.ts'

/** The most bytes of records that are kept. A conversation is rarely larger than a few kilobytes. */
const MAX_KEPT_BYTES = 256 * 1024 * 1024

/** Searches slices of topics for the messages of a conversation, by an index as far as there is one. */
export class Search {
  readonly request: GatherRequest
  readonly reader: IndexReader | undefined
  readonly found: FoundRecords
  readonly #bus: EventBus

  constructor(bus: EventBus, request: GatherRequest, reader: IndexReader | undefined) {
    this.#bus = bus
    this.request = request
    this.reader = reader
    this.found = new FoundRecords(request)
  }

  /**
   * Adds the records of slices that pass the test. Where the index reaches, reads only those that it finds for one of the queries.
   * `isFirst` is false for further searches of the same records, whose progress and unreadable records are not reported again.
   */
  async read(
    slices: readonly BoundedSlice[],
    queries: readonly IndexQuery[],
    test: RecordTest,
    isFirst = true,
  ): Promise<void> {
    const hits = queries.map((query) => this.reader?.search(query).hits)
    const isIndexed = this.reader !== undefined && !hits.includes(undefined)
    if (isIndexed) {
      const parts = hits.flatMap((own) => slices.flatMap((slice) => partsOf(slice, own?.get(slice))))
      for (const { offsets = [], ...part } of parts) if (!(await this.#readIndexed(part, offsets, test))) return
    }
    await this.#scan(isIndexed ? (this.reader?.uncovered(slices) ?? slices) : slices, test, isFirst)
  }

  /** Reads the records at some offsets. Resolves with false when nothing more must be read. */
  async #readIndexed(part: BoundedSlice, offsets: readonly bigint[], test: RecordTest): Promise<boolean> {
    const { signal } = this.request
    for await (const batch of readOffsets(this.#bus.log, part, offsets, { signal })) {
      for (const record of batch) if (test(record)) this.found.add(record)
      this.found.indexed += batch.length
      if (this.found.isFull || signal.aborted) return false
    }
    return true
  }

  /** Reads slices completely. */
  async #scan(slices: readonly BoundedSlice[], test: RecordTest, isFirst: boolean): Promise<void> {
    const { signal, onNotice, onProgress } = this.request
    const total = Number(slices.reduce((sum, { from, to }) => sum + (to - from), 0n))
    let read = 0
    const onUnreadable = (skipped: SkippedRange) => {
      if (isFirst) onNotice({ code: 'unreadable-skipped', ...skipped })
    }
    for await (const batch of readSkippingUnreadable(this.#bus.log, slices, { signal }, onUnreadable)) {
      for (const record of batch) if (test(record)) this.found.add(record)
      read += batch.length
      this.found.scanned += batch.length
      if (isFirst) onProgress?.(read, total)
      if (this.found.isFull || signal.aborted) return
    }
  }

  [Symbol.dispose](): void {
    this.reader?.close()
  }
}

/** The records that were found, each once, up to the limit. */
export class FoundRecords {
  readonly records = new Map<string, BusRecord>()
  /** The number of records that were read completely. */
  scanned = 0
  /** The number of records that were read because an index found them. */
  indexed = 0
  isFull = false
  #bytes = 0
  readonly #request: GatherRequest

  constructor(request: GatherRequest) {
    this.#request = request
  }

  /** Adds a copy of a record. */
  add(record: BusRecord): void {
    const { topic, partition, offset, key, value } = record
    const name = `${partition}@${offset} ${topic}`
    if (this.isFull || this.records.has(name)) return
    const { limit, onNotice } = this.#request
    if (this.records.size >= limit) {
      this.isFull = true
      onNotice({ code: 'limit-reached', limit })
      return
    }
    this.#bytes += (key?.length ?? 0) + (value?.length ?? 0)
    if (this.#bytes > MAX_KEPT_BYTES) {
      this.isFull = true
      onNotice({ code: 'too-large', bytes: MAX_KEPT_BYTES })
      return
    }
    this.records.set(name, copied(record))
  }
}
