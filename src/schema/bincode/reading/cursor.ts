import { jsonText } from '../../json-text.ts'
import { MAX_DEPTH } from '../limits.ts'

/**
 * The state of reading one payload. Reading never throws: a function that fails records the reason here and returns an empty
 * value. Only the first failure is recorded. After it, the cursor has no bytes left, so every later read fails at once.
 *
 * The parameter `what` of the functions below names the type that is read, for the reason of a failure.
 */
export interface Cursor {
  bytes: Uint8Array
  position: number
  /** One past the last byte; {@link FAILED} after a failure, so that the bounds check of every read fails. */
  end: number
  /** The payload as Latin-1, decoded at the first string: a slice of this text costs a tenth of a native call. */
  text: string
  /** Current nesting of recursive types, in function calls. */
  depth: number
  /** How many more items without bytes are accepted. A short payload could claim any number of them. */
  emptyItems: number
  /** Why reading failed; without a failure, the value has no meaning. */
  reason: string
  /** Where reading failed, as an offset in the payload. */
  offset: number
}

const FAILED = -1
const noBytes = new Uint8Array(0)

/** Far above real payloads, and few enough to create quickly. */
const MAX_EMPTY_ITEMS = 65_536

export const newCursor = (): Cursor => ({
  bytes: noBytes,
  position: 0,
  end: 0,
  text: '',
  depth: 0,
  emptyItems: MAX_EMPTY_ITEMS,
  reason: '',
  offset: 0,
})

/** Begins to read a payload. */
export function start(cursor: Cursor, bytes: Uint8Array): void {
  cursor.bytes = bytes
  cursor.position = 0
  cursor.end = bytes.length
  cursor.text = ''
  cursor.depth = 0
  cursor.emptyItems = MAX_EMPTY_ITEMS
}

/**
 * Ends reading a payload, and returns whether every read succeeded. Leftover bytes are a failure here, while
 * `bincode::deserialize` ignores them.
 */
export function finish(cursor: Cursor): boolean {
  if (cursor.position !== cursor.end && !hasFailed(cursor)) {
    const left = cursor.end - cursor.position
    fail(cursor, left === 1 ? '1 byte is left over' : `${left} bytes are left over`)
  }
  // A decoder lives longer than its payloads, so the cursor must not keep the last one in memory.
  cursor.bytes = noBytes
  cursor.text = ''
  return !hasFailed(cursor)
}

export const hasFailed = (cursor: Cursor): boolean => cursor.end === FAILED

/** Records the reason of a failure, unless the cursor has failed before. */
export function fail(cursor: Cursor, reason: string, offset = cursor.position): void {
  if (cursor.end === FAILED) return
  cursor.reason = reason
  cursor.offset = offset
  cursor.end = FAILED
}

/** Fails because of a duplicate key: Rust keeps only the last entry, and would not write the same bytes again. */
export const failDuplicate = (cursor: Cursor, key: string, offset: number): void =>
  fail(cursor, `duplicate map key ${jsonText(key.slice(0, 40))}`, offset)

/** Fails because fewer than `wanted` bytes are left. */
export function failShort(cursor: Cursor, wanted: number, what: string): void {
  if (cursor.end === FAILED) return
  const left = cursor.end - cursor.position
  fail(cursor, `expected ${what}: ${wanted} ${wanted === 1 ? 'byte' : 'bytes'} needed, ${left} left`)
}

/** Moves past `size` bytes and returns their position, or fails and returns -1 if fewer are left. */
export function take(cursor: Cursor, size: number, what: string): number {
  const { position } = cursor
  if (size > cursor.end - position) {
    failShort(cursor, size, what)
    return -1
  }
  cursor.position = position + size
  return position
}

export function readU8(cursor: Cursor, what: string): number {
  const { position } = cursor
  if (position >= cursor.end) {
    failShort(cursor, 1, what)
    return 0
  }
  cursor.position = position + 1
  return cursor.bytes[position] as number
}

export function readU16(cursor: Cursor, what: string): number {
  const at = take(cursor, 2, what)
  if (at < 0) return 0
  const { bytes } = cursor
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8)
}

