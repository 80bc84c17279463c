import { corrupt, tooLarge } from './batch-errors.ts'

/** The magic number of snappy-java's framing: then two version numbers, then a length and a block, repeated. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER_BYTES = 16
/**
 * An upper bound of the compression ratio: a copy of 64 bytes takes three bytes, and a copy of 11 bytes takes two
 * (format_description.txt of Snappy).
 */
const MAX_RATIO = 22

/** The most bytes that a loop copies faster than a call into native code. */
const MAX_LOOP_BYTES = 32

/** A block of compressed data. */
interface Block {
  // The positions where the elements of the block begin and end.
  readonly start: number
  readonly end: number
  /** The number of uncompressed bytes that the block announces. */
  readonly size: number
}

/**
 * Uncompresses raw Snappy, as librdkafka writes it, or the frames of snappy-java. Throws a `BatchProblem` if the data has more
 * than `limit` bytes or does not follow the format. Replaces the function of `snappyjs`, which allocates the announced size
 * unchecked and does not notice that the data is shorter or longer.
 */
export function uncompressSnappy(bytes: Buffer, limit: number): Buffer {
  const isFramed = bytes.subarray(0, XERIAL.length).equals(XERIAL)
  const blocks = isFramed ? [...framedBlocks(bytes)] : [readSize(bytes, 0, bytes.length)]
  let size = 0
  for (const block of blocks) size += block.size
  if (size > limit) throw tooLarge(limit)
  const into = Buffer.allocUnsafe(size)
  let at = 0
  for (const block of blocks) at = uncompressBlock(bytes, block, into, at)
  return into
}

function* framedBlocks(bytes: Buffer): Generator<Block> {
  if (bytes.length <= XERIAL_HEADER_BYTES) throw corrupt('its snappy data has no blocks')
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const length = at + 4 <= bytes.length ? bytes.readInt32BE(at) : -1
    const end = at + 4 + length
    if (length < 1 || end > bytes.length) throw corrupt('its snappy data has a block that is longer than the batch')
    yield readSize(bytes, at + 4, end)
    at = end
  }
}

/** Reads the varint at the beginning of a block, which is its uncompressed size. */
function readSize(bytes: Buffer, from: number, end: number): Block {
  let size = 0
  let start = from
  for (let factor = 1; ; factor *= 128) {
    if (start === end || factor > 2 ** 28) throw corrupt('its snappy data does not begin with a size')
    const byte = bytes[start++] as number
    size += (byte & 0x7f) * factor
    if (byte < 0x80) break
  }
  // Check the size before memory is allocated for it.
  if (size > (end - start) * MAX_RATIO) throw wrongSize(size)
  return { start, end, size }
}

/** Uncompresses a block into the buffer from `begin` on and returns the position after it. */
function uncompressBlock(bytes: Buffer, { start, end, size }: Block, into: Buffer, begin: number): number {
  const limit = begin + size
  let from = start
  let to = begin
  while (from < end) {
    const tag = bytes[from++] as number
    const kind = tag & 3
    if (kind === 0) {
      let length = (tag >>> 2) + 1
      if (length > 60) {
        const count = length - 60
        if (from + count > end) throw wrongSize(size)
        length = bytes.readUIntLE(from, count) + 1
        from += count
      }
      if (from + length > end || to + length > limit) throw wrongSize(size)
      if (length > MAX_LOOP_BYTES) bytes.copy(into, to, from, from + length)
      else for (let at = 0; at < length; at += 1) into[to + at] = bytes[from + at] as number
      from += length
      to += length
    } else {
      const isShort = kind === 1
      const length = isShort ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1
      const width = isShort ? 1 : kind === 2 ? 2 : 4
      if (from + width > end || to + length > limit) throw wrongSize(size)
      let distance = isShort ? ((tag >>> 5) << 8) | (bytes[from] as number) : readUint16(bytes, from)
      if (width === 4) distance += readUint16(bytes, from + 2) * 0x10000
      from += width
      if (distance === 0 || distance > to - begin) throw corrupt('its snappy data refers to bytes before its start')
      to = copyWithin(into, to, distance, length)
    }
  }
  if (to !== limit) throw wrongSize(size)
  return to
}

const readUint16 = (bytes: Buffer, at: number): number => (bytes[at] as number) | ((bytes[at + 1] as number) << 8)

/** Copies bytes that begin `distance` before `to`. The source may overlap the destination, and then the bytes repeat. */
function copyWithin(into: Buffer, to: number, distance: number, length: number): number {
  const end = to + length
  for (let at = to; at < end; at += 1) into[at] = into[at - distance] as number
  return end
}

const wrongSize = (size: number) => corrupt(`its snappy data does not hold the ${size} bytes that it announces`)
