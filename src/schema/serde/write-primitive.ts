import { type ExactValue, Float } from '../../codecs/cbor/exact-value.ts'
import { describeValue } from '../json-text.ts'
import type { Primitive } from '../model.ts'
import { BITS, hasKind, isInteger, Misfit } from './value-kinds.ts'

/**
 * The formats that contain names. `msgpack` has structs as maps, as `rmp_serde::to_vec_named` writes them, and `msgpack-compact` as
 * arrays, as `rmp_serde::to_vec` does. Rust reads both, except that it does not read some tagged and untagged types from arrays.
 */
export type SerdeFormat = 'json' | 'cbor' | 'msgpack' | 'msgpack-compact'

/** Converts a value of a primitive type to what a format contains. */
export function writePrimitive(kind: Primitive, value: unknown, format: SerdeFormat): ExactValue {
  const bits = BITS[kind]
  if (bits !== undefined) return integer(kind, bits, value, format)
  const exact =
    kind === 'f32' || kind === 'f64' ? float(kind, value, format) : kind === 'bytes' ? bytesOf(value) : value
  if (exact instanceof Float) return exact
  if (exact !== undefined && hasKind(kind, exact))
    return exact instanceof Uint8Array && format === 'json' ? [...exact] : (exact as ExactValue)
  const expected = kind === 'unit' ? 'null' : kind === 'String' ? 'a string' : kind
  throw new Misfit(`expected ${expected}, got ${describeValue(value)}`)
}

function integer(kind: Primitive, bits: number, value: unknown, format: SerdeFormat): ExactValue {
  const isDigits = typeof value === 'string' && /^-?\d{1,40}$/.test(value)
  const given = isDigits ? BigInt(value) : value
  if (!isInteger(given, kind.startsWith('i'), bits)) throw new Misfit(`expected ${kind}, got ${describeValue(value)}`)
  if (typeof given === 'number' && !Number.isSafeInteger(given)) {
    const reason = 'which a JavaScript number cannot hold exactly: write it as a string'
    throw new Misfit(`expected ${kind}, got ${value}, ${reason}`)
  }
  if (bits < 128 || !format.startsWith('msgpack')) return given as number | bigint
  // rmp_serde writes 128 bits as binary, also for small values.
  const hex = BigInt.asUintN(128, BigInt(given as bigint)).toString(16)
  return Uint8Array.from(Buffer.from(hex.padStart(32, '0'), 'hex'))
}

/** The floats that JSON has no numbers for, as decoded payloads show them. */
const words: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
}

function float(kind: 'f32' | 'f64', value: unknown, format: SerdeFormat): Float | undefined {
  const isNumber = typeof value === 'number' || typeof value === 'bigint'
  const given = isNumber ? Number(value) : typeof value === 'string' ? words[value] : undefined
  if (given === undefined) return undefined
  if (format === 'json' && !Number.isFinite(given)) throw new Misfit(`JSON has no number for ${value}`)
  const isSingle = kind === 'f32'
  if (isSingle && Number.isFinite(given) && !Number.isFinite(Math.fround(given)))
    throw new Misfit(`expected f32, got ${value}, which is too large`)
  // JSON keeps the digits of an f32, which Rust reads as the same f32.
  return new Float(isSingle && format !== 'json' ? Math.fround(given) : given, isSingle)
}

/** The bytes of a base64 text or of a list of numbers; `undefined` for any other value. */
function bytesOf(value: unknown): Uint8Array | undefined {
  if (value instanceof Uint8Array) return value
  if (typeof value === 'string') {
    const bytes = Buffer.from(value, 'base64')
    return bytes.toString('base64') === value ? Uint8Array.from(bytes) : undefined
  }
  return hasKind('bytes', value) ? Uint8Array.from(value as readonly number[]) : undefined
}

/** The numbers of a `Vec<u8>` that is given as base64; any other value unchanged. */
export function listOf(value: unknown): unknown {
  const bytes = typeof value === 'string' || value instanceof Uint8Array ? bytesOf(value) : undefined
  return bytes === undefined ? value : [...bytes]
}
