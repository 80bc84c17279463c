type Checksum = (bytes: Uint8Array) => number

/** A variable for `import`, so that bundlers do not resolve the package: they cannot bundle its native code. */
const NATIVE_PACKAGE = '@node-rs/crc32'

let native: Checksum | undefined
/** How many bytes were summed by tables so far; minus infinity once the package is being loaded. */
let summedBytes = 0

/**
 * After this many bytes the package is loaded: loading takes as long (5 ms) as summing these bytes by tables, and 7 MB of memory.
 */
const NATIVE_LOAD_BYTES = 2 * 1024 * 1024

/** Tables sum fewer bytes than this faster than a call into native code. */
const MIN_NATIVE_BYTES = 128

/** For fewer bytes, creating a view of 32-bit words takes longer than it saves. */
const MIN_VIEW_BYTES = 1024

const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/**
 * Computes the CRC-32C (RFC 3720) of the bytes from `start` to before `end`, which is the checksum of Kafka's record
 * batches; `node:zlib` has only the other CRC-32. Uses tables (1.2 GB/s) at first and for few bytes, else the optional package
 * `@node-rs/crc32` with the instruction of the processor (5 GB/s), where it is installed and has a build for the platform.
 */
export function crc32c(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const size = end - start
  if (size < MIN_NATIVE_BYTES) return crc32cByTables(bytes, start, end)
  if (native !== undefined) return native(bytes.subarray(start, end))
  summedBytes += size
  if (summedBytes > NATIVE_LOAD_BYTES) {
    summedBytes = Number.NEGATIVE_INFINITY
    void loadNative()
  }
  return crc32cByTables(bytes, start, end)
}

/** Loads the package. Until it is loaded, and if it cannot be loaded, tables are used. */
async function loadNative(): Promise<void> {
  try {
    const { crc32c }: typeof import('@node-rs/crc32') = await import(NATIVE_PACKAGE)
    native = crc32c
  } catch {
    // Not installed, or without a build for this platform.
  }
}

let tables: Int32Array | undefined

/** Computes 16 tables of 256 entries, for sums of up to 16 bytes per step ("slicing-by-16"). */
function makeTables(): Int32Array {
  const made = new Int32Array(16 * 256)
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte
    // The Castagnoli polynomial with its bits reversed.
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    made[byte] = crc
  }
  for (let at = 256; at < made.length; at += 1) {
    const before = made[at - 256] as number
    made[at] = (before >>> 8) ^ (made[before & 0xff] as number)
  }
  return made
}

/** Computes the same checksum in JavaScript: 16 bytes per step for long input, 8 for short input, single bytes at the ends. */
export function crc32cByTables(bytes: Uint8Array, start = 0, end = bytes.length): number {
  tables ??= makeTables()
  const table = tables
  let crc = -1
  let at = start
  if (end - start >= MIN_VIEW_BYTES && IS_LITTLE_ENDIAN) {
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

/** Sums four words (16 bytes) per step. Takes half as long as reading single bytes, which costs more than the table lookups. */
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
