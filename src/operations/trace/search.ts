import type { EventBus } from '../../bus/event-bus.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { IndexQuery } from '../../event-index/event-index.ts'
import type { BoundedSlice, IndexReader } from '../event-index/index-reader.ts'
import { readCandidates } from '../event-index/read-candidates.ts'
import type { SkippedRange } from '../events/skip-unreadable.ts'
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
    const { signal, onNotice, onProgress } = this.request
    const { reader, found } = this
    let [read, total] = [0, 0]
    const search = {
      ...{ reader, queries, slices },
      onUnreadable: (skipped: SkippedRange) => {
        if (isFirst) onNotice({ code: 'unreadable-skipped', ...skipped })
      },
      onScan: (offsets: number) => {
        total = offsets
      },
    }
    for await (const { batch, isIndexed } of readCandidates(this.#bus.log, search, { signal })) {
      for (const record of batch) if (test(record)) found.add(record)
      found[isIndexed ? 'indexed' : 'scanned'] += batch.length
      if (!isIndexed) {
        read += batch.length
        if (isFirst) onProgress?.(read, total)
      }
      if (found.isFull || signal.aborted) return
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