/** Reads four bytes as an i32; `>>> 0` makes a u32 of the result. */
export function readI32(cursor: Cursor, what: string): number {
  const at = take(cursor, 4, what)
  return at < 0 ? 0 : int32(cursor.bytes, at)
}

/** Reads a little-endian i32. The caller checks the bounds. */
export const int32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) |
  ((bytes[at + 1] as number) << 8) |
  ((bytes[at + 2] as number) << 16) |
  ((bytes[at + 3] as number) << 24)

const TWO_POW_32 = 2 ** 32

/** Reads a u64 as a number if it is a safe integer, else as a string of digits. */
export function readU64(cursor: Cursor, what: string): number | string {
  const at = take(cursor, 8, what)
  if (at < 0) return 0
  const low = int32(cursor.bytes, at) >>> 0
  const high = int32(cursor.bytes, at + 4) >>> 0
  return high <= 0x1fffff ? high * TWO_POW_32 + low : ((BigInt(high) << 32n) | BigInt(low)).toString()
}

/** Reads an i64 as a number if it is a safe integer, else as a string of digits. */
export function readI64(cursor: Cursor, what: string): number | string {
  const at = take(cursor, 8, what)
  if (at < 0) return 0
  const low = int32(cursor.bytes, at) >>> 0
  const high = int32(cursor.bytes, at + 4)
  if (high >= -0x200000 && high <= 0x1fffff) {
    const value = high * TWO_POW_32 + low
    // These high words allow -(2 ** 53) too, which is not a safe integer.
    if (value !== -(2 ** 53)) return value
  }
  return ((BigInt(high) << 32n) | BigInt(low)).toString()
}

/** Reads a 128-bit integer as a number if it is a safe integer, else as a string of digits. */
export function readInteger128(cursor: Cursor, signed: boolean, what: string): number | string {
  const at = take(cursor, 16, what)
  if (at < 0) return 0
  let value = 0n
  for (let word = 3; word >= 0; word -= 1) {
    value = (value << 32n) | BigInt(int32(cursor.bytes, at + word * 4) >>> 0)
  }
  if (signed) value = BigInt.asIntN(128, value)
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value.toString()
}

const scratch = new DataView(new ArrayBuffer(8))

/**
 * Reads an f64; values that JSON has no number for become 'NaN', 'inf' and '-inf'. A NaN with other bits than
 * `f64::NAN` becomes 'NaN(0x…)' with its bits, since Rust writes several NaNs (0.0 / 0.0 is not `f64::NAN`).
 */
export function readF64(cursor: Cursor): number | string {
  const at = take(cursor, 8, 'f64')
  if (at < 0) return 0
  const low = int32(cursor.bytes, at)
  const high = int32(cursor.bytes, at + 4)
  scratch.setInt32(0, low, true)
  scratch.setInt32(4, high, true)
  const value = scratch.getFloat64(0, true)
  if (Number.isFinite(value)) return value
  if (!Number.isNaN(value)) return value > 0 ? 'inf' : '-inf'
  if (low === 0 && high === 0x7ff80000) return 'NaN'
  return `NaN(0x${(high >>> 0).toString(16).padStart(8, '0')}${(low >>> 0).toString(16).padStart(8, '0')})`
}

/** Reads an f32 as the shortest decimal number that identifies it, as Rust writes it: 0.1, not 0.10000000149011612. */
export function readF32(cursor: Cursor): number | string {
  const at = take(cursor, 4, 'f32')
  if (at < 0) return 0
  const bits = int32(cursor.bytes, at)
  scratch.setInt32(0, bits, true)
  const value = scratch.getFloat32(0, true)
  if (Number.isFinite(value)) return shortestF32(value)
  if (!Number.isNaN(value)) return value > 0 ? 'inf' : '-inf'
  return bits === 0x7fc00000 ? 'NaN' : `NaN(0x${(bits >>> 0).toString(16)})`
}

/** Returns the shortest decimal number that identifies a finite f32. */
export function shortestF32(value: number): number {
  // An integer of up to six digits needs no rounding.
  if (Number.isInteger(value) && value >= -999_999 && value <= 999_999) return value
  // An f32 has at least 6 significant digits, except below 2^-126.
  for (let digits = Math.abs(value) < 1.2e-38 ? 1 : 6; digits < 9; digits += 1) {
    const shorter = rounded(value, digits)
    if (Math.fround(shorter) === value) return shorter
  }
  return rounded(value, 9)
}

