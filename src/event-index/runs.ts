import { endianness } from 'node:os'
import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Entries of a page. With its row, a page of 8 bytes each fits a page of SQLite, which has 4096 bytes. */
const PAGE_ENTRIES = 500
/** How many runs of about the same size are merged into one. */
const MERGED_RUNS = 16
const ENTRY_BYTES = 8
/** The record numbers of an index are below this, because an entry has 32 bits for them. */
export const MAX_NUMBERS = 2 ** 32

/** An entry is a 64-bit integer, the hash above the record number, so that sorting integers sorts by hash, then by number. */
const [NUMBER, HASH] = endianness() === 'LE' ? [0, 1] : [1, 0]

/** Sorted entries. */
class Entries {
  readonly #words: Uint32Array
  readonly length: number

  constructor(data: Uint8Array) {
    // A blob of SQLite may begin at any address, and a typed array may not.
    const copy = Uint8Array.from(data)
    this.length = Math.floor(copy.length / ENTRY_BYTES)
    this.#words = new Uint32Array(copy.buffer, 0, this.length * 2)
  }

  hash(at: number): number {
    return this.#words[2 * at + HASH] as number
  }

  number(at: number): number {
    return this.#words[2 * at + NUMBER] as number
  }

  /** Whether an entry is at most the one with this hash and number. */
  isUpTo(at: number, hash: number, number: number): boolean {
    const own = this.hash(at)
    return own < hash || (own === hash && this.number(at) <= number)
  }

  /** Whether the last entry is before the last entry of `other`. */
  isLastBefore(other: Entries): boolean {
    const last = other.length - 1
    return this.isUpTo(this.length - 1, other.hash(last), other.number(last))
  }

  /** The index of the first entry whose hash is at least `hash`. */
  firstAt(hash: number): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.hash(middle) < hash) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** Collects entries and returns them sorted. */
class EntrySorter {
  #sorted = new BigUint64Array(1024)
  #words = new Uint32Array(this.#sorted.buffer)
  #length = 0

