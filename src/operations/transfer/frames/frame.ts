import { crc32 } from 'node:zlib'

/** The first bytes of a file of frames: no text begins with 0x89, and a transfer that converts line breaks changes the 0x0a. */
export const MAGIC = Buffer.from([0x89, 0x43, 0x52, 0x42, 0x55, 0x53, 0x0a])
/** The version of the format, which follows {@link MAGIC}. */
export const VERSION = 1
/** The bytes of {@link MAGIC} and the version. */
export const PREAMBLE_BYTES = MAGIC.length + 1

/** The first bytes of every frame, by which a reader finds the next frame after a damaged one. */
export const MARKER = Buffer.from([0x89, 0x46, 0x52, 0x4d])
/** Marker, type, number, stored bytes, raw bytes, checksum. */
export const FRAME_HEADER_BYTES = 21
/** The largest payload of a frame, before and after compression: twice the largest batch that crbus reads by default. */
export const MAX_PAYLOAD_BYTES = 256 * 1024 * 1024

/** The kinds of frames. `records` is compressed with zstd; the others hold JSON. */
const frameTypes = { header: 1, records: 2, end: 3 } as const
export type FrameType = keyof typeof frameTypes
const typeOf = new Map<number, FrameType>(Object.entries(frameTypes).map(([name, id]) => [id, name as FrameType]))

/** The header of a frame. */
export interface FrameHeader {
  readonly type: FrameType
  /** The number of the frame in its file, from 0. A gap shows that frames are missing. */
  readonly number: number
  /** The bytes of the payload in the file. */
  readonly stored: number
  /** The bytes of the payload after decompression. */
  readonly raw: number
  readonly checksum: number
}

/** Encodes a frame. `raw` is the size of the payload before compression. The checksum covers all that follows the marker. */
export function encodeFrame(type: FrameType, number: number, stored: Uint8Array, raw: number): readonly Uint8Array[] {
  const header = Buffer.alloc(FRAME_HEADER_BYTES)
  MARKER.copy(header)
  header.writeUInt8(frameTypes[type], 4)
  header.writeUInt32BE(number, 5)
  header.writeUInt32BE(stored.length, 9)
  header.writeUInt32BE(raw, 13)
  header.writeUInt32BE(checksumOf(header, stored), 17)
  return [header, stored]
}

/** Returns the checksum of a frame: CRC-32 of the header between marker and checksum, then of the stored payload. */
export const checksumOf = (header: Buffer, stored: Uint8Array): number => crc32(stored, crc32(header.subarray(4, 17)))

/** Reads the header of a frame; the reason if it is not one. */
export function readFrameHeader(bytes: Buffer): FrameHeader | string {
  if (!bytes.subarray(0, 4).equals(MARKER)) return 'the marker of a frame is missing'
  const type = typeOf.get(bytes.readUInt8(4))
  if (type === undefined) return `the type of the frame is ${bytes.readUInt8(4)}`
  const stored = bytes.readUInt32BE(9)
  const raw = bytes.readUInt32BE(13)
  if (Math.max(stored, raw) > MAX_PAYLOAD_BYTES) {
    return `the frame claims ${Math.max(stored, raw)} bytes; ${MAX_PAYLOAD_BYTES} are allowed`
  }
  return { type, number: bytes.readUInt32BE(5), stored, raw, checksum: bytes.readUInt32BE(17) }
}
