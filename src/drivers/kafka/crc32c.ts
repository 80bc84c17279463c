import { createRequire } from 'node:module'

type Checksum = (bytes: Uint8Array) => number

const load = createRequire(import.meta.url)
let chosen: Checksum | undefined
/** Bytes summed so far by tables. */
let summed = 0

/** Loading the package takes 5 ms and 7 MB, and cold tables sum this much in that time. */
const WORTH_LOADING_BYTES = 2 * 1024 * 1024

/** Fewer bytes are summed by tables in less time than a call of native code takes. */
const WORTH_CALLING_BYTES = 128

/**
 * CRC-32C (RFC 3720), which guards Kafka's record batches, of the bytes from `start` to before `end`; `node:zlib` has only
 * the other CRC-32. Uses tables (0.7 GB/s), and where there is more to sum the processor's instruction for it by way of
 * `@node-rs/crc32` (5 GB/s), where that package has a build.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const size = end - start
  if (size < WORTH_CALLING_BYTES) return crc32cByTables(bytes, start, end)
  if (chosen !== undefined) return chosen(bytes.subarray(start, end))
  summed += size
  if (summed > WORTH_LOADING_BYTES) chosen = native() ?? crc32cByTables
  return crc32cByTables(bytes, start, end)
}

function native(): Checksum | undefined {
  try {
    return (load('@node-rs/crc32') as typeof import('@node-rs/crc32')).crc32c
  } catch {
    // The package throws on platforms that it has no build for.
    return undefined
  }
}

let tables: Int32Array | undefined

/** Eight tables, so that eight bytes are taken a step. */
function makeTables(): Int32Array {
  const made = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte
    // The Castagnoli polynomial, bits reversed.
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    made[byte] = crc
  }
  for (let at = 256; at < made.length; at += 1) {
    const before = made[at - 256] as number
    made[at] = (before >>> 8) ^ (made[before & 0xff] as number)
  }
  return made
}

/** The same checksum in JavaScript. */
export function crc32cByTables(bytes: Uint8Array, start = 0, end = bytes.length): number {
  tables ??= makeTables()
  const table = tables
  const eights = end - ((end - start) % 8)
  let crc = -1
  let at = start
  for (; at < eights; at += 8) {
    const low =
      crc ^
      ((bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24))
    crc =
      (table[1792 + (low & 0xff)] as number) ^
      (table[1536 + ((low >>> 8) & 0xff)] as number) ^
      (table[1280 + ((low >>> 16) & 0xff)] as number) ^
      (table[1024 + (low >>> 24)] as number) ^
      (table[768 + (bytes[at + 4] as number)] as number) ^
      (table[512 + (bytes[at + 5] as number)] as number) ^
      (table[256 + (bytes[at + 6] as number)] as number) ^
      (table[bytes[at + 7] as number] as number)
  }
  for (; at < end; at += 1) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[at] as number)) & 0xff] as number)
  return ~crc >>> 0
}
