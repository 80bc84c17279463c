import { createHash } from 'node:crypto'
import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { compareNumbers, comparePartitions } from '../bus/compare.ts'
import type { Position } from '../bus/record.ts'
import { hashCausation, hashOfMessageId, hashText } from './hash.ts'
import { type IndexedPartition, readPartitions } from './indexed-partitions.ts'
import { guarded, kinds, OTHER_TYPE, openIndexFile } from './layout.ts'
import { RecordPages, type StoredRecord } from './record-pages.ts'
import { Runs } from './runs.ts'

/** More hits for one value are not returned: reading the topics is about as fast then, and needs no memory for the positions. */
const MAX_HITS = 500_000

/** How many more records than requested are held before the later ones are dropped. */
const SPARE_RECORDS = 50_000

/** What to search. Of the ids in a list, one must match. */
export type IndexQuery =
  | { readonly correlationId: string }
  /** Also finds the ids with which the runtime marks equal messages of one step, such as `…#2`. */
  | { readonly causationIds: readonly string[] }
  | { readonly messageIds: readonly string[] }
  | { readonly key: string }
  /** A chosen payload field, such as `data.order_id`, and its value as text. */
  | { readonly field: string; readonly value: string }
  | { readonly type: string }

/** Limits of a search. */
export interface SearchLimits {
  /** Default: all topics. */
  readonly topics?: readonly string[] | undefined
  /** Only records with at least this timestamp, in milliseconds. */
  readonly since?: bigint | undefined
  /** Only records with an earlier timestamp, in milliseconds. */
  readonly until?: bigint | undefined
  /** Return the first records in time order. Default: {@link MAX_HITS}. */
  readonly limit?: number | undefined
}

/** A record that may match a search: values are compared by hash, so read the record and compare. */
export interface FoundRecord extends Position {
  readonly timestamp: bigint
  /** `undefined`: the record is not an event, or its type is not stored. */
  readonly eventType: string | undefined
}

const I64_MIN = -(2n ** 63n)
const I64_MAX = 2n ** 63n - 1n

const toI64 = (value: bigint): bigint => (value < I64_MIN ? I64_MIN : value > I64_MAX ? I64_MAX : value)

/** Returns the path of the index of a bus in a folder. */
export function indexPath(folder: string, clusterId: string): string {
  const readable = clusterId.replaceAll(/[^A-Za-z0-9_-]+/g, '-').slice(-40)
  const digest = createHash('sha256').update(clusterId).digest('hex').slice(0, 12)
  return join(folder, `${readable.replace(/^-+/, '')}-${digest}.db`)
}

/** An index of events, to search. */
export class EventIndex {
  readonly path: string
  readonly #database: DatabaseSync
  readonly #runs: Runs
  readonly #pages: RecordPages

  private constructor(path: string, database: DatabaseSync) {
    this.path = path
    this.#database = database
    this.#runs = new Runs(database)
    this.#pages = new RecordPages(database)
  }

  /** Opens an index; `undefined` if there is none. Throws `REFUSED` if the file is not an index or is damaged. */
  static open(path: string): EventIndex | undefined {
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return undefined
    const database = openIndexFile(path)
    try {
      return guarded(path, () => new EventIndex(path, database))
    } catch (error) {
      database.close()
      throw error
    }
  }

