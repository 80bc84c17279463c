import { describeValue, jsonText } from '../../json-text.ts'
import type { Primitive } from '../../model.ts'
import {
  type Cursor,
  fail,
  hasFailed,
  readF32,
  readF64,
  readI32,
  readI64,
  readInteger128,
  readLength,
  readU8,
  readU16,
  readU64,
} from '../reading/cursor.ts'
import { readBase64, readChar, readPlainText, readString, skipString } from '../reading/text.ts'
import {
  putBig,
  putBytes,
  putF32,
  putF64,
  putInteger64,
  putString,
  putU8,
  putU16,
  putU32,
  refuse,
  refuseValue,
  type Sink,
} from '../writing/sink.ts'
import type { TextFormat } from './text-formats.ts'

/** A type whose values are single values in JSON: a number, a string, a bool or null. */
export interface Leaf {
  readonly kind: 'leaf'
  readonly name: string
  /** The fewest bytes a value takes. */
  readonly size: number
  /** Reads a value; after a failure, the cursor has the reason and the result has no meaning. */
  readonly read: (cursor: Cursor) => unknown
  /** Checks a value as `read` does, without creating it. Absent: `read` is as fast. */
  readonly skip?: (cursor: Cursor) => void
  /** Reads a value as JSON text. */
  readonly readJson: (cursor: Cursor) => string
  /** Writes a value and returns true, or sets the reason and returns false. */
  readonly write: (sink: Sink, value: unknown) => boolean
  /** Turns the key of a JSON object back into a value; `undefined` for types that serde_json does not write as keys. */
  readonly key?: (text: string) => unknown
  /** Whether different texts can be the same key, such as a UUID in capitals, so that keys of an object may be duplicates. */
  readonly isLoose?: true
  /** Whether its only value is null, so that an Option of it writes Some as `{"Some": null}`. */
  readonly isNull?: true
}

/** A key that `write` accepts as text. */
const asText = (text: string): unknown => text

/** A string: a length and UTF-8. A string that does not have the format is refused in both directions, as in Rust. */
export function textLeaf(name: string, format?: TextFormat): Leaf {
  const expected = format === undefined ? 'a string' : `${name}, like "${format.example}"`
  const write = (sink: Sink, value: unknown): boolean =>
    typeof value === 'string' && (format === undefined || format.matches(value))
      ? putString(sink, value)
      : refuseValue(sink, expected, value)
  const leaf = { kind: 'leaf', name, size: 8, write, key: asText } as const
  if (format === undefined) return { ...leaf, read: readString, skip: skipString, readJson: readStringJson }
  const read = (cursor: Cursor): string => {
    const { position } = cursor
    const text = readString(cursor)
    if (!format.matches(text)) fail(cursor, `expected ${expected}, got ${describeValue(text)}`, position)
    return text
  }
  return { ...leaf, read, readJson: (cursor) => jsonText(read(cursor)) }
}

function readStringJson(cursor: Cursor): string {
  const plain = readPlainText(cursor)
  return plain === undefined ? jsonText(readString(cursor)) : `"${plain}"`
}

/** Reads an integer as JSON text: a number, or a string of digits beyond 2^53. */
const integerJson = (read: Leaf['read']) => (cursor: Cursor) => {
  const value = read(cursor)
  return typeof value === 'number' ? `${value}` : `"${value}"`
}

/** An i128 has up to 39 digits and a sign. Converting a million digits to a bigint would be slow. */
const MAX_INTEGER_CHARS = 40

const isDigits = /^(?:0|-?[1-9]\d*)$/

/** An integer type of at most 32 bits, whose values all fit a JavaScript number. */
function smallInteger(name: Primitive, bits: 8 | 16 | 32, read: (cursor: Cursor) => number, put: Put): Leaf {
  const signed = name.startsWith('i')
  const min = signed ? -(2 ** (bits - 1)) : 0
  const max = 2 ** (signed ? bits - 1 : bits) - 1
  const write = (sink: Sink, value: unknown): boolean => {
    if (typeof value === 'number' && Number.isInteger(value)) {
      if (value < min || value > max) return refuseRange(sink, name, min, max, value)
      put(sink, value)
      return true
    }
    const integer = integerOf(value)
    return integer === undefined ? refuseValue(sink, name, value) : write(sink, Number(integer))
  }
  return { kind: 'leaf', name, size: bits / 8, read, readJson: (cursor) => `${read(cursor)}`, write, key: asText }
}

type Put = (sink: Sink, value: number) => void

