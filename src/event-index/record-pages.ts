import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { IndexBuffer } from './index-buffer.ts'

/** Records of a page. With its row, a page of 16 bytes each fits a page of SQLite, which has 4096 bytes. */
const PAGE_RECORDS = 240
const MAX_DELTA = 0xffff_ffffn

/** What the index stores of a record, apart from hashes. */
export interface StoredRecord {
  readonly number: number
  readonly partitionId: number
  readonly offset: bigint
  readonly timestamp: bigint
  /** The id of the event type. */
  readonly type: number
}

/** A run of record numbers that are in use. */
export interface NumberRange {
  readonly first: number
  readonly next: number
}

/** Reads and writes the pages of records: timestamps (64 bits), offsets from the first one (32), types (32). */
export class RecordPages {
  readonly #insert: StatementSync
  readonly #containing: StatementSync
  readonly #all: StatementSync
  readonly #since: StatementSync
  readonly #ranges: StatementSync

  constructor(database: DatabaseSync) {
    this.#insert = database.prepare(
      'INSERT INTO records (first_number, count, partition_id, first_offset, last_offset, min_timestamp, max_timestamp, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    )
    const columns = 'first_number, count, partition_id, first_offset, data'
    this.#containing = database.prepare(
      `SELECT ${columns} FROM records WHERE first_number <= ? ORDER BY first_number DESC LIMIT 1`,
    )
    this.#all = database.prepare(
      `SELECT ${columns} FROM records WHERE first_number >= ? AND min_timestamp <= ? AND max_timestamp >= ? ORDER BY first_number LIMIT 1`,
    )
    this.#since = database.prepare(
      `SELECT ${columns}, last_offset FROM records WHERE partition_id = ? AND last_offset >= ? AND max_timestamp >= ? ORDER BY last_offset LIMIT 1`,
    )
    this.#ranges = database.prepare('SELECT first_number, count FROM records ORDER BY first_number')
    for (const statement of [this.#containing, this.#all, this.#since]) statement.setReadBigInts(true)
  }

  /** Writes the records of one partition, which `order` lists by their index in the buffer. */
  write<Owner>(
    buffer: IndexBuffer<Owner>,
    order: Uint32Array,
    { partitionId, firstNumber }: { readonly partitionId: number; readonly firstNumber: number },
  ): void {
    for (let start = 0; start < order.length; ) {
      const firstOffset = buffer.offsets[order[start] as number] as bigint
      let end = start + 1
      while (end < order.length && end - start < PAGE_RECORDS) {
        if ((buffer.offsets[order[end] as number] as bigint) - firstOffset > MAX_DELTA) break
        end += 1
      }
      this.#writePage(buffer, order.subarray(start, end), { partitionId, firstNumber: firstNumber + start })
      start = end
    }
  }

  #writePage<Owner>(
    { offsets, timestamps, types }: IndexBuffer<Owner>,
    order: Uint32Array,
    { partitionId, firstNumber }: { readonly partitionId: number; readonly firstNumber: number },
  ): void {
    const count = order.length
    const data = Buffer.allocUnsafe(count * 16)
    const firstOffset = offsets[order[0] as number] as bigint
    let lastOffset = firstOffset
    let min = timestamps[order[0] as number] as bigint
    let max = min
    for (let rank = 0; rank < count; rank += 1) {
      const at = order[rank] as number
      const timestamp = timestamps[at] as bigint
      if (timestamp < min) min = timestamp
      if (timestamp > max) max = timestamp
      lastOffset = offsets[at] as bigint
      data.writeBigInt64LE(timestamp, rank * 8)
      data.writeUInt32LE(Number(lastOffset - firstOffset), count * 8 + rank * 4)
      data.writeUInt32LE(types[at] as number, count * 12 + rank * 4)
    }
    this.#insert.run(firstNumber, count, partitionId, firstOffset, lastOffset, min, max, data)
  }

  /** Yields the records with these numbers, which must be sorted. Leaves out records that are gone. */
  *withNumbers(numbers: Iterable<number>): Generator<StoredRecord> {
    let page: Page | undefined
    for (const number of numbers) {
      if (page === undefined || number >= page.firstNumber + page.count) {
        const row = this.#containing.get(number)
        page = row === undefined ? undefined : toPage(row)
      }
      if (page === undefined || number < page.firstNumber || number >= page.firstNumber + page.count) continue
      yield recordOf(page, number - page.firstNumber)
    }
  }

  /** Yields the records of a type with a timestamp from `first` to `last`, in the order of indexing. */
  *ofType(type: number, first: bigint, last: bigint): Generator<StoredRecord> {
    for (let number = 0; ; ) {
      const row = this.#all.get(number, last, first)
      if (row === undefined) return
      const page = toPage(row)
      for (let at = 0; at < page.count; at += 1) {
        if (page.data.readUInt32LE(page.count * 12 + at * 4) !== type) continue
        const record = recordOf(page, at)
        if (record.timestamp >= first && record.timestamp <= last) yield record
      }
      number = page.firstNumber + page.count
    }
  }

  /** Returns the first offset of a partition, from `start` on, whose record has at least this timestamp. */
  offsetSince(partitionId: number, start: bigint, timestamp: bigint): bigint | undefined {
    for (let from = start; ; ) {
      const row = this.#since.get(partitionId, from, timestamp)
      if (row === undefined) return undefined
      const page = toPage(row)
      for (let at = 0; at < page.count; at += 1) {
        const record = recordOf(page, at)
        if (record.offset >= start && record.timestamp >= timestamp) return record.offset
      }
      from = BigInt(row.last_offset as bigint) + 1n
    }
  }

  /** Returns the ranges of numbers in use, in order, where neighbors are joined. */
  numberRanges(): NumberRange[] {
    const ranges: { first: number; next: number }[] = []
    for (const { first_number, count } of this.#ranges.iterate()) {
      const first = Number(first_number)
      const last = ranges.at(-1)
      if (last?.next === first) last.next = first + Number(count)
      else ranges.push({ first, next: first + Number(count) })
    }
    return ranges
  }
}

interface Page {
  readonly firstNumber: number
  readonly count: number
  readonly partitionId: number
  readonly firstOffset: bigint
  readonly data: Buffer
}

function toPage(row: Record<string, SQLOutputValue>): Page {
  const data = Buffer.from(row.data as Uint8Array)
  return {
    firstNumber: Number(row.first_number),
    // A damaged page is no longer than its bytes.
    count: Math.min(Number(row.count), Math.floor(data.length / 16)),
    partitionId: Number(row.partition_id),
    firstOffset: BigInt(row.first_offset as bigint),
    data,
  }
}

const recordOf = ({ firstNumber, count, partitionId, firstOffset, data }: Page, at: number): StoredRecord => ({
  number: firstNumber + at,
  partitionId,
  offset: firstOffset + BigInt(data.readUInt32LE(count * 8 + at * 4)),
  timestamp: data.readBigInt64LE(at * 8),
  type: data.readUInt32LE(count * 12 + at * 4),
})

/** Returns a function that says whether a number is in one of the sorted ranges. */
export function rangeMatcher(ranges: readonly NumberRange[]): (number: number) => boolean {
  return (number) => {
    let low = 0
    let high = ranges.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ranges[middle] as NumberRange).next <= number) low = middle + 1
      else high = middle
    }
    const range = ranges[low]
    return range !== undefined && number >= range.first
  }
}
