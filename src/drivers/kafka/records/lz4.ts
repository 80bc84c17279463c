import { corrupt, tooLarge } from './batch-errors.ts'

// An LZ4 frame (lz4_Frame_format.md): magic number, flags, block size, optional content size, optional dictionary id,
// header checksum; then blocks of size, data and optional checksum; then an end mark and an optional content checksum.
// The checksums of the frame are not verified, because the checksum of the record batch covers the frame (check-batches.ts).
const FRAME_MAGIC = 0x184d2204
const MIN_HEADER_BYTES = 7
const HAS_BLOCK_CHECKSUM = 0x10
const HAS_CONTENT_SIZE = 0x08
const HAS_CONTENT_CHECKSUM = 0x04
const HAS_DICTIONARY = 0x01
const IS_UNCOMPRESSED = 0x8000_0000

/**
 * The frame header that this file writes: version 1, independent blocks of 64 KiB without checksums, as Kafka's Java client does.
 */
const HEADER = Buffer.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82])
const BLOCK_BYTES = 64 * 1024

/** The shortest match (lz4_Block_format.md). */
const MIN_MATCH_BYTES = 4
/** The number of bytes at the end of a block that must be literals (lz4_Block_format.md). */
const LAST_LITERALS = 5
/** The last match must start at least this many bytes before the end of the block (lz4_Block_format.md). */
const LAST_MATCH_START = 12
/** Shorter copies are faster in a loop than by a call into native code. */
const MIN_NATIVE_BYTES = 32
const HASH_BITS = 13

/**
 * Decompresses the LZ4 frames of a record batch. Throws a `BatchProblem` if they hold more than `limit` bytes, whatever size they
 * announce, or if they are not LZ4 frames. Adds up the sizes of all blocks before it allocates memory.
 */
export function decompressLz4(bytes: Buffer, limit: number): Buffer {
  let size = 0
  for (const { start, end, isCompressed } of blocksOf(bytes)) {
    size += isCompressed ? expandedSize(bytes, start, end) : end - start
    if (size > limit) throw tooLarge(limit)
  }
  const out = Buffer.allocUnsafe(size)
  let to = 0
  let frameStart = 0
  for (const { start, end, isCompressed, isFirst } of blocksOf(bytes)) {
    if (isFirst) frameStart = to
    to = isCompressed ? expand(bytes, start, end, out, to, frameStart) : to + bytes.copy(out, to, start, end)
  }
  return out
}

interface Block {
  readonly start: number
  readonly end: number
  readonly isCompressed: boolean
  /** The first block of its frame. A block may refer to earlier blocks of its frame. */
  readonly isFirst: boolean
}

/** Yields the blocks of all frames. Throws if a frame does not follow the format. */
function* blocksOf(bytes: Buffer): Generator<Block> {
  for (let at = 0; at < bytes.length; ) {
    if (at + MIN_HEADER_BYTES > bytes.length || bytes.readUInt32LE(at) !== FRAME_MAGIC) throw damaged()
    const flags = bytes[at + 4] as number
    const sizeId = ((bytes[at + 5] as number) >>> 4) & 7
    if (sizeId < 4) throw damaged()
    const maxBlockBytes = 2 ** (8 + 2 * sizeId)
    const checksum = flags & HAS_BLOCK_CHECKSUM ? 4 : 0
    at += MIN_HEADER_BYTES + (flags & HAS_CONTENT_SIZE ? 8 : 0) + (flags & HAS_DICTIONARY ? 4 : 0)
    for (let isFirst = true; ; isFirst = false) {
      if (at + 4 > bytes.length) throw damaged()
      const field = bytes.readUInt32LE(at)
      at += 4
      if (field === 0) break
      const size = field % IS_UNCOMPRESSED
      const end = at + size
      if (size > maxBlockBytes || end + checksum > bytes.length) throw damaged()
      yield { start: at, end, isCompressed: field < IS_UNCOMPRESSED, isFirst }
      at = end + checksum
    }
    at += flags & HAS_CONTENT_CHECKSUM ? 4 : 0
    if (at > bytes.length) throw damaged()
  }
}

/** Returns the size of a decompressed block (lz4_Block_format.md). Throws if the literals do not end with the block. */
function expandedSize(bytes: Buffer, start: number, end: number): number {
  let size = 0
  let at = start
  while (at < end) {
    const token = bytes[at++] as number
    let literals = token >>> 4
    if (literals === 15) {
      let byte = 255
      while (byte === 255) {
        if (at >= end) throw damaged()
        byte = bytes[at++] as number
        literals += byte
      }
    }
    at += literals
    size += literals
    if (at > end) throw damaged()
    // The last sequence of a block has literals only.
    if (at === end) return size
    at += 2
    let match = token & 15
    if (match === 15) {
      let byte = 255
      while (byte === 255) {
        if (at >= end) throw damaged()
        byte = bytes[at++] as number
        match += byte
      }
    }
    size += match + MIN_MATCH_BYTES
  }
  throw damaged()
}

/**
 * Expands a block that `expandedSize` has checked into `out` from `to` on, and returns the position after the bytes written.
 * Matches may refer to bytes written since `frameStart`.
 */