/** An integer type of two or four 32-bit words. Values beyond 2^53 are strings of digits. */
function largeInteger(name: Primitive, words: 2 | 4, signed: boolean, read: (cursor: Cursor) => number | string): Leaf {
  const bits = BigInt(words * 32)
  const min = signed ? -(2n ** (bits - 1n)) : 0n
  const max = 2n ** (signed ? bits - 1n : bits) - 1n
  const write = (sink: Sink, value: unknown): boolean => {
    // The common case needs no bigint.
    if (words === 2 && typeof value === 'number' && Number.isSafeInteger(value) && (signed || value >= 0)) {
      putInteger64(sink, value)
      return true
    }
    if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
      return refuse(
        sink,
        `expected ${name}, got ${value}, which a JavaScript number cannot hold exactly: write it as a string`,
      )
    }
    const integer = integerOf(value)
    if (integer === undefined) return refuseValue(sink, name, value)
    if (integer < min || integer > max) return refuseRange(sink, name, min, max, integer)
    putBig(sink, integer, words)
    return true
  }
  return { kind: 'leaf', name, size: words * 4, read, readJson: integerJson(read), write, key: asText }
}

/** Returns the integer that a number, a bigint or a string of digits stands for exactly. */
function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined
  return typeof value === 'string' && value.length <= MAX_INTEGER_CHARS && isDigits.test(value)
    ? BigInt(value)
    : undefined
}

type Integer = number | bigint

const refuseRange = (sink: Sink, name: string, min: Integer, max: Integer, value: Integer): false =>
  refuse(sink, `expected ${name}, ${min} to ${max}, got ${value}`)

function float(name: 'f32' | 'f64', read: (cursor: Cursor) => number | string): Leaf {
  const isF32 = name === 'f32'
  const put = isF32 ? putF32 : putF64
  const write = (sink: Sink, value: unknown): boolean => {
    if (typeof value === 'string') return writeNonFinite(sink, name, value)
    if (typeof value !== 'number' && typeof value !== 'bigint') return refuseValue(sink, name, value)
    const float = Number(value)
    const overflows = isF32 && Number.isFinite(float) && !Number.isFinite(Math.fround(float))
    if (overflows || (typeof value === 'bigint' && !Number.isFinite(float))) {
      return refuse(sink, `expected ${name}, got ${value}, which is too large`)
    }
    put(sink, float)
    return true
  }
  const readJson = (cursor: Cursor) => {
    const value = read(cursor)
    // JSON.stringify drops the sign of -0; serde_json and JSON.parse keep it.
    return typeof value === 'string' ? `"${value}"` : value === 0 && 1 / value < 0 ? '-0.0' : `${value}`
  }
  return { kind: 'leaf', name, size: isF32 ? 4 : 8, read, readJson, write }
}

/** Writes a float that JSON has no number for: `NaN`, `inf`, `-inf`, or `NaN(0x…)` with the bits of the NaN. */
function writeNonFinite(sink: Sink, name: 'f32' | 'f64', word: string): boolean {
  const put = name === 'f32' ? putF32 : putF64
  if (word === 'NaN') {
    // The bits of `f64::NAN` and `f32::NAN`; JavaScript does not guarantee the bits of its NaN.
    if (name === 'f64') putBig(sink, 0x7ff8000000000000n, 2)
    else putU32(sink, 0x7fc00000)
    return true
  }
  if (word === 'inf' || word === '-inf') {
    put(sink, word === 'inf' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY)
    return true
  }
  const digits = name === 'f32' ? 8 : 16
  const bits = /^NaN\(0x([0-9a-f]+)\)$/.exec(word)?.[1]
  if (bits?.length !== digits) return refuseValue(sink, `${name} (a number, or "NaN", "inf", "-inf")`, word)
  putBig(sink, BigInt(`0x${bits}`), digits / 8)
  return true
}

const unit: Leaf = {
  kind: 'leaf',
  name: '()',
  size: 0,
  read: () => null,
  readJson: () => 'null',
  write: (sink, value) => value === null || refuseValue(sink, 'null', value),
  isNull: true,
}

const readBool = (cursor: Cursor): boolean => {
  const tag = readU8(cursor, 'bool')
  if (tag > 1) fail(cursor, `expected bool, 0 or 1, got ${tag}`, cursor.position - 1)
  return tag === 1
}

const bool: Leaf = {
  kind: 'leaf',
  name: 'bool',
  size: 1,
  read: readBool,
  readJson: (cursor) => (readBool(cursor) ? 'true' : 'false'),
  write: (sink, value) => {
    if (typeof value !== 'boolean') return refuseValue(sink, 'true or false', value)
    putU8(sink, value ? 1 : 0)
    return true
  },
  key: (text) => (text === 'true' ? true : text === 'false' ? false : text),
}

const char: Leaf = {
  kind: 'leaf',
  name: 'char',
  size: 1,
  read: readChar,
  readJson: (cursor) => jsonText(readChar(cursor)),
  write: (sink, value) => {
    const isOneCharacter = typeof value === 'string' && value.length === ((value.codePointAt(0) ?? 0) > 0xffff ? 2 : 1)
    if (!isOneCharacter || !value.isWellFormed()) return refuseValue(sink, 'a string of one character', value)
    putBytes(sink, Buffer.from(value))
    return true
  },
  key: asText,
}

