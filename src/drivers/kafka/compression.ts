import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

import type { Compression } from './kafka-options.ts'

/** The number in a record batch's attributes. */
export const compressionIds: Readonly<Record<Compression, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 }

export interface Codec {
  compress(bytes: Buffer): Buffer
  decompress(bytes: Buffer): Buffer
}

const codecs: Partial<Record<number, Codec>> = {
  1: { compress: (bytes) => gzipSync(bytes), decompress: (bytes) => gunzipSync(bytes) },
  4: { compress: (bytes) => zstdCompressSync(bytes), decompress: (bytes) => zstdDecompressSync(bytes) },
}

/** The codec of a batch; the libraries for snappy and lz4 are loaded when a first batch needs them. */
export async function codecFor(id: number): Promise<Codec> {
  codecs[id] ??= id === 2 ? await loadSnappy() : id === 3 ? await loadLz4() : undefined
  const codec = codecs[id]
  if (!codec) throw new RangeError(`there is no compression ${id}`)
  return codec
}

async function loadLz4(): Promise<Codec> {
  const { default: lz4 } = await import('lz4-napi')
  return {
    compress: (bytes) => lz4.compressFrameSync(bytes),
    decompress: (bytes) => lz4.decompressFrameSync(bytes),
  }
}

/** How Java's snappy-java frames its blocks: this, two version numbers, then length and block. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const XERIAL_HEADER = 16

async function loadSnappy(): Promise<Codec> {
  // @ts-expect-error snappyjs has no types
  const { default: snappy } = await import('snappyjs')
  const uncompress = (bytes: Buffer): Buffer => Buffer.from(snappy.uncompress(bytes))
  return {
    compress: (bytes) => Buffer.from(snappy.compress(bytes)),
    decompress(bytes) {
      if (!bytes.subarray(0, XERIAL.length).equals(XERIAL)) return uncompress(bytes)
      const blocks: Buffer[] = []
      for (let at = XERIAL_HEADER; at + 4 <= bytes.length; ) {
        const size = bytes.readInt32BE(at)
        blocks.push(uncompress(bytes.subarray(at + 4, at + 4 + size)))
        at += 4 + size
      }
      return Buffer.concat(blocks)
    },
  }
}