function expand(bytes: Buffer, start: number, end: number, out: Buffer, to: number, frameStart: number): number {
  let at = start
  for (;;) {
    const token = bytes[at++] as number
    let literals = token >>> 4
    if (literals === 15) {
      let byte = 255
      while (byte === 255) {
        byte = bytes[at++] as number
        literals += byte
      }
    }
    if (literals >= MIN_NATIVE_BYTES) {
      bytes.copy(out, to, at, at + literals)
      at += literals
      to += literals
    } else {
      for (const last = at + literals; at < last; ) out[to++] = bytes[at++] as number
    }
    if (at === end) return to
    const distance = (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
    at += 2
    let match = token & 15
    if (match === 15) {
      let byte = 255
      while (byte === 255) {
        byte = bytes[at++] as number
        match += byte
      }
    }
    match += MIN_MATCH_BYTES
    let from = to - distance
    if (distance === 0 || from < frameStart) throw damaged()
    if (match >= MIN_NATIVE_BYTES && distance >= match) {
      out.copyWithin(to, from, from + match)
      to += match
    } else {
      // A match may overlap the bytes it writes, and then repeats them.
      for (const last = to + match; to < last; ) out[to++] = out[from++] as number
    }
  }
}

/** Compresses bytes into one LZ4 frame. */
export function compressLz4(bytes: Buffer): Buffer {
  const blocks = Math.ceil(bytes.length / BLOCK_BYTES)
  const out = Buffer.allocUnsafe(HEADER.length + blocks * 4 + bytes.length + 4)
  HEADER.copy(out)
  let to = HEADER.length
  const table = new Int32Array(1 << HASH_BITS)
  for (let start = 0; start < bytes.length; start += BLOCK_BYTES) {
    const end = Math.min(start + BLOCK_BYTES, bytes.length)
    const data = to + 4
    // A block that compression does not make smaller is stored uncompressed, so a block never takes more than its original size.
    const compressed = compressBlock(bytes, start, end, out, data, table)
    const isSmaller = compressed !== undefined
    if (!isSmaller) bytes.copy(out, data, start, end)
    const size = isSmaller ? compressed - data : end - start
    out.writeUInt32LE(isSmaller ? size : size + IS_UNCOMPRESSED, to)
    to = data + size
  }
  out.writeUInt32LE(0, to)
  return out.subarray(0, to + 4)
}

/**
 * Compresses a block into `out` from `data` on and returns the position after it. Returns `undefined` if the block would not
 * become smaller. `table` maps the hash of four bytes to their latest position plus one, or to 0. Blocks share the table and
 * ignore positions of earlier blocks.
 */
function compressBlock(
  bytes: Buffer,
  start: number,
  end: number,
  out: Buffer,
  data: number,
  table: Int32Array,
): number | undefined {
  const room = data + (end - start)
  const lastStart = end - LAST_MATCH_START
  const lastMatch = end - LAST_LITERALS
  let to = data
  let anchor = start
  let at = start
  // Steps grow while nothing matches, so that incompressible data takes little time.
  let misses = 0
  while (at <= lastStart) {
    const four =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    const hash = Math.imul(four, 0x9e3779b1) >>> (32 - HASH_BITS)
    const from = (table[hash] as number) - 1
    table[hash] = at + 1
    if (
      from < start ||
      bytes[from] !== bytes[at] ||
      bytes[from + 1] !== bytes[at + 1] ||
      bytes[from + 2] !== bytes[at + 2] ||
      bytes[from + 3] !== bytes[at + 3]
    ) {
      at += 1 + (misses++ >>> 6)
      continue
    }
    misses = 0
    let match = MIN_MATCH_BYTES
    while (at + match < lastMatch && bytes[from + match] === bytes[at + match]) match += 1
    const literals = at - anchor
    if (to + literals + literals / 255 + match / 255 + 8 > room) return undefined
    to = writeLiterals(bytes, anchor, at, match - MIN_MATCH_BYTES, out, to)
    out[to++] = (at - from) & 0xff
    out[to++] = (at - from) >>> 8
    if (match - MIN_MATCH_BYTES >= 15) to = writeLength(match - MIN_MATCH_BYTES - 15, out, to)
    at += match
    anchor = at
  }
  const literals = end - anchor
  if (to + literals + literals / 255 + 2 > room) return undefined
  return writeLiterals(bytes, anchor, end, 0, out, to)
}

/** Writes a token and its literals. The caller writes the distance and the rest of the match length. */
function writeLiterals(bytes: Buffer, from: number, end: number, match: number, out: Buffer, to: number): number {
  const literals = end - from
  out[to++] = (Math.min(literals, 15) << 4) | Math.min(match, 15)
  if (literals >= 15) to = writeLength(literals - 15, out, to)
  if (literals >= MIN_NATIVE_BYTES) {
    bytes.copy(out, to, from, end)
    return to + literals
  }
  while (from < end) out[to++] = bytes[from++] as number
  return to
}

function writeLength(rest: number, out: Buffer, to: number): number {
  while (rest >= 255) {
    out[to++] = 255
    rest -= 255
  }
  out[to++] = rest
  return to
}

const damaged = () => corrupt('its lz4 data is not an LZ4 frame')
