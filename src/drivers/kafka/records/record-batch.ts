import type { BusRecord, Header, NewRecord } from '../../../bus/record.ts'
import { MAX_BATCH_BYTES } from '../kafka-options.ts'
import type { AbortedTransaction } from '../protocol/fetch.ts'
import { BatchProblem, corrupt, UnreadableBatch } from './batch-errors.ts'
import { HEADER, LENGTH_FROM } from './check-batches.ts'
import { codecFor } from './compression.ts'
import { crc32c } from './crc32c.ts'

const IS_TRANSACTIONAL = 0x10
const IS_CONTROL = 0x20
const IS_APPEND_TIME = 0x08
const COMPRESSION = 0x07

export interface FetchedBatches {
  readonly topic: string
  readonly partition: number
  /** Whole batches that passed `checkBatches`. */
  readonly batches: Buffer
  /** Transactions whose records are left out; `undefined` to read the records of every transaction. */
  readonly aborted: readonly AbortedTransaction[] | undefined
}

export interface UnpackedRecords {
  readonly records: readonly BusRecord[]
  /** Nothing more follows, records or not. */
  readonly isLast: boolean
}

export interface UnpackLimits {
  /** Records yielded at a time. */
  readonly most: number
  /** Bytes of a batch once it is decompressed; default {@link MAX_BATCH_BYTES}. */
  readonly maxBatchBytes?: number | undefined
}

/**
 * The records at `from` and behind, without control records and those of aborted transactions; about `most` at a time,
 * since what is dropped young costs the garbage collector next to nothing. Throws `UnreadableBatch` after the
 * records before it.
 */
export async function* unpackBatches(
  { topic, partition, batches: bytes, aborted }: FetchedBatches,
  from: bigint,
  { most, maxBatchBytes = MAX_BATCH_BYTES }: UnpackLimits,
): AsyncGenerator<UnpackedRecords, undefined> {
  let records: BusRecord[] = []
  /** How many of them are of batches, or parts of one, that were read to their end. */
  let sound = 0
  const transactions = aborted && new Transactions(aborted)
  for (let at = 0; at < bytes.length; ) {
    const end = at + LENGTH_FROM + bytes.readInt32BE(at + 8)
    const base = bytes.readBigInt64BE(at)
    const attributes = bytes.readInt16BE(at + 21)
    const lastDelta = bytes.readInt32BE(at + 23)
    const last = base + BigInt(lastDelta)
    const producer = bytes.readBigInt64BE(at + 43)
    const count = bytes.readInt32BE(at + 57)
    transactions?.begin(last)
    const isControl = (attributes & IS_CONTROL) !== 0
    const isTransactional = (attributes & IS_TRANSACTIONAL) !== 0
    try {
      if (isControl || !(isTransactional && transactions?.drops(producer))) {
        const packed = bytes.subarray(at + HEADER, end)
        const compression = attributes & COMPRESSION
        // What compaction has emptied is a header alone, and says still how it was compressed.
        const isPlain = compression === 0 || packed.length === 0
        const isAppendTime = (attributes & IS_APPEND_TIME) !== 0
        const batch = new BatchReader(
          { topic, partition, base, time: bytes.readBigInt64BE(at + (isAppendTime ? 35 : 27)), isAppendTime },
          isPlain ? packed : (await codecFor(compression)).decompress(packed, maxBatchBytes),
          { count, lastDelta },
        )
        if (isControl) {
          const markers = batch.readAll()
          transactions?.end(producer, markers)
        }
        while (batch.left > 0) {
          if (records.length >= most) {
            yield { records, isLast: false }
            records = []
          }
          sound = records.length
          batch.read(most - records.length, from, records)
        }
      }
    } catch (error) {
      if (!(error instanceof BatchProblem)) throw error
      if (sound > 0) yield { records: records.slice(0, sound), isLast: false }
      throw new UnreadableBatch(error, { topic, partition, offset: base, behind: last + 1n })
    }
    at = end
    sound = records.length
  }
  yield { records, isLast: true }
}

/** Control records (https://kafka.apache.org/documentation/#controlbatch): the key is a version and this type. */
const ABORT = 0
const COMMIT = 1

/**
 * Which transactions an answer drops. The list of aborted ones is outside of every checksum, so it is compared with the
 * markers that end transactions: records must not be given and aborted, nor dropped and committed.
 */
class Transactions {
  readonly #starts: AbortedTransaction[]
  /** Producers in an aborted transaction, and those of whose open transaction records were given. */
  readonly #dropped = new Set<bigint>()
  readonly #given = new Set<bigint>()

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#starts = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  }

  /** Takes up the transactions that were aborted and began at this offset or before. */
  begin(last: bigint): void {
    while (this.#starts[0] && this.#starts[0].firstOffset <= last) {
      this.#dropped.add((this.#starts.shift() as AbortedTransaction).producerId)
    }
  }