  add(hash: number, number: number): void {
    if (this.#length === this.#sorted.length) {
      const larger = new BigUint64Array(this.#length * 2)
      larger.set(this.#sorted)
      this.#sorted = larger
      this.#words = new Uint32Array(larger.buffer)
    }
    this.#words[2 * this.#length + NUMBER] = number
    this.#words[2 * this.#length + HASH] = hash
    this.#length += 1
  }

  /** Returns the entries as bytes, sorted, and begins anew. The bytes are valid until the next call of `add`. */
  take(): Uint8Array {
    const sorted = this.#sorted.subarray(0, this.#length).sort()
    this.#length = 0
    return new Uint8Array(sorted.buffer, 0, sorted.byteLength)
  }
}

/** Reads and writes the sorted runs of an index. */
export class Runs {
  readonly #database: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()
  readonly #sorter = new EntrySorter()

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /**
   * Writes a run. `hashes` are the hashes of each kind by the index of the record; 0 for none. `order` has the index of each
   * record in the order of the numbers, which begin with `firstNumber`.
   */
  write(hashes: ReadonlyMap<number, Uint32Array>, order: Uint32Array, firstNumber: number): void {
    const run = Number(this.#prepare('INSERT INTO runs (count) VALUES (?)').run(order.length).lastInsertRowid)
    for (const [kind, column] of hashes) {
      for (let rank = 0; rank < order.length; rank += 1) {
        const hash = column[order[rank] as number] as number
        if (hash !== 0) this.#sorter.add(hash, firstNumber + rank)
      }
      this.#writePages(run, kind, this.#sorter.take())
    }
  }

  /** Returns the numbers of the records with a hash, in order; `undefined` if there are more than `limit`. */
  find(kind: number, hash: number, limit: number): number[] | undefined {
    const pages = this.#prepare(
      `SELECT data FROM entries WHERE run = ?1 AND kind = ?2 AND first_hash <= ?3 AND first_hash >= coalesce(
        (SELECT max(first_hash) FROM entries WHERE run = ?1 AND kind = ?2 AND first_hash < ?3), ?3)`,
    )
    const numbers: number[] = []
    for (const run of this.#runs().map(({ id }) => id)) {
      for (const { data } of pages.iterate(run, kind, hash)) {
        const entries = new Entries(data as Uint8Array)
        for (let at = entries.firstAt(hash); at < entries.length && entries.hash(at) === hash; at += 1) {
          if (numbers.length === limit) return undefined
          numbers.push(entries.number(at))
        }
      }
    }
    return numbers.sort((a, b) => a - b)
  }

  /**
   * Merges runs where many have about the same size, so that a search reads few runs. `liveNumbers` returns a function that says
   * whether the record with a number still exists; entries of other records are dropped. Call it in a transaction.
   */
  merge(liveNumbers: () => (number: number) => boolean): void {
    let isLive: ((number: number) => boolean) | undefined
    for (;;) {
      const bySize = Map.groupBy(this.#runs(), ({ count }) => Math.floor(Math.log2(Math.max(1, count)) / 4))
      const merged = [...bySize.values()].find(({ length }) => length >= MERGED_RUNS)
      if (merged === undefined) return
      isLive ??= liveNumbers()
      const count = merged.reduce((sum, run) => sum + run.count, 0)
      const run = Number(this.#prepare('INSERT INTO runs (count) VALUES (?)').run(count).lastInsertRowid)
      const ids = merged.map(({ id }) => id)
      let largest = 0
      for (const kind of this.#kindsOf(ids)) {
        let entryCount = 0
        for (const sorted of this.#mergedPages(ids, kind, isLive)) {
          entryCount += sorted.length / ENTRY_BYTES
          this.#writePages(run, kind, sorted)
        }
        largest = Math.max(largest, entryCount)
      }
      for (const id of ids) this.#prepare('DELETE FROM runs WHERE id = ?').run(id)
      // Fewer entries may be left, and the size decides when the run is merged again.
      this.#prepare('UPDATE runs SET count = ? WHERE id = ?').run(largest, run)
    }
  }

  /** Yields the entries of several runs, sorted, in portions that are a few pages long. */
  *#mergedPages(runs: readonly number[], kind: number, isLive: (number: number) => boolean): Generator<Uint8Array> {
    const first = this.#prepare('SELECT min(id) AS id FROM entries WHERE run = ? AND kind = ?')
    // The pages of a run and kind were inserted one after the other, so their ids are consecutive.
    const next = this.#prepare('SELECT data FROM entries WHERE id = ? AND run = ? AND kind = ?')
    const cursors = runs.flatMap((run) => {
      const id = first.get(run, kind)?.id
      return id === null ? [] : [{ run, id: Number(id), page: undefined as Entries | undefined, at: 0 }]
    })
    const load = (cursor: (typeof cursors)[number]) => {
      const row = next.get(cursor.id, cursor.run, kind)
      cursor.page = row === undefined ? undefined : new Entries(row.data as Uint8Array)
      cursor.id += 1
      cursor.at = 0
    }
    for (const cursor of cursors) load(cursor)
    for (;;) {
      const pages = cursors.flatMap(({ page }) => (page === undefined ? [] : [page]))
      if (pages.length === 0) return
      // All entries up to this one are in the loaded pages.
      const horizon = pages.reduce((a, b) => (b.isLastBefore(a) ? b : a))
      const [hash, number] = [horizon.hash(horizon.length - 1), horizon.number(horizon.length - 1)]
      for (const cursor of cursors) {
        const { page } = cursor
        if (page === undefined) continue
        while (cursor.at < page.length && page.isUpTo(cursor.at, hash, number)) {
          if (isLive(page.number(cursor.at))) this.#sorter.add(page.hash(cursor.at), page.number(cursor.at))
          cursor.at += 1
        }
        if (cursor.at === page.length) load(cursor)
      }
      yield this.#sorter.take()
    }
  }

  #writePages(run: number, kind: number, sorted: Uint8Array): void {
    const insert = this.#prepare('INSERT INTO entries (run, kind, first_hash, data) VALUES (?, ?, ?, ?)')
    const words = new Uint32Array(sorted.buffer, sorted.byteOffset, sorted.byteLength / 4)
    const count = sorted.byteLength / ENTRY_BYTES
    for (let at = 0; at < count; at += PAGE_ENTRIES) {
      const page = sorted.subarray(at * ENTRY_BYTES, Math.min(count, at + PAGE_ENTRIES) * ENTRY_BYTES)
      insert.run(run, kind, words[2 * at + HASH] as number, page)
    }
  }

  #runs(): readonly { readonly id: number; readonly count: number }[] {
    const rows = this.#prepare('SELECT id, count FROM runs ORDER BY id').all()
    return rows.map(({ id, count }) => ({ id: Number(id), count: Number(count) }))
  }

  #kindsOf(runs: readonly number[]): number[] {
    const select = this.#prepare('SELECT DISTINCT kind FROM entries WHERE run = ?')
    return [...new Set(runs.flatMap((run) => select.all(run).map(({ kind }) => Number(kind))))]
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql) ?? this.#database.prepare(sql)
    this.#statements.set(sql, known)
    return known
  }
}
