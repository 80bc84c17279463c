import { SHORT_VEC } from '../../library-containers.ts'
import { type Cursor, fail, readLength, take, takeEmptyItems } from './cursor.ts'

/** The number of bits that each byte of LEB128 contributes. The highest bit says whether another byte follows. */
const BITS_PER_BYTE = 7

/**
 * Reads an unsigned integer in LEB128, as a number if it is a safe integer, else as a string of digits. Fails as the crates of
 * Solana do: for a last byte of 0 after other bytes, for more bytes than `bits` need, and for a value of more than `bits` bits.
 */
export function readLeb128(cursor: Cursor, bits: number, what: string): number | string {
  const { position: start, bytes } = cursor
  const maxBytes = Math.ceil(bits / BITS_PER_BYTE)
  let value = 0n
  for (let count = 0; count < maxBytes; count += 1) {
    const at = take(cursor, 1, what)
    if (at < 0) return 0
    const byte = bytes[at] as number
    value |= BigInt(byte & 0x7f) << BigInt(count * BITS_PER_BYTE)
    if (byte >= 0x80) continue
    if (byte === 0 && count > 0) fail(cursor, `expected ${what}, got an integer with more bytes than it needs`, start)
    else if (value >> BigInt(bits) !== 0n) fail(cursor, `expected ${what} of ${bits} bits, got ${value}`, start)
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : value.toString()
  }
  fail(cursor, `expected ${what}, got an integer of more than ${maxBytes} bytes`, start)
  return 0
}

/** The size of the length of a `ShortVec`. */
const SHORT_LENGTH_BITS = 16

/** Reads the length of a `ShortVec`. Fails if fewer bytes are left than that many items of at least `minItemBytes` need. */
function readShortLength(cursor: Cursor, minItemBytes: number, what: string): number {
  const { position } = cursor
  const length = Number(readLeb128(cursor, SHORT_LENGTH_BITS, `the length of ${what}`))
  if (minItemBytes === 0) return takeEmptyItems(cursor, length, what) ? length : 0
  const left = cursor.end - cursor.position
  if (length * minItemBytes <= left) return length
  const perItem = minItemBytes > 1 && Number.isFinite(minItemBytes) ? ` (at least ${minItemBytes} bytes per item)` : ''
  fail(cursor, `expected ${what}: its length ${length}${perItem} exceeds the ${left} bytes left`, position)
  return 0
}

/** The reader of the length of a list with this name in schema files. */
export const lengthReader = (name: string): typeof readLength => (name === SHORT_VEC ? readShortLength : readLength)
