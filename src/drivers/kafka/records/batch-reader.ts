import type { BusRecord, Header } from '../../../bus/record.ts'
import { type BatchProblem, corrupt } from './batch-errors.ts'

/** Where a batch comes from, and what its records have in common. */
interface BatchOrigin {
  readonly topic: string
  readonly partition: number
  /** The offset of the first record, if compaction has not removed it. */
  readonly base: bigint
  /** The timestamp from which records count theirs or, with `isAppendTime`, the timestamp of all records. Any 64-bit integer. */
  readonly time: bigint
  readonly isAppendTime: boolean
}

/** The number of records and offsets according to the header of a batch. */
interface BatchExtent {
  /** The number of records. */
  readonly count: number
  /** The last offset of the batch minus the base offset. */
  readonly lastDelta: number
}

/** The smallest record: length, attributes, two deltas, and the lengths of null key, null value and no headers. */
const MIN_RECORD_BYTES = 7

/** The position to read at. A shared variable, so that reading a number allocates nothing. Not valid across an await. */
let cursor = 0

/** Reads the records of one batch, some at a time. */
export class BatchReader {
  readonly #origin: BatchOrigin
  readonly #body: Buffer
  #position = 0
  // The key and the timestamp of the last record. They often repeat, and then the next record shares the same objects.
  #key: Buffer | null = null
  #elapsed = 0
  #timestamp: bigint
  /** The timestamp of the batch as a number; `NaN` if a number cannot represent it exactly. */
  readonly #time: number
  readonly #count: number
  readonly #lastDelta: number
  #delta = -1
  /** How many records are not read yet. */
  left: number

  constructor(origin: BatchOrigin, body: Buffer, { count, lastDelta }: BatchExtent) {
    this.#origin = origin
    this.#body = body
    this.#timestamp = origin.time
    this.#time = Number.isSafeInteger(Number(origin.time)) ? Number(origin.time) : Number.NaN
    this.#count = count
    this.#lastDelta = lastDelta
    this.left = count
    if (count < 0 || count > body.length / MIN_RECORD_BYTES || count > lastDelta + 1) {
      throw corrupt(`it has ${count} records in ${body.length} bytes and ${lastDelta + 1} offsets`)
    }
    if (count === 0 && body.length > 0) throw corrupt(`it has ${body.length} bytes and no records`)
  }

  readAll(): readonly BusRecord[] {
    const records: BusRecord[] = []
    this.read(this.left, this.#origin.base, records)
    return records
  }

  /**
   * Reads up to `most` records and appends those from offset `from` on to `into`. Checks every length against the end of the
   * record.
   */
  read(most: number, from: bigint, into: BusRecord[]): void {
    const { topic, partition, base, isAppendTime } = this.#origin
    const body = this.#body
    cursor = this.#position
    const count = Math.min(most, this.left)
    this.left -= count
    for (let index = 0; index < count; index += 1) {
      const size = varint(body)
      const end = cursor + size
      if (size < MIN_RECORD_BYTES - 1 || end > body.length)
        throw this.#corrupt(index - count, `has a length of ${size} bytes`)
      cursor += 1
      const elapsedAt = cursor
      const elapsed = varint(body)
      const delta = varint(body)
      if (delta <= this.#delta || delta > this.#lastDelta)
        throw this.#corrupt(
          index - count,
          `has the offset delta ${delta}, but ${this.#delta + 1} to ${this.#lastDelta} are possible`,
        )
      this.#delta = delta
      const offset = base + BigInt(delta)
      const key = this.#readKey(end)
      const value = chunk(body, end)
      const headerCount = varint(body)
      const headers = headerCount === 0 ? noHeaders : readHeaders(body, headerCount, end)
      if (cursor !== end)
        throw this.#corrupt(index - count, `has fields of ${size + cursor - end} bytes, but a length of ${size}`)
      if (offset < from) continue
      if (elapsed !== this.#elapsed && !isAppendTime) {
        this.#timestamp = this.#timestampOf(elapsed, elapsedAt)
      }
      const timestamp = this.#timestamp
      // Most topics have timestamps of producers. Their records do without the field, which keeps them small.
      if (isAppendTime) into.push({ topic, partition, offset, timestamp, timestampType: 'append', key, value, headers })
      else into.push({ topic, partition, offset, timestamp, key, value, headers })
    }
    if (this.left === 0 && cursor !== body.length) {
      throw corrupt(`${body.length - cursor} bytes remain after its last record`)
    }
    this.#position = cursor
  }

  /**
   * Returns the timestamp of a record, `elapsed` milliseconds after that of the batch. Adds numbers if they are exact, because
   * numbers are faster than bigints. `at` is the position of the varint `elapsed`.
   */
  #timestampOf(elapsed: number, at: number): bigint {
    const time = this.#time + elapsed
    const isElapsedExact = Number.isSafeInteger(elapsed)
    // Two different deltas may round to the same number, so the next record must not reuse this timestamp.
    this.#elapsed = isElapsedExact ? elapsed : Number.NaN
    if (isElapsedExact && Number.isSafeInteger(time)) return BigInt(time)
    return BigInt.asIntN(64, this.#origin.time + (isElapsedExact ? BigInt(elapsed) : varlong(this.#body, at)))
  }

  /**
   * Creates the problem for one record. `behind` is its index minus the number of records in this call of `read`, so negative.
   */
  #corrupt(behind: number, reason: string): BatchProblem {
    return corrupt(`record ${this.#count - this.left + behind + 1} of ${this.#count} ${reason}`)
  }