  /** Returns the paths of the chosen payload fields. */
  fields(): string[] {
    return this.#read(() =>
      this.#database
        .prepare('SELECT path FROM fields ORDER BY id')
        .all()
        .map(({ path }) => String(path)),
    )
  }

  /** Returns which offsets of each partition are indexed, sorted by topic and partition. Default: of all topics. */
  reach(topics?: readonly string[]): IndexedPartition[] {
    const partitions = this.#read(() => readPartitions(this.#database))
    return topics === undefined ? partitions : partitions.filter(({ topic }) => topics.includes(topic))
  }

  /** Returns the number of indexed records. */
  recordCount(): number {
    return this.#read(() =>
      Number(this.#database.prepare('SELECT coalesce(sum(count), 0) AS count FROM records').get()?.count),
    )
  }

  /**
   * Finds records, in time order. `undefined` if more than {@link MAX_HITS} records have the value, or if the index does not have
   * the field: then read the topics.
   */
  find(query: IndexQuery, limits: SearchLimits = {}): FoundRecord[] | undefined {
    return this.#read(() => {
      const { topics, since, until, limit = MAX_HITS } = limits
      const first = toI64(since ?? I64_MIN)
      const last = until === undefined ? I64_MAX : toI64(until - 1n)
      const candidates = this.#candidates(query, first, last)
      if (candidates === undefined) return undefined
      const types = new Map(this.#typeRows().map(({ id, name }) => [id, name] as const))
      const partitions = readPartitions(this.#database).filter(({ topic }) => topics?.includes(topic) ?? true)
      const byId = new Map(partitions.map((partition) => [partition.id, partition]))
      let found: FoundRecord[] = []
      for (const { partitionId, offset, timestamp, type } of candidates) {
        const partition = byId.get(partitionId)
        if (partition === undefined || timestamp < first || timestamp > last) continue
        const position = { topic: partition.topic, partition: partition.partition, offset }
        found.push({ ...position, timestamp, eventType: types.get(type) })
        if (found.length >= limit + SPARE_RECORDS) found = found.sort(byTime).slice(0, limit)
      }
      return found.sort(byTime).slice(0, limit)
    })
  }

  /** Returns the first offset of a partition of {@link reach}, from `start` on, whose record has at least this timestamp. */
  offsetSince({ id }: IndexedPartition, start: bigint, timestamp: bigint): bigint | undefined {
    return this.#read(() => this.#pages.offsetSince(id, start, timestamp))
  }

  /** Closes the file. */
  close(): void {
    this.#database.close()
  }

  #candidates(query: IndexQuery, first: bigint, last: bigint): Iterable<StoredRecord> | undefined {
    if ('type' in query) {
      // A type whose name is not stored is one of the others.
      const id = this.#typeRows().find(({ name }) => name === query.type)?.id ?? OTHER_TYPE
      return this.#pages.ofType(id, first, last)
    }
    const seed = Number(this.#database.prepare('SELECT seed FROM about').get()?.seed)
    if ('correlationId' in query) return this.#hits(kinds.correlation, [hashText(query.correlationId, seed)])
    if ('key' in query) return this.#hits(kinds.key, [hashText(query.key, seed)])
    if ('causationIds' in query) {
      return this.#hits(
        kinds.causation,
        query.causationIds.map((id) => hashCausation(id, seed)),
      )
    }
    if ('messageIds' in query) {
      return this.#hits(
        kinds.message,
        query.messageIds.flatMap((id) => hashOfMessageId(id) ?? []),
      )
    }
    const field = this.#database.prepare('SELECT id FROM fields WHERE path = ?').get(query.field)?.id
    return field === undefined ? undefined : this.#hits(kinds.field + Number(field), [hashText(query.value, seed)])
  }

  #hits(kind: number, hashes: readonly number[]): Iterable<StoredRecord> | undefined {
    const numbers: number[] = []
    for (const hash of new Set(hashes)) {
      const found = this.#runs.find(kind, hash, MAX_HITS - numbers.length)
      if (found === undefined) return undefined
      for (const number of found) numbers.push(number)
    }
    return this.#pages.withNumbers(numbers.sort((a, b) => a - b))
  }

  #typeRows(): { readonly id: number; readonly name: string }[] {
    const rows = this.#database.prepare('SELECT id, name FROM types').all()
    return rows.map(({ id, name }) => ({ id: Number(id), name: String(name) }))
  }

  /** Runs reads on one state of the file, because another process may merge runs meanwhile. */
  #read<T>(work: () => T): T {
    return guarded(this.path, () => {
      this.#database.exec('BEGIN')
      try {
        return work()
      } finally {
        this.#database.exec('COMMIT')
      }
    })
  }
}

/** Orders by timestamp, then by position. */
const byTime = (a: FoundRecord, b: FoundRecord): number =>
  compareNumbers(a.timestamp, b.timestamp) || comparePartitions(a, b) || compareNumbers(a.offset, b.offset)
