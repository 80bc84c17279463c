import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { transportError } from '../../bus/errors.ts'
import { advice } from '../../bus/hints.ts'
import type { BusRecord } from '../../bus/record.ts'
import { hasChangedSinceOpened } from '../../sqlite/shared-file.ts'
import { OFFSETS_PER_PARTITION } from './database.ts'
import { readHeaders } from './headers.ts'

/** The most records in a batch. Larger batches would still be in use at the next garbage collection, which has to copy them. */
export const MAX_BATCH_RECORDS = 500
/** The target size of a batch. A batch holds at most twice as many bytes, or a single larger record. */
const BATCH_BYTES = 1024 * 1024
/** The number of recent keys that the scan statement compares with. */
const RECENT_KEYS = 4

/**
 * A row of the scan statement. A key that is a number from 0 on is the index of a recent key. A negative number in any column is
 * a negated length in bytes: the content is too large to be read with the batch.
 */
type ScannedRow = readonly [
  offset: bigint,
  timestamp: bigint,
  key: Uint8Array | number | null,
  value: Uint8Array | number | null,
  headers: string | number | null,
]

/** A row that is read by itself, whatever its size. */
interface WholeRow {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: string | null
}

/** Reads the records of a partition in batches of bounded size. */
export class RecordScanner {
  readonly #database: DatabaseSync
  readonly #path: string
  readonly #scan: StatementSync
  readonly #whole: StatementSync
  /** Keys are event types, of which there are few: SQLite returns the index of a recent key instead of copying its bytes. */
  #recentKeys: readonly Uint8Array[] = []
  /** The average record size of the last batch, by partition: an estimate for the next batch. */
  readonly #averageSizes = new Map<number, number>()

  constructor(database: DatabaseSync, path: string) {
    this.#database = database
    this.#path = path
    this.#scan = database.prepare(
      // `octet_length` does not read the bytes, so the content of a column that is longer than ?8 is not read. The numbers are
      // written as floating-point numbers, because the statement returns integers as bigints, which are slower.
      `SELECT id - ?9 AS "offset", timestamp,
         CASE key WHEN ?4 THEN 0.0 WHEN ?5 THEN 1.0 WHEN ?6 THEN 2.0 WHEN ?7 THEN 3.0
           ELSE iif(octet_length(key) > ?8, -1.0 * octet_length(key), key) END AS key,
         iif(octet_length(value) > ?8, -1.0 * octet_length(value), value) AS value,
         CASE WHEN headers IS NULL THEN NULL WHEN octet_length(headers) > ?8 THEN -1.0 * octet_length(headers)
           ELSE headers END AS headers
       FROM records WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3`,
    )
    this.#scan.setReadBigInts(true)
    this.#scan.setReturnArrays(true)
    this.#whole = database.prepare('SELECT key, value, headers FROM records WHERE id = ?')
  }

  /**
   * Reads the next records of a partition: at most `limit`, and about 1 MiB. Estimates how many records that is from the sizes in
   * the last batch. A record that is much larger than that estimate is read by itself, if the batch has room for it.
   *
   * @param id The row id of the partition.
   * @param from The first offset to read.
   * @param to The offset at which to end (exclusive); `undefined` for the end of the log.
   */
  scan(
    { topic, partition }: { readonly topic: string; readonly partition: number },
    id: number,
    from: number,
    to: number | undefined,
    limit: number,
  ): BusRecord[] {
    const base = id * OFFSETS_PER_PARTITION
    const end = to === undefined ? base + OFFSETS_PER_PARTITION : base + to
    // Without an average size, the quotient is infinite and does not limit the rows.
    const rowLimit = Math.min(limit, MAX_BATCH_RECORDS, Math.ceil(BATCH_BYTES / (this.#averageSizes.get(id) ?? 0)))
    const maxColumnBytes = Math.floor((2 * BATCH_BYTES) / rowLimit)
    const keys = this.#recentKeys
    const [first = null, second = null, third = null, fourth = null] = keys
    const rows = this.#scan.all(
      base + from,
      end,
      rowLimit,
      first,
      second,
      third,
      fourth,
      maxColumnBytes,
      BigInt(base),
    ) as unknown as ScannedRow[]
    const records: BusRecord[] = []
    let newKey: Uint8Array | undefined
    let size = 0
    for (const row of rows) {
      let key = row[2]
      let value = row[3]
      let headers = row[4]
      if (typeof value === 'number' || typeof headers === 'number' || (typeof key === 'number' && key < 0)) {
        const whole = this.#readWhole(row, base, records.length === 0 ? Number.POSITIVE_INFINITY : BATCH_BYTES - size)
        // The batch has no room for the record, or the record was deleted meanwhile.
        if (whole === undefined) break
        if (typeof key !== 'number' || key < 0) key = whole.key
        value = whole.value
        headers = whole.headers
      }
      let buffer: Buffer | null = null
      if (value !== null) {
        size += value.byteLength
        buffer = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
      }
      if (typeof key === 'number') key = keys[key] ?? null
      else if (key !== null) {
        newKey = key
        size += key.byteLength
      }
      if (headers !== null) size += headers.length
      records.push({
        topic,
        partition,
        offset: row[0],
        timestamp: row[1],
        key,
        value: buffer,
        headers: headers === null ? [] : readHeaders(headers),
      })
    }
    if (hasChangedSinceOpened(this.#database)) {
      throw transportError(`another process has written to ${this.#path} since it was opened for reading`, {
        hints: [advice('read the bus again')],
      })
    }
    if (newKey !== undefined) this.#recentKeys = [newKey, ...keys].slice(0, RECENT_KEYS)
    if (records.length > 0) this.#averageSizes.set(id, size / records.length)
    return records
  }

  /** Reads a whole row. Returns `undefined` if it has more than `room` bytes or was deleted meanwhile. */
  #readWhole([offset, , ...parts]: ScannedRow, base: number, room: number): WholeRow | undefined {
    const sizes = parts.map((part) => (typeof part === 'number' ? Math.max(0, -part) : (part?.length ?? 0)))
    if (sizes.reduce((sum, size) => sum + size) > room) return undefined
    return this.#whole.get(base + Number(offset)) as unknown as WholeRow | undefined
  }
}
