import type { BusRecord, Header } from '../../../bus/record.ts'
import { type BatchProblem, corrupt } from './batch-errors.ts'

interface BatchOrigin {
  readonly topic: string
  readonly partition: number
  readonly base: bigint
  /** Of the first record, or of every record with `isAppendTime`. Any 64-bit integer. */
  readonly time: bigint
  readonly isAppendTime: boolean
}

/** What the header of a batch says of its records. */
interface BatchExtent {
  readonly count: number
  readonly lastDelta: number
}

/** A size, attributes, two deltas, and the lengths of no key, no value and no headers. */
const MIN_RECORD_BYTES = 7

/** The position in the batch read or written, shared so that a number costs no allocation. Never held over an await. */
let cursor = 0

/** The records of one batch, some at a time. */
export class BatchReader {
  readonly #origin: BatchOrigin
  readonly #body: Buffer
  #position = 0
  // Keys are event types and times are alike: what equals the one before is shared with it.
  #key: Buffer | null = null
  #elapsed = 0
  #timestamp: bigint
  /** The time as a number; `NaN` where a number does not hold it. */
  readonly #time: number
  readonly #count: number
  readonly #lastDelta: number
  #delta = -1
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

  /** Reads up to `most` records and keeps those at `from` and behind. Every length is held to the end of its record. */
  read(most: number, from: bigint, into: BusRecord[]): void {
    const { topic, partition, base, isAppendTime } = this.#origin
    const body = this.#body
    cursor = this.#position
    const count = Math.min(most, this.left)
    this.left -= count
    for (let index = 0; index < count; index += 1) {
      const size = varint(body)
      const end = cursor + size
      if (size < MIN_RECORD_BYTES - 1 || end > body.length) throw this.#corrupt(index - count, `takes ${size} bytes`)
      cursor += 1
      const elapsedAt = cursor
      const elapsed = varint(body)
      const delta = varint(body)
      if (delta <= this.#delta || delta > this.#lastDelta)
        throw this.#corrupt(index - count, `is ${delta} offsets behind the first`)
      this.#delta = delta
      const offset = base + BigInt(delta)
      const key = this.#readKey(end)
      const value = chunk(body, end)
      const headerCount = varint(body)
      const headers = headerCount === 0 ? none : readHeaders(body, headerCount, end)
      if (cursor !== end)
        throw this.#corrupt(index - count, `has fields of ${size + cursor - end} bytes and takes ${size}`)
      if (offset < from) continue
      if (elapsed !== this.#elapsed && !isAppendTime) {
        this.#timestamp = this.#timestampOf(elapsed, elapsedAt)
      }
      into.push({ topic, partition, offset, timestamp: this.#timestamp, key, value, headers })
    }
    if (this.left === 0 && cursor !== body.length) {
      throw corrupt(`${body.length - cursor} bytes are left behind its last record`)
    }
    this.#position = cursor
  }

  /** Numbers are quicker, where they hold the time and what elapsed since exactly. */
  #timestampOf(elapsed: number, at: number): bigint {
    const time = this.#time + elapsed
    const isElapsedExact = Number.isSafeInteger(elapsed)
    // Two different ones may look the same as numbers, so the next record must not be taken to be as old.
    this.#elapsed = isElapsedExact ? elapsed : Number.NaN
    if (isElapsedExact && Number.isSafeInteger(time)) return BigInt(time)
    return BigInt.asIntN(64, this.#origin.time + (isElapsedExact ? BigInt(elapsed) : varlong(this.#body, at)))
  }

  /** Names the record by its number; `behind` counts from those that are left, so it is negative. */
  #corrupt(behind: number, reason: string): BatchProblem {
    return corrupt(`record ${this.#count - this.left + behind + 1} of ${this.#count} ${reason}`)
  }

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

/** Byte by byte: for a name, quicker than a call into native code. */
function startsAt(body: Buffer, at: number, bytes: Buffer): boolean {
  for (let index = 0; index < bytes.length; index += 1) if (body[at + index] !== bytes[index]) return false
  return true
}

const none: readonly Header[] = []

function readHeaders(body: Buffer, count: number, end: number): Header[] {
  // A header is two lengths at least.
  if (count < 0 || count > (end - cursor) / 2) throw corrupt(`a record has ${count} headers in ${end - cursor} bytes`)
  const headers: Header[] = []
  for (let index = 0; index < count; index += 1) {
    const name = chunk(body, end)
    if (name === null) throw corrupt('a header has no name')
    headers.push([name.toString('utf8'), chunk(body, end)])
  }
  return headers
}

/** A length and as many bytes of a record that ends at `end`; -1 is null. */
function chunk(body: Buffer, end: number): Buffer | null {
  const length = varint(body)
  if (length === -1) return null
  const start = cursor
  cursor += length
  if (length < 0 || cursor > end) throw corrupt(`a length is ${length} with ${end - start} bytes left of the record`)
  return body.subarray(start, cursor)
}

/** The bytes of a varint of 64 bits. */
const MAX_VARINT_BYTES = 10

/**
 * A zigzag varint of up to 64 bits, as a number: exact where that is a safe integer. Behind the end of the bytes it is a
 * number, and the cursor tells.
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

/** The zigzag varint at a position, exactly. */
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