  drops(producer: bigint): boolean {
    if (this.#dropped.has(producer)) return true
    this.#given.add(producer)
    return false
  }

  /** Ends the transaction of a producer by its control records. */
  end(producer: bigint, markers: readonly BusRecord[]): void {
    for (const { key } of markers) {
      const type = key !== null && key.length >= 4 ? Buffer.from(key).readInt16BE(2) : undefined
      if (type !== ABORT && type !== COMMIT) continue
      const isWrong = type === ABORT ? this.#given.has(producer) : this.#dropped.has(producer)
      if (isWrong) throw corrupt(`the answer lists other aborted transactions than it holds (producer ${producer})`)
      this.#given.delete(producer)
      this.#dropped.delete(producer)
    }
  }
}

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
class BatchReader {
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

/** Writes records as one batch, compressed when asked. Headers keep their order and may repeat. */
export async function encodeBatch(records: readonly NewRecord[], compression: number, now: bigint): Promise<Buffer> {
  let room = HEADER
  for (const record of records) room += sizeBound(record)
  let bytes = Buffer.allocUnsafe(room)
  const first = records[0]?.timestamp ?? now
  let largest = first
  cursor = HEADER
  for (let index = 0; index < records.length; index += 1) {
    const record = records[index] as NewRecord
    const time = record.timestamp ?? now
    if (time > largest) largest = time
    writeRecord(bytes, record, time === first ? 0 : elapsedFrom(first, time), index)
  }
  bytes = bytes.subarray(0, cursor)
  if (compression !== 0) {
    const packed = (await codecFor(compression)).compress(bytes.subarray(HEADER))
    bytes = Buffer.concat([bytes.subarray(0, HEADER), packed])
  }
  bytes.writeBigInt64BE(0n, 0)
  bytes.writeInt32BE(bytes.length - LENGTH_FROM, 8)
  bytes.writeInt32BE(-1, 12)
  bytes[16] = 2
  bytes.writeInt16BE(compression, 21)
  bytes.writeInt32BE(records.length - 1, 23)
  bytes.writeBigInt64BE(first, 27)
  bytes.writeBigInt64BE(largest, 35)
  bytes.writeBigInt64BE(-1n, 43)
  bytes.writeInt16BE(-1, 51)
  bytes.writeInt32BE(-1, 53)
  bytes.writeInt32BE(records.length, 57)
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  return bytes
}

/** A number where one holds the difference exactly. It wraps around at 64 bits, as it does for those who read it. */
function elapsedFrom(first: bigint, time: bigint): number | bigint {
  const elapsed = time - first
  const number = Number(elapsed)
  return Number.isSafeInteger(number) ? number : BigInt.asIntN(64, elapsed)
}

/** The most bytes a record takes in a batch: lengths and deltas at their longest. */
export function sizeBound({ key, value, headers }: NewRecord): number {
  let size = 36 + (key?.length ?? 0) + (value?.length ?? 0)
  if (headers) for (const [name, content] of headers) size += 10 + name.length * 3 + (content?.length ?? 0)
  return size
}

function writeRecord(bytes: Buffer, { key, value, headers }: NewRecord, elapsed: number | bigint, index: number): void {
  const elapsedSize = typeof elapsed === 'number' ? sizeOf(elapsed) : varlongBytes(elapsed).length
  let size = 1 + elapsedSize + sizeOf(index) + chunkSize(key) + chunkSize(value) + sizeOf(headers?.length ?? 0)
  if (headers) {
    for (const [name, content] of headers) size += stringSize(name) + chunkSize(content)
  }
  writeVarint(bytes, size)
  bytes[cursor++] = 0
  if (typeof elapsed === 'number') writeVarint(bytes, elapsed)
  else for (const byte of varlongBytes(elapsed)) bytes[cursor++] = byte
  writeVarint(bytes, index)
  writeChunk(bytes, key)
  writeChunk(bytes, value)
  writeVarint(bytes, headers?.length ?? 0)
  if (!headers) return
  for (const [name, content] of headers) {
    writeVarint(bytes, Buffer.byteLength(name))
    cursor += bytes.write(name, cursor)
    writeChunk(bytes, content)
  }
}

function writeChunk(bytes: Buffer, chunk: Uint8Array | null): void {
  writeVarint(bytes, chunk === null ? -1 : chunk.length)
  if (chunk === null) return
  bytes.set(chunk, cursor)
  cursor += chunk.length
}

function writeVarint(bytes: Buffer, value: number): void {
  let rest = zigzag(value)
  while (rest >= 128) {
    bytes[cursor++] = (rest % 128) + 128
    rest = Math.floor(rest / 128)
  }
  bytes[cursor++] = rest
}

/** A zigzag varint of 64 bits. */
function varlongBytes(value: bigint): number[] {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return [...bytes, Number(rest)]
}

const zigzag = (value: number): number => (value < 0 ? -value * 2 - 1 : value * 2)

function sizeOf(value: number): number {
  let size = 1
  for (let rest = zigzag(value); rest >= 128; rest = Math.floor(rest / 128)) size += 1
  return size
}

const chunkSize = (bytes: Uint8Array | null): number => (bytes === null ? 1 : sizeOf(bytes.length) + bytes.length)

function stringSize(text: string): number {
  const size = Buffer.byteLength(text)
  return sizeOf(size) + size
}
