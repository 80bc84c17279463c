import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import type { Compression } from '../kafka-options.ts'
import { BatchProblem, corrupt, tooLarge } from './batch-errors.ts'

/** The compression ids in the attributes of a record batch. */
export const compressionIds: Readonly<Record<Compression, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 }

/** Compresses and decompresses the records of a batch. */
export interface Codec {
  compress(bytes: Buffer): Buffer
  /**
   * Returns at most `limit` bytes. Throws a `BatchProblem` if the data has more bytes, whatever size it announces, or does not
   * follow the format.
   */
  decompress(bytes: Buffer, limit: number): Buffer
}

const codecs: Partial<Record<number, Codec>> = {
  1: {
    compress: (bytes) => gzipSync(bytes),
    decompress: (bytes, limit) => bounded('gzip', limit, () => gunzipSync(bytes, { maxOutputLength: limit })),
  },
  4: {
    compress: (bytes) => zstdCompressSync(bytes),
    decompress: (bytes, limit) => bounded('zstd', limit, () => unzstd(bytes, limit)),
  },
}

/** Returns the codec for a compression id. The code for snappy and lz4 is loaded when it is first needed. */
export async function codecFor(id: number): Promise<Codec> {
  codecs[id] ??= id === 2 ? await loadSnappy() : id === 3 ? await loadLz4() : undefined
  const codec = codecs[id]
  if (!codec) throw corrupt(`its compression is ${id}, but Kafka's highest is 4`)
  return codec
}

/** Runs a decompression and converts its errors to `BatchProblem`s. */
function bounded(name: string, limit: number, decompress: () => Buffer): Buffer {
  try {
    return decompress()
  } catch (error) {
    if (error instanceof BatchProblem) throw error
    const { code, message } = error as { readonly code?: string; readonly message: string }
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(limit)
    throw corrupt(`its ${name} data cannot be decompressed (${message})`)
  }
}

/** Decompresses all zstd frames. Node usually stops after the first frame. */
function unzstd(bytes: Buffer, limit: number): Buffer {
  const frames: Buffer[] = []
  let size = 0
  for (let at = 0; at < bytes.length; ) {
    // Node rejects a limit below 1.
    const options = { maxOutputLength: Math.max(1, limit - size), info: true }
    const { buffer, engine } = zstdDecompressSync(bytes.subarray(at), options) as unknown as Decompressed
    frames.push(buffer)
    size += buffer.length
    at += engine.bytesWritten
    if (size > limit) throw tooLarge(limit)
  }
  const [first] = frames
  return frames.length === 1 && first !== undefined ? first : Buffer.concat(frames, size)
}

/** The result of zlib's functions with the option `info`. */
interface Decompressed {
  readonly buffer: Buffer
  /** `bytesWritten`: the bytes consumed from the input. */
  readonly engine: { readonly bytesWritten: number }
}

async function loadLz4(): Promise<Codec> {
  const { compressLz4, decompressLz4 } = await import('./lz4.ts')
  return { compress: compressLz4, decompress: decompressLz4 }
}

async function loadSnappy(): Promise<Codec> {
  // @ts-expect-error snappyjs has no types
  const [{ default: snappy }, { uncompressSnappy }] = await Promise.all([import('snappyjs'), import('./snappy.ts')])
  return { compress: (bytes) => Buffer.from(snappy.compress(bytes)), decompress: uncompressSnappy }
}
