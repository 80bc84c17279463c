import { type FileHandle, open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { zstdDecompress } from 'node:zlib'
import {
  checksumOf,
  FRAME_HEADER_BYTES,
  type FrameHeader,
  type FrameType,
  MAGIC,
  MARKER,
  PREAMBLE_BYTES,
  readFrameHeader,
  VERSION,
} from './frame.ts'

const decompress = promisify(zstdDecompress)

/** Damage in a file of frames. */
export interface Damage {
  /** The byte at which the damaged frame begins. */
  readonly position: number
  readonly reason: string
  /** Whether the file ends too early, as after an export that was killed. */
  readonly isTorn: boolean
}

/** The error for a damaged file. */
export class DamagedFile extends Error implements Damage {
  override readonly name = 'DamagedFile'
  readonly position: number
  readonly reason: string
  readonly isTorn: boolean
  constructor({ position, reason, isTorn }: Damage) {
    super(`byte ${position}: ${reason}`)
    this.position = position
    this.reason = reason
    this.isTorn = isTorn
  }
}

/** A frame whose checksum is right. */
export interface Frame {
  readonly type: FrameType
  readonly number: number
  readonly checksum: number
  /** The byte at which the frame begins, and the byte after it. */
  readonly position: number
  readonly end: number
  /** Resolves with the payload. Rejects with {@link DamagedFile}. */
  payload(): Promise<Buffer>
}

interface ReadFramesOptions {
  /** Called for damage. The reader then continues at the next frame. Absent: damage is thrown. */
  readonly onDamage?: ((damage: Damage) => void) | undefined
}

/** Whether a file begins like a file of frames. */
export async function hasFrames(file: FileHandle): Promise<boolean> {
  const start = await readAt(file, 0, MAGIC.length)
  return start.equals(MAGIC)
}

/** Reads the frames of a file in order and checks their checksums. Throws {@link DamagedFile}. */
export async function* readFrames(path: string, { onDamage }: ReadFramesOptions = {}): AsyncGenerator<Frame, void> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const start = await readAt(file, 0, PREAMBLE_BYTES)
    const problem = preambleProblem(start)
    if (problem !== undefined) throw new DamagedFile({ position: 0, reason: problem, isTorn: size < PREAMBLE_BYTES })
    let number = 0
    for (let position = PREAMBLE_BYTES; position < size; ) {
      const read = await readFrame(file, position, size)
      const missing = 'type' in read && read.number !== number ? read.number : undefined
      if (missing !== undefined) {
        const reason = `frame ${missing} follows frame ${number - 1}, so frames are missing`
        report({ position, reason, isTorn: false }, onDamage)
      }
      if ('type' in read) {
        yield read
        number = read.number + 1
        position = read.end
      } else {
        report(read, onDamage)
        position = await findMarker(file, position + 1, size)
        number += 1
        // The number of lost frames is not known.
        const next = position < size ? await readFrame(file, position, size) : undefined
        if (next !== undefined && 'type' in next) number = next.number
      }
    }
  } finally {
    await file.close()
  }
}

function report(damage: Damage, onDamage: ReadFramesOptions['onDamage']): void {
  if (onDamage === undefined) throw new DamagedFile(damage)
  onDamage(damage)
}

function preambleProblem(start: Buffer): string | undefined {
  if (!start.subarray(0, MAGIC.length).equals(MAGIC)) return 'the file is not an export of crbus'
  const version = start[MAGIC.length]
  if (version === undefined) return 'the file ends before the version of its format'
  return version === VERSION ? undefined : `the format has version ${version}; this crbus reads version ${VERSION}`
}

async function readFrame(file: FileHandle, position: number, size: number): Promise<Frame | Damage> {
  const start = await readAt(file, position, FRAME_HEADER_BYTES)
  const torn = (reason: string): Damage => ({ position, reason, isTorn: true })
  if (start.length < FRAME_HEADER_BYTES) return torn('the file ends in the middle of a frame')
  const header = readFrameHeader(start)
  if (typeof header === 'string') return { position, reason: header, isTorn: false }
  const end = position + FRAME_HEADER_BYTES + header.stored
  // The size may be what is damaged, but the bytes to tell the difference are missing.
  if (end > size) return torn('the file ends in the middle of a frame')
  const stored = await readAt(file, position + FRAME_HEADER_BYTES, header.stored)
  if (stored.length < header.stored) return torn('the file was truncated while it was read')
  if (checksumOf(start, stored) !== header.checksum) {
    return { position, reason: 'the checksum of the frame is wrong', isTorn: false }
  }
  const { type, number, checksum } = header
  return { type, number, checksum, position, end, payload: () => unpack(header, stored, position) }
}

async function unpack({ type, raw }: FrameHeader, stored: Buffer, position: number): Promise<Buffer> {
  if (type !== 'records') return stored
  const invalid = (reason: string) => new DamagedFile({ position, reason, isTorn: false })
  // Node rejects a limit below 1.
  const payload = await decompress(stored, { maxOutputLength: Math.max(1, raw) }).catch((error: Error) => {
    throw invalid(`the frame cannot be decompressed: ${error.message}`)
  })
  if (payload.length !== raw) throw invalid(`the frame has ${payload.length} bytes and announces ${raw}`)
  return payload
}

/** Bytes to search for a marker at a time. */
const SEARCH_BYTES = 1024 * 1024

/** Finds the next marker of a frame; the end of the file if there is none. */
async function findMarker(file: FileHandle, from: number, size: number): Promise<number> {
  for (let at = from; at < size; at += SEARCH_BYTES - MARKER.length) {
    const found = (await readAt(file, at, SEARCH_BYTES)).indexOf(MARKER)
    if (found !== -1) return at + found
  }
  return size
}

/** Reads bytes at a position: fewer at the end of the file. */
async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}
