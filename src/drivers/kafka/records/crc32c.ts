type Checksum = (bytes: Uint8Array) => number

/** Not written in the import: bundlers would look for its native code, which they cannot pack. */
const NATIVE = '@node-rs/crc32'

let native: Checksum | undefined
/** Bytes summed so far by tables; minus infinity once the package has been asked for. */
let summed = 0

/** Loading the package takes 5 ms and 7 MB, and cold tables sum this much in that time. */
const WORTH_LOADING_BYTES = 2 * 1024 * 1024

/** Fewer bytes are summed by tables in less time than a call of native code takes. */
const WORTH_CALLING_BYTES = 128

/** Making a view of words takes longer than it saves below this. */
const WORTH_A_VIEW_BYTES = 1024

const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/**
 * CRC-32C (RFC 3720), which guards Kafka's record batches, of the bytes from `start` to before `end`; `node:zlib` has only
 * the other CRC-32. Uses tables (1.2 GB/s), and where there is more to sum the processor's instruction for it by way of
 * `@node-rs/crc32` (5 GB/s), where that optional package is installed and has a build.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const size = end - start
  if (size < WORTH_CALLING_BYTES) return crc32cByTables(bytes, start, end)
  if (native !== undefined) return native(bytes.subarray(start, end))
  summed += size
  if (summed > WORTH_LOADING_BYTES) {
    summed = Number.NEGATIVE_INFINITY
    void loadNative()
  }
  return crc32cByTables(bytes, start, end)
}

/** Tables go on until it is loaded, and for good where it cannot be. */
async function loadNative(): Promise<void> {
  try {
    const { crc32c }: typeof import('@node-rs/crc32') = await import(NATIVE)
    native = crc32c
  } catch {
    // Not installed, or without a build for this platform.
  }
}

let tables: Int32Array | undefined

/** Sixteen tables, so that sixteen bytes are taken a step. */
function makeTables(): Int32Array {
  const made = new Int32Array(16 * 256)
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
  let crc = -1
  let at = start
  if (end - start >= WORTH_A_VIEW_BYTES && IS_LITTLE_ENDIAN) {
    for (; (bytes.byteOffset + at) % 4 !== 0; at += 1) {
      crc = (crc >>> 8) ^ (table[(crc ^ (bytes[at] as number)) & 0xff] as number)
    }
    const words = new Int32Array(bytes.buffer, bytes.byteOffset + at, ((end - at) >>> 4) * 4)
    crc = sumWords(words, crc, table)
    at += words.byteLength
  }
  const eights = end - ((end - at) % 8)
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

/** Takes four words a step, which halves the time of what is large: single bytes cost more to read than to look up. */
function sumWords(words: Int32Array, before: number, table: Int32Array): number {
  let crc = before
  for (let at = 0; at < words.length; at += 4) {
    const first = crc ^ (words[at] as number)
    const second = words[at + 1] as number
    const third = words[at + 2] as number
    const fourth = words[at + 3] as number
    crc =
      (table[3840 + (first & 0xff)] as number) ^
      (table[3584 + ((first >>> 8) & 0xff)] as number) ^
      (table[3328 + ((first >>> 16) & 0xff)] as number) ^
      (table[3072 + (first >>> 24)] as number) ^
      (table[2816 + (second & 0xff)] as number) ^
      (table[2560 + ((second >>> 8) & 0xff)] as number) ^
      (table[2304 + ((second >>> 16) & 0xff)] as number) ^
      (table[2048 + (second >>> 24)] as number) ^
      (table[1792 + (third & 0xff)] as number) ^
      (table[1536 + ((third >>> 8) & 0xff)] as number) ^
      (table[1280 + ((third >>> 16) & 0xff)] as number) ^
      (table[1024 + (third >>> 24)] as number) ^
      (table[768 + (fourth & 0xff)] as number) ^
      (table[512 + ((fourth >>> 8) & 0xff)] as number) ^
      (table[256 + ((fourth >>> 16) & 0xff)] as number) ^
      (table[fourth >>> 24] as number)
  }
  return crc
}