/** Rounds to `digits` significant digits. A tie goes to the even digit, as in Rust; `toPrecision` alone would round it up. */
function rounded(value: number, digits: number): number {
  const [mantissa = '', exponent = ''] = value.toPrecision(digits + 1).split('e')
  // A tie ends with a 5 that is exact. After an even digit it must be rounded down.
  const isTieAfterEven = /[02468]\.?5$/.test(mantissa) && Number(`${mantissa}e${exponent || 0}`) === value
  return Number(isTieAfterEven ? `${mantissa.slice(0, -1)}0e${exponent || 0}` : value.toPrecision(digits))
}

/**
 * Reads the length of a list. Fails if fewer bytes are left than that many items of at least `minItemBytes` need, so that
 * nothing is allocated for an invalid length.
 */
export function readLength(cursor: Cursor, minItemBytes: number, what: string): number {
  const { position, bytes } = cursor
  const left = cursor.end - position - 8
  if (left < 0) {
    failShort(cursor, 8, `the length of ${what}`)
    return 0
  }
  // Almost every length has an upper word of 0.
  const length =
    ((bytes[position + 4] as number) |
      (bytes[position + 5] as number) |
      (bytes[position + 6] as number) |
      (bytes[position + 7] as number)) ===
    0
      ? int32(bytes, position) >>> 0
      : (int32(bytes, position + 4) >>> 0) * TWO_POW_32 + (int32(bytes, position) >>> 0)
  if (minItemBytes === 0) {
    if (!takeEmptyItems(cursor, length, what)) return 0
  } else if (length * minItemBytes > left) {
    const perItem =
      minItemBytes === 1 || minItemBytes === Number.POSITIVE_INFINITY
        ? ''
        : ` (at least ${minItemBytes} bytes per item)`
    fail(cursor, `expected ${what}: its length ${exactU64(bytes, position)}${perItem} exceeds the ${left} bytes left`)
    return 0
  }
  cursor.position = position + 8
  return length
}

const exactU64 = (bytes: Uint8Array, at: number): bigint =>
  (BigInt(int32(bytes, at + 4) >>> 0) << 32n) | BigInt(int32(bytes, at) >>> 0)

/** Counts items that take no bytes. Fails and returns false above {@link MAX_EMPTY_ITEMS} of them in one payload. */
export function takeEmptyItems(cursor: Cursor, count: number, what: string): boolean {
  if (count > cursor.emptyItems) {
    fail(cursor, `expected ${what}: more than ${MAX_EMPTY_ITEMS} items without bytes in one payload`)
    return false
  }
  if (hasFailed(cursor)) return false
  cursor.emptyItems -= count
  return true
}

/** Reads the number of a variant of an enum with `count` variants; fails and returns -1 for any other number. */
export function readVariant(cursor: Cursor, count: number, what: string): number {
  const variant = readI32(cursor, `the variant of ${what}`) >>> 0
  if (variant < count && !hasFailed(cursor)) return variant
  const range = count === 0 ? 'which has none' : count === 1 ? 'which has only 0' : `0 to ${count - 1}`
  fail(cursor, `expected a variant of ${what}, ${range}, got ${variant}`, cursor.position - 4)
  return -1
}

/** Reads the tag of an Option, and returns whether a value follows. */
export function readOption(cursor: Cursor): boolean {
  const tag = readU8(cursor, 'Option')
  if (tag > 1) fail(cursor, `expected Option, 0 or 1, got ${tag}`, cursor.position - 1)
  return tag === 1
}

/**
 * Enters a recursive type, whose reader nests `height` function calls. Fails and returns false at the limit; otherwise call
 * {@link leave} with the same height afterwards.
 */
export function enter(cursor: Cursor, height: number, what: string): boolean {
  if (hasFailed(cursor)) return false
  if (cursor.depth + height > MAX_DEPTH) {
    fail(cursor, `${what} is nested deeper than crbus supports`)
    return false
  }
  cursor.depth += height
  return true
}

export function leave(cursor: Cursor, height: number): void {
  cursor.depth -= height
}