  /** Reads a key. Returns the object of the last key if the bytes are equal. */
  #readKey(end: number): Buffer | null {
    const body = this.#body
    const before = cursor
    const length = varint(body)
    const known = this.#key
    if (known?.length === length && cursor + length <= end && startsAt(body, cursor, known)) {
      cursor += length
      return known
    }
    cursor = before
    const key = chunk(body, end)
    if (key !== null) this.#key = key
    return key
  }
}

/** Compares byte by byte, which for a short key is faster than a call into native code. */
function startsAt(body: Buffer, at: number, bytes: Buffer): boolean {
  for (let index = 0; index < bytes.length; index += 1) if (body[at + index] !== bytes[index]) return false
  return true
}

const noHeaders: readonly Header[] = []

function readHeaders(body: Buffer, count: number, end: number): Header[] {
  // A header has at least two lengths of one byte.
  if (count < 0 || count > (end - cursor) / 2) throw corrupt(`a record has ${count} headers in ${end - cursor} bytes`)
  const headers: Header[] = []
  for (let index = 0; index < count; index += 1) {
    const name = chunk(body, end)
    if (name === null) throw corrupt('a header has no name')
    headers.push([name.toString('utf8'), chunk(body, end)])
  }
  return headers
}

/** Reads a length and as many bytes, as a view. Returns null for the length -1. `end` is the end of the record. */
function chunk(body: Buffer, end: number): Buffer | null {
  const length = varint(body)
  if (length === -1) return null
  const start = cursor
  cursor += length
  if (length < 0 || cursor > end)
    throw corrupt(`a length is ${length}, but only ${end - start} bytes remain in the record`)
  return body.subarray(start, cursor)
}

/** A varint of 64 bits has at most this many bytes. */
const MAX_VARINT_BYTES = 10

/**
 * Reads a zigzag varint of up to 64 bits as a number, which is exact if it is a safe integer. Beyond the end of the bytes, the
 * result is meaningless; the caller notices this by the cursor.
 */
function varint(body: Buffer): number {
  let byte = body[cursor++] as number
  if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
  const last = cursor + MAX_VARINT_BYTES - 1
  let value = byte & 0x7f
  let factor = 128
  do {
    if (cursor === last) throw corrupt(`a number has more than ${MAX_VARINT_BYTES} bytes`)
    byte = body[cursor++] as number
    value += (byte & 0x7f) * factor
    factor *= 128
  } while (byte >= 0x80)
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2
}

/** Reads the zigzag varint at a position as an exact bigint. */
function varlong(body: Buffer, at: number): bigint {
  let value = 0n
  for (let shift = 0n; ; shift += 7n) {
    const byte = body[at + Number(shift / 7n)] as number
    value |= BigInt(byte & 0x7f) << shift
    if (byte < 0x80 || shift === 63n) break
  }
  const zigzagged = BigInt.asUintN(64, value)
  return (zigzagged >> 1n) ^ -(zigzagged & 1n)
}
