import { EventBusError } from '../../bus/errors.ts'
import type { BusRecord, Header, NewRecord } from '../../bus/record.ts'
import { codecFor } from './compression.ts'
import { crc32c } from './crc32c.ts'
import type { AbortedTransaction } from './protocol.ts'

// A record batch, magic 2 (https://kafka.apache.org/documentation/#recordbatch): base offset 0, length 8, leader epoch
// 12, magic 16, crc 17, attributes 21, last offset delta 23, base timestamp 27, max timestamp 35, producer id 43,
// producer epoch 51, base sequence 53, number of records 57, records 61.
const HEADER = 61
const LENGTH_FROM = 12
const IS_TRANSACTIONAL = 0x10
const IS_CONTROL = 0x20
const IS_APPEND_TIME = 0x08
const COMPRESSION = 0x07

/** The offset behind the last whole batch, whatever compaction left of it: the one to fetch next. */
export function offsetBehind(bytes: Buffer, from: bigint): bigint {
  let last = -1
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const end = at + LENGTH_FROM + bytes.readInt32BE(at + 8)
    // The broker cuts its answer at the byte limit: the rest of a batch comes with the next fetch.
    if (end > bytes.length) break
    last = at
    at = end
  }
  if (last < 0) return from
  const behind = bytes.readBigInt64BE(last) + BigInt(bytes.readInt32BE(last + 23)) + 1n
  return behind > from ? behind : from
}

export interface FetchedBatches {
  readonly topic: string
  readonly partition: number
  readonly batches: Buffer
  readonly aborted: readonly AbortedTransaction[]
}

export interface UnpackedRecords {
  readonly records: readonly BusRecord[]
  /** Nothing more follows, records or not. */
  readonly isLast: boolean
}

/**
 * The records at `from` and behind, without control records and those of aborted transactions; about `most` at a time,
 * since what is dropped young costs the garbage collector next to nothing.
 */
export async function* unpackBatches(
  { topic, partition, batches: bytes, aborted }: FetchedBatches,
  from: bigint,
  most: number,
): AsyncGenerator<UnpackedRecords, undefined> {
  let records: BusRecord[] = []
  const open = new Set<bigint>()
  const starts = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  for (let at = 0; at + HEADER <= bytes.length; ) {
    const end = at + LENGTH_FROM + bytes.readInt32BE(at + 8)
    if (end > bytes.length) break
    if (bytes[at + 16] !== 2) {
      throw new EventBusError('UNSUPPORTED', `${topic}[${partition}] holds records in the format before Kafka 0.11`)
    }
    const base = bytes.readBigInt64BE(at)
    const attributes = bytes.readInt16BE(at + 21)
    const last = base + BigInt(bytes.readInt32BE(at + 23))
    const producer = bytes.readBigInt64BE(at + 43)
    while (starts[0] && starts[0].firstOffset <= last) open.add((starts.shift() as AbortedTransaction).producerId)
    if (attributes & IS_CONTROL) {
      // A control record ends its producer's transaction, whichever way.
      open.delete(producer)
    } else if (!(attributes & IS_TRANSACTIONAL && open.has(producer))) {
      const compression = attributes & COMPRESSION
      const packed = bytes.subarray(at + HEADER, end)
      const isAppendTime = (attributes & IS_APPEND_TIME) !== 0
      const batch = new BatchReader(
        { topic, partition, base, time: bytes.readBigInt64BE(at + (isAppendTime ? 35 : 27)), isAppendTime },
        compression === 0 ? packed : (await codecFor(compression)).decompress(packed),
        bytes.readInt32BE(at + 57),
      )
      while (batch.left > 0) {
        if (records.length >= most) {
          yield { records, isLast: false }
          records = []
        }
        batch.read(most - records.length, from, records)
      }
    }
    at = end
  }
  yield { records, isLast: true }
}

interface BatchOrigin {
  readonly topic: string
  readonly partition: number
  readonly base: bigint
  /** Of the first record, or of every record with `isAppendTime`. Any 64-bit integer. */
  readonly time: bigint
  readonly isAppendTime: boolean
}

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
  left: number

  constructor(origin: BatchOrigin, body: Buffer, count: number) {
    this.#origin = origin
    this.#body = body
    this.#timestamp = origin.time
    this.#time = Number.isSafeInteger(Number(origin.time)) ? Number(origin.time) : Number.NaN
    this.left = count
  }

  read(most: number, from: bigint, into: BusRecord[]): void {
    const { topic, partition, base, isAppendTime } = this.#origin
    const body = this.#body
    cursor = this.#position
    const count = Math.min(most, this.left)
    this.left -= count
    for (let index = 0; index < count; index += 1) {
      const size = varint(body)
      const end = cursor + size
      cursor += 1
      const elapsedAt = cursor
      const elapsed = varint(body)
      const offset = base + BigInt(varint(body))
      const key = this.#readKey()
      const value = chunk(body)
      const headerCount = varint(body)
      const headers = headerCount === 0 ? none : readHeaders(body, headerCount)
      cursor = end
      if (offset < from) continue
      if (elapsed !== this.#elapsed && !isAppendTime) {
        this.#timestamp = this.#timestampOf(elapsed, elapsedAt)
      }
      into.push({ topic, partition, offset, timestamp: this.#timestamp, key, value, headers })
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

  #readKey(): Buffer | null {
    const body = this.#body
    const before = cursor
    const length = varint(body)
    if (length < 0) return null
    const known = this.#key
    if (known?.length === length && startsAt(body, cursor, known)) {
      cursor += length
      return known
    }
    cursor = before
    this.#key = chunk(body)
    return this.#key
  }
}

/** Byte by byte: for a name, quicker than a call into native code. */
function startsAt(body: Buffer, at: number, bytes: Buffer): boolean {
  for (let index = 0; index < bytes.length; index += 1) if (body[at + index] !== bytes[index]) return false
  return true
}

const none: readonly Header[] = []

function readHeaders(body: Buffer, count: number): Header[] {
  return Array.from({ length: count }, () => [(chunk(body) ?? Buffer.alloc(0)).toString('utf8'), chunk(body)] as const)
}

function chunk(body: Buffer): Buffer | null {
  const length = varint(body)
  if (length < 0) return null
  cursor += length
  return body.subarray(cursor - length, cursor)
}

/** A zigzag varint of up to 64 bits, as a number: exact where that is a safe integer. */
function varint(body: Buffer): number {
  let byte = body[cursor++] as number
  if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1)
  let value = byte & 0x7f
  let factor = 128
  do {
    byte = body[cursor++] as number
    value += (byte & 0x7f) * factor
    factor *= 128
  } while (byte >= 0x80 && factor < 2 ** 70)
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
