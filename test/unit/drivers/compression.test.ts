import { execFileSync } from 'node:child_process'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import lz4 from 'lz4-napi'
// @ts-expect-error snappyjs has no types
import snappy from 'snappyjs'
import { describe, expect, test } from 'vitest'
import { codecFor, compressionIds } from '../../../src/drivers/kafka/records/compression.ts'

const MiB = 1024 * 1024
const LIMIT = 32 * MiB
const { gzip, snappy: snappyId, lz4: lz4Id, zstd } = compressionIds

const text = Buffer.from(Array.from({ length: 20_000 }, (_, at) => `{"order_id":"o-${at * 7919}"}`).join('\n'))

const XERIAL = Buffer.from('82534e4150505900' + '00000001' + '00000001', 'hex')

/** Frames as snappy-java does, with a block for each part. */
function xerial(...parts: readonly Buffer[]): Buffer {
  const blocks = parts.flatMap((part) => {
    const block = Buffer.from(snappy.compress(part))
    const length = Buffer.alloc(4)
    length.writeInt32BE(block.length)
    return [length, block]
  })
  return Buffer.concat([XERIAL, ...blocks])
}

const repeat = (bytes: Buffer, times: number): Buffer => Buffer.concat(Array.from({ length: times }, () => bytes))

/** Data that decompresses to a gigabyte, in each compression; of repeated parts, so that it is cheap to make. */
const bombs: readonly (readonly [string, number, () => Buffer])[] = [
  ['gzip', gzip, () => repeat(gzipSync(Buffer.alloc(16 * MiB)), 64)],
  ['zstd', zstd, () => repeat(zstdCompressSync(Buffer.alloc(16 * MiB)), 64)],
  ['lz4', lz4Id, () => repeat(lz4.compressFrameSync(Buffer.alloc(16 * MiB)), 64)],
  ['snappy in frames', snappyId, () => xerial(...Array.from({ length: 1024 }, () => Buffer.alloc(MiB)))],
]

describe('decompression', () => {
  test.each([
    ['gzip', gzip],
    ['snappy', snappyId],
    ['lz4', lz4Id],
    ['zstd', zstd],
  ])('decompression of %s returns the bytes that were compressed', async (_, id) => {
    const codec = await codecFor(id)
    for (const bytes of [text, Buffer.alloc(3 * MiB), Buffer.from('a'), Buffer.from('abababababababab')]) {
      expect(codec.decompress(codec.compress(bytes), bytes.length).equals(bytes)).toBe(true)
    }
  })

  test('decompression of snappy-java frames returns all blocks', async () => {
    const codec = await codecFor(snappyId)
    const halves = [text.subarray(0, 40_000), text.subarray(40_000)]
    expect(codec.decompress(xerial(...halves), text.length).equals(text)).toBe(true)
  })

  test.each([
    ['gzip', gzip, gzipSync],
    ['zstd', zstd, zstdCompressSync],
  ] as const)(
    'decompression of %s returns all frames of a batch, and refuses bytes after them that are not a frame',
    async (_, id, compress) => {
      const codec = await codecFor(id)
      for (const size of [40_000, 16 * 1024, 1]) {
        const frames = Buffer.concat([compress(text.subarray(0, size)), compress(text.subarray(size))])
        expect(codec.decompress(frames, text.length).equals(text)).toBe(true)
        expect(() => codec.decompress(frames, text.length - 1)).toThrow('larger than the limit')
        const more = Buffer.concat([frames, Buffer.from('more')])
        expect(() => codec.decompress(more, LIMIT)).toThrow('the record batch is corrupt: its ')
      }
    },
  )

  // Makes and decompresses a gigabyte.
  test.each(bombs)('decompression of %s stops at the limit', { timeout: 60_000 }, async (_, id, make) => {
    const codec = await codecFor(id)
    const bytes = make()
    expect(() => codec.decompress(bytes, LIMIT)).toThrow(`larger than the limit of ${LIMIT} bytes`)
  })

  // Makes a gigabyte, and decompresses it in a process of its own.
  test.each(bombs)(
    'decompression of %s takes at most twice the limit in memory',
    { timeout: 60_000 },
    (_, id, make) => {
      const script = `
      const { codecFor } = await import(${JSON.stringify(new URL('../../../src/drivers/kafka/records/compression.ts', import.meta.url).href)})
      const chunks = []
      for await (const chunk of process.stdin) chunks.push(chunk)
      const bytes = Buffer.concat(chunks)
      const codec = await codecFor(${id})
      const before = process.resourceUsage().maxRSS
      try { codec.decompress(bytes, ${LIMIT}) } catch {}
      console.log(process.resourceUsage().maxRSS - before)`
      const grown = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { input: make() })
      expect(Number(grown) * 1024).toBeLessThan(2 * LIMIT + 8 * MiB)
    },
  )

  test.each([
    ['gzip', gzip, () => gzipSync(text)],
    ['zstd', zstd, () => zstdCompressSync(text)],
    ['lz4', lz4Id, () => lz4.compressFrameSync(text)],
    ['snappy', snappyId, () => Buffer.from(snappy.compress(text))],
    ['snappy in frames', snappyId, () => xerial(text)],
  ])('decompression of %s refuses data that is cut off', async (_, id, make) => {
    const codec = await codecFor(id)
    const bytes = make()
    for (const size of [1, 5, 12, bytes.length >> 1, bytes.length - 1]) {
      expect(() => codec.decompress(bytes.subarray(0, size), LIMIT)).toThrow('the record batch is corrupt: its ')
    }
  })

  test.each([
    ['too small', 5],
    ['too large', 60],
    ['larger than memory', 0x7fff_ffff],
  ])('decompression of snappy refuses data whose announced size is %s', async (_, size) => {
    const packed = Buffer.from(snappy.compress(Buffer.from('eight by')))
    const wrong = Buffer.concat([uvarint(size), packed.subarray(1)])
    const framed = Buffer.concat([XERIAL, Buffer.from([0, 0, 0, wrong.length]), wrong])
    const codec = await codecFor(snappyId)
    for (const bytes of [wrong, framed]) {
      expect(() => codec.decompress(bytes, 2 ** 31)).toThrow(`does not hold the ${size} bytes`)
    }
  })

  test('decompression of lz4 counts the actual size of the last block, not its maximum', async () => {
    const frame = lz4.compressFrameSync(Buffer.alloc(5 * MiB))
    const codec = await codecFor(lz4Id)
    expect(codec.decompress(frame, 5 * MiB).length).toBe(5 * MiB)
    expect(() => codec.decompress(frame, 5 * MiB - 1)).toThrow('larger than the limit')
  })

  test('refuses a compression id that Kafka does not have', async () => {
    await expect(codecFor(5)).rejects.toThrow('its compression is 5')
  })
})

function uvarint(value: number): Buffer {
  const bytes: number[] = []
  let left = value
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128)
  return Buffer.from([...bytes, left])
}