const isBase64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Bytes from a Uint8Array, base64 or a list of numbers; `undefined` for any other value. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  if (typeof value === 'string') {
    if (value.length % 4 !== 0 || !isBase64.test(value)) return undefined
    const bytes = Buffer.from(value, 'base64')
    // Refuse base64 whose last character has extra bits: decoding drops them, and crbus does not write such base64.
    return bytes.toString('base64') === value ? bytes : undefined
  }
  if (!Array.isArray(value)) return undefined
  const isByte = (item: unknown): item is number =>
    typeof item === 'number' && Number.isInteger(item) && item >= 0 && item <= 255
  return value.every(isByte) ? Uint8Array.from(value) : undefined
}

/** `Vec<u8>` and `serde_bytes`: a length and that many bytes, base64 in JSON. */
export const byteList = (name: string): Leaf => ({
  kind: 'leaf',
  name,
  size: 8,
  read: (cursor) => readBase64(cursor, readLength(cursor, 1, name), name),
  readJson: (cursor) => `"${readBase64(cursor, readLength(cursor, 1, name), name)}"`,
  write: (sink, value) => {
    const bytes = bytesOf(value)
    if (bytes === undefined) return refuseValue(sink, 'bytes (base64, or a list of numbers from 0 to 255)', value)
    putInteger64(sink, bytes.length)
    putBytes(sink, bytes)
    return true
  },
})

/** `[u8; 32]`: exactly that many bytes, base64 in JSON. */
export const byteArray = (length: number): Leaf => {
  const name = `[u8; ${length}]`
  return {
    kind: 'leaf',
    name,
    size: length,
    read: (cursor) => readBase64(cursor, length, name),
    readJson: (cursor) => `"${readBase64(cursor, length, name)}"`,
    write: (sink, value) => {
      const bytes = bytesOf(value)
      if (bytes === undefined) return refuseValue(sink, 'bytes (base64, or a list of numbers from 0 to 255)', value)
      if (bytes.length !== length) return refuse(sink, `expected ${length} bytes, got ${bytes.length}`)
      putBytes(sink, bytes)
      return true
    },
  }
}

/** A type that cannot be read or written: both fail with the reason `why`. */
export const impossible = (name: string, why: string): Leaf => ({
  kind: 'leaf',
  name,
  size: 0,
  read: (cursor) => fail(cursor, why),
  readJson: (cursor) => {
    fail(cursor, why)
    return 'null'
  },
  write: (sink) => refuse(sink, why),
})

/** A `NonZero` type: the integer type without zero. */
export const nonZero = (name: string, of: Leaf): Leaf => {
  // After a failure, reading returns 0 as well.
  const refuseZero = (cursor: Cursor, isZero: boolean, offset: number) => {
    if (isZero && !hasFailed(cursor)) fail(cursor, `expected ${name}, got 0`, offset)
  }
  return {
    ...of,
    name,
    read: (cursor) => {
      const { position } = cursor
      const value = of.read(cursor)
      refuseZero(cursor, value === 0, position)
      return value
    },
    readJson: (cursor) => {
      const { position } = cursor
      const json = of.readJson(cursor)
      refuseZero(cursor, json === '0', position)
      return json
    },
    write: (sink, value) =>
      value === 0 || value === 0n || value === '0' ? refuse(sink, `expected ${name}, got 0`) : of.write(sink, value),
  }
}

const u64 = (name: 'u64' | 'usize') => largeInteger(name, 2, false, (cursor) => readU64(cursor, name))
const i64 = (name: 'i64' | 'isize') => largeInteger(name, 2, true, (cursor) => readI64(cursor, name))

export const primitives: Readonly<Record<Primitive, Leaf>> = {
  unit,
  bool,
  u8: smallInteger('u8', 8, (cursor) => readU8(cursor, 'u8'), putU8),
  u16: smallInteger('u16', 16, (cursor) => readU16(cursor, 'u16'), putU16),
  u32: smallInteger('u32', 32, (cursor) => readI32(cursor, 'u32') >>> 0, putU32),
  u64: u64('u64'),
  usize: u64('usize'),
  u128: largeInteger('u128', 4, false, (cursor) => readInteger128(cursor, false, 'u128')),
  i8: smallInteger('i8', 8, (cursor) => (readU8(cursor, 'i8') << 24) >> 24, putU8),
  i16: smallInteger('i16', 16, (cursor) => (readU16(cursor, 'i16') << 16) >> 16, putU16),
  i32: smallInteger('i32', 32, (cursor) => readI32(cursor, 'i32'), putU32),
  i64: i64('i64'),
  isize: i64('isize'),
  i128: largeInteger('i128', 4, true, (cursor) => readInteger128(cursor, true, 'i128')),
  f32: float('f32', readF32),
  f64: float('f64', readF64),
  char,
  String: textLeaf('String'),
  bytes: byteList('bytes'),
}
