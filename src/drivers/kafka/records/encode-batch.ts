import type { NewRecord } from '../../../bus/record.ts'
import {
  ATTRIBUTES_AT,
  BASE_OFFSET_AT,
  BASE_SEQUENCE_AT,
  BASE_TIMESTAMP_AT,
  BATCH_LENGTH_AT,
  CRC_AT,
  CRC_FROM,
  HEADER_BYTES,
  LAST_OFFSET_DELTA_AT,
  LENGTH_FROM,
  MAGIC,
  MAGIC_AT,
  MAX_TIMESTAMP_AT,
  PARTITION_LEADER_EPOCH_AT,
  PRODUCER_EPOCH_AT,
  PRODUCER_ID_AT,
  RECORDS_COUNT_AT,
} from './batch-layout.ts'
import { codecFor } from './compression.ts'
import { crc32c } from './crc32c.ts'

/** The position to write at. A shared variable, so that writing a number allocates nothing. Not valid across an await. */
let cursor = 0

/**
 * Encodes records as one batch. Headers keep their order and may repeat.
 *
 * @param compression The compression id in the attributes; 0 for none.
 * @param now The timestamp of records without one, in milliseconds.
 */
export async function encodeBatch(records: readonly NewRecord[], compression: number, now: bigint): Promise<Buffer> {
  let maxSize = HEADER_BYTES
  for (const record of records) maxSize += sizeBound(record)
  let bytes = Buffer.allocUnsafe(maxSize)
  const first = records[0]?.timestamp ?? now
  let largest = first
  cursor = HEADER_BYTES
  for (let index = 0; index < records.length; index += 1) {
    const record = records[index] as NewRecord
    const time = record.timestamp ?? now
    if (time > largest) largest = time
    writeRecord(bytes, record, time === first ? 0 : elapsedFrom(first, time), index)
  }
  bytes = bytes.subarray(0, cursor)
  if (compression !== 0) {
    const packed = (await codecFor(compression)).compress(bytes.subarray(HEADER_BYTES))
    bytes = Buffer.concat([bytes.subarray(0, HEADER_BYTES), packed])
  }
  bytes.writeBigInt64BE(0n, BASE_OFFSET_AT)
  bytes.writeInt32BE(bytes.length - LENGTH_FROM, BATCH_LENGTH_AT)
  bytes.writeInt32BE(-1, PARTITION_LEADER_EPOCH_AT)
  bytes[MAGIC_AT] = MAGIC
  bytes.writeInt16BE(compression, ATTRIBUTES_AT)
  bytes.writeInt32BE(records.length - 1, LAST_OFFSET_DELTA_AT)
  bytes.writeBigInt64BE(first, BASE_TIMESTAMP_AT)
  bytes.writeBigInt64BE(largest, MAX_TIMESTAMP_AT)
  bytes.writeBigInt64BE(-1n, PRODUCER_ID_AT)
  bytes.writeInt16BE(-1, PRODUCER_EPOCH_AT)
  bytes.writeInt32BE(-1, BASE_SEQUENCE_AT)
  bytes.writeInt32BE(records.length, RECORDS_COUNT_AT)
  bytes.writeUInt32BE(crc32c(bytes.subarray(CRC_FROM)), CRC_AT)
  return bytes
}

/** Returns the difference of two timestamps as a number if that is exact, else as a bigint. Wraps at 64 bits, as readers do. */
function elapsedFrom(first: bigint, time: bigint): number | bigint {
  const elapsed = time - first
  const number = Number(elapsed)
  return Number.isSafeInteger(number) ? number : BigInt.asIntN(64, elapsed)
}

/** Returns an upper bound of the bytes that a record takes in a batch, with all lengths and deltas at their maximum. */
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

/** Encodes a zigzag varint of 64 bits. */
function varlongBytes(value: bigint): number[] {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128)
  return [...bytes, Number(rest)]
}

const zigzag = (value: number): number => (value < 0 ? -value * 2 - 1 : value * 2)

/** Returns the bytes of a number as a varint. */
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
