import { Decoder, Encoder, Tag } from 'cbor-x'
import { MAX_DEPTH, tooDeep } from '../json.ts'
import { checkCbor } from './cbor-check.ts'
import { dateOf } from './cbor-date.ts'
import { wellFormed } from './exact-value.ts'
import { mapFields } from './map-fields.ts'

export type Decoded = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string }

/** The result of an encoder: the bytes, or the reason why the value has no encoding. */
export type EncodedBytes =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: string }

// Options for plain RFC 8949, which Rust's ciborium and serde_cbor read: no cbor-x record tags, exact map headers, untagged
// byte strings and maps.
const options = {
  useRecords: false,
  variableMapSize: true,
  tagUint8Array: false,
  useTag259ForMaps: false,
  mapsAsObjects: true,
  copyBuffers: true,
}
const encoder = new Encoder(options)
// This option is documented in the README of cbor-x but missing from its types.
const asNumbers = { ...options, int64AsNumber: true }
const decoder = new Decoder(asNumbers)
/** Decodes maps to `Map`, for keys that an object would change, and keeps integers that a number cannot hold. */
const mapDecoder = new Decoder({ ...options, mapsAsObjects: false })

/**
 * Decodes plain CBOR. An integer is a number up to 2^53 - 1 and a bigint beyond, whatever its encoded width. Tagged dates
 * become a Date, which keeps digits beyond milliseconds in `toISOString` and `toJSON`. Byte strings become a Uint8Array, sets
 * an array, UUIDs their text, undefined stays undefined. Other tags, and date tags on something that is not a date, are
 * ignored.
 *
 * A map becomes an object. Keys that are not strings are converted: `1` to "1", bytes to base64. If that makes two keys equal,
 * the map becomes an array of pairs.
 */
export function decodeCbor(bytes: Uint8Array): Decoded {
  const { problem, isPlain, dateTags } = checkCbor(bytes)
  if (problem !== undefined) return { ok: false, reason: `not CBOR: ${problem}` }
  try {
    // Pass a new view, because cbor-x adds a property to the array that it is given. The caller's array would then no longer
    // equal an array with the same bytes.
    const input = dateTags.length === 0 ? bytes.subarray() : withShiftedDateTags(bytes, dateTags)
    return { ok: true, value: isPlain ? decoder.decode(input) : interpret(mapDecoder.decode(input)) }
  } catch (error) {
    return { ok: false, reason: `not CBOR: ${messageOf(error)}` }
  }
}

/**
 * Added to the numbers of date tags before cbor-x decodes, so that cbor-x does not know them and crbus converts the dates
 * itself. cbor-x would turn values that are not dates into an invalid Date, throw for a large number of seconds, and drop
 * digits beyond milliseconds. No input has the resulting tags 6 and 7, because {@link checkCbor} refuses them.
 */
const DATE_TAG_SHIFT = 6

function withShiftedDateTags(bytes: Uint8Array, dateTags: readonly number[]): Uint8Array {
  const copy = Uint8Array.from(bytes)
  for (const at of dateTags) copy[at] = (copy[at] as number) + DATE_TAG_SHIFT
  return copy
}

/**
 * Converts a value of `mapDecoder`: maps to objects, sets to arrays, bigints that fit to numbers, unknown tags to their
 * content.
 */
function interpret(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (value instanceof Tag) return interpretTag(value)
  if (Array.isArray(value)) return value.map(interpret)
  if (value instanceof Set) return [...value].map(interpret)
  if (!(value instanceof Map)) return value
  const pairs = [...value].map(([key, item]) => [interpret(key), interpret(item)] as const)
  return mapFields(pairs)
}

function interpretTag({ tag, value }: Tag): unknown {
  if (tag === DATE_TAG_SHIFT || tag === DATE_TAG_SHIFT + 1) {
    const content = interpret(value)
    return dateOf(content, tag - DATE_TAG_SHIFT) ?? content
  }
  if (tag !== UUID_TAG || !(value instanceof Uint8Array) || value.length !== 16) return interpret(value)
  return Buffer.from(value)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** https://www.iana.org/assignments/cbor-tags */
const UUID_TAG = 37

/** Returns the CBOR major type of the first item: 4 is an array, 5 a map. Skips the tag that marks bytes as CBOR (55799). */
export function cborMajorType(bytes: Uint8Array): number {
  const isDescribed = bytes[0] === 0xd9 && bytes[1] === 0xd9 && bytes[2] === 0xf7
  return (bytes[isDescribed ? 3 : 0] ?? 0) >> 5
}

/** Encodes a value as CBOR that Rust's ciborium and serde_cbor read. */
export function encodeCbor(value: unknown): EncodedBytes {
  try {
    // Copy, because the encoder returns a view of a buffer that it reuses.
    return { ok: true, bytes: Uint8Array.from(encoder.encode(encodable(value, 0))) }
  } catch (error) {
    return { ok: false, reason: `cannot be encoded as CBOR: ${messageOf(error)}` }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * Prepares a value so that other decoders accept its encoding. Integers from 2^32 on become bigints, since cbor-x writes such
 * numbers as floats, which an i64 in Rust refuses. Undefined fields are left out, and lone surrogates are an error.
 */
function encodable(value: unknown, depth: number): unknown {
  if (depth > MAX_DEPTH) throw new RangeError(tooDeep)
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && Math.abs(value) >= 2 ** 32 ? BigInt(value) : value
  }
  if (typeof value === 'string') return wellFormed(value)
  if (Array.isArray(value)) return value.map((item) => encodable(item, depth + 1))
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Uint8Array || value instanceof Date) return value
  if (value instanceof Map)
    return new Map([...value].map(([key, item]) => [encodable(key, depth + 1), encodable(item, depth + 1)]))
  if (value instanceof Set) return [...value].map((item) => encodable(item, depth + 1))
  const fields = Object.entries(value).filter(([, item]) => item !== undefined)
  return Object.fromEntries(fields.map(([name, item]) => [wellFormed(name), encodable(item, depth + 1)]))
}
