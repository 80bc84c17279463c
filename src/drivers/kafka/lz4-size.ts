import { corrupt } from './batch-errors.ts'

// An LZ4 frame (lz4_Frame_format.md): magic number, flags, block size, content size where flagged, a dictionary id where
// flagged, a header checksum; blocks of a size, data and a checksum where flagged; an end mark, a checksum where flagged.
const FRAME_MAGIC = 0x184d2204
const MIN_HEADER = 7
const HAS_BLOCK_CHECKSUM = 0x10
const HAS_CONTENT_SIZE = 0x08
const HAS_CONTENT_CHECKSUM = 0x04
const HAS_DICTIONARY = 0x01
const IS_UNCOMPRESSED = 0x8000_0000

/**
 * Whether a frame expands to more than `limit` bytes, told without expanding it and whatever size it announces. Blocks
 * count as full at first, which is quick and true of all but the last; only where that is too much are their lengths
 * added up.
 */
export function lz4Exceeds(bytes: Buffer, limit: number): boolean {
  let full = 0
  for (const { end, start, isCompressed, most } of blocksOf(bytes)) full += isCompressed ? most : end - start
  if (full <= limit) return false
  let size = 0
  for (const { start, end, isCompressed } of blocksOf(bytes)) {
    size += isCompressed ? expandedSize(bytes, start, end) : end - start
    if (size > limit) return true
  }
  return false
}

interface Block {
  readonly start: number
  readonly end: number
  readonly isCompressed: boolean
  /** The largest block that the frame allows. */
  readonly most: number
}

function* blocksOf(bytes: Buffer): Generator<Block> {
  for (let at = 0; at < bytes.length; ) {
    if (at + MIN_HEADER > bytes.length || bytes.readUInt32LE(at) !== FRAME_MAGIC) throw damaged()
    const flags = bytes[at + 4] as number
    const sizeId = ((bytes[at + 5] as number) >>> 4) & 7
    if (sizeId < 4) throw damaged()
    const most = 2 ** (8 + 2 * sizeId)
    const checksum = flags & HAS_BLOCK_CHECKSUM ? 4 : 0
    at += MIN_HEADER + (flags & HAS_CONTENT_SIZE ? 8 : 0) + (flags & HAS_DICTIONARY ? 4 : 0)
    for (;;) {
      if (at + 4 > bytes.length) throw damaged()
      const field = bytes.readUInt32LE(at)
      at += 4
      if (field === 0) break
      const size = field % IS_UNCOMPRESSED
      const end = at + size
      if (size > most || end + checksum > bytes.length) throw damaged()
      yield { start: at, end, isCompressed: field < IS_UNCOMPRESSED, most }
      at = end + checksum
    }
    at += flags & HAS_CONTENT_CHECKSUM ? 4 : 0
  }
}

/** Adds up the literals and matches of a block (lz4_Block_format.md). */
function expandedSize(bytes: Buffer, start: number, end: number): number {
  let size = 0
  let at = start
  const more = (nibble: number): number => {
    let length = nibble
    if (nibble === 15) {
      let byte: number
      do {
        if (at >= end) throw damaged()
        byte = bytes[at++] as number
        length += byte
      } while (byte === 255)
    }
    return length
  }
  while (at < end) {
    const token = bytes[at++] as number
    const literals = more(token >>> 4)
    at += literals
    size += literals
    if (at > end) throw damaged()
    // The last sequence of a block is literals alone.
    if (at === end) break
    at += 2
    size += more(token & 15) + 4
  }
  return size
}

const damaged = () => corrupt('its lz4 data is not an LZ4 frame')
