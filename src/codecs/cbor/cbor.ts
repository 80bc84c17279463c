import { Decoder, Encoder, Tag } from 'cbor-x'
import { DEEPEST, tooDeep, valueJson } from '../json.ts'
import { checkCbor } from './cbor-check.ts'
import { dateOf } from './cbor-date.ts'

export type Decoded = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string }
export type Encoded =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: string }

// The options that keep to plain RFC 8949, so that Rust's ciborium and serde_cbor read what we write: no cbor-x record
// tags, exact map headers, untagged byte strings and maps.
const options = {
  useRecords: false,
  variableMapSize: true,
  tagUint8Array: false,
  useTag259ForMaps: false,
  mapsAsObjects: true,
  copyBuffers: true,
}
const encoder = new Encoder(options)
// cbor-x's types do not know this option, which its README has.
const asNumbers = { ...options, int64AsNumber: true }
const decoder = new Decoder(asNumbers)
/** For maps whose keys an object does not keep as they are, and integers that a number does not hold. */
const mapDecoder = new Decoder({ ...options, mapsAsObjects: false })

/**
 * Plain CBOR. An integer is a number up to 2^53 - 1 and a bigint beyond, however many bytes it was written in; tagged
 * dates come as Date, byte strings as Uint8Array, a set as an array, undefined as undefined, a UUID as its text, and what
 * has another tag, or is not a date in spite of its tag, as what the tag stands before. A Date keeps digits beyond
 * milliseconds in `toISOString` and `toJSON`.
 *
 * A map is an object, and a key that is not a text becomes one: `1` is "1", bytes are base64. A map in which two keys
 * would become one is a list of pairs.
 */
export function decodeCbor(bytes: Uint8Array): Decoded {
  const { problem, isPlain, dateTags } = checkCbor(bytes)
  if (problem !== undefined) return { ok: false, reason: `not CBOR: ${problem}` }
  try {
    // A view of its own: cbor-x leaves a property on the bytes it is given, by which they would differ from their equals.
    const own = dateTags.length === 0 ? bytes.subarray() : withOwnDates(bytes, dateTags)
    return { ok: true, value: isPlain ? decoder.decode(own) : interpret(mapDecoder.decode(own)) }
  } catch (error) {
    return { ok: false, reason: `not CBOR: ${messageOf(error)}` }
  }
}

/**
 * Tags that nobody may use, since {@link checkCbor} refuses them, stand for those of dates while cbor-x reads: it makes
 * an invalid Date of what is not a date, throws for a large number of seconds, and drops digits beyond milliseconds.
 */
const OWN_DATE_TAGS = 6

function withOwnDates(bytes: Uint8Array, dateTags: readonly number[]): Uint8Array {
  const own = Uint8Array.from(bytes)
  for (const at of dateTags) own[at] = (own[at] as number) + OWN_DATE_TAGS
  return own
}

/** Makes objects of Maps, arrays of sets, numbers of bigints that fit, and of a tag that cbor-x leaves what it stands for. */
function interpret(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (value instanceof Tag) return interpretTag(value)
  if (Array.isArray(value)) return value.map(interpret)
  if (value instanceof Set) return [...value].map(interpret)
  if (!(value instanceof Map)) return value
  const pairs = [...value].map(([key, item]) => [interpret(key), interpret(item)] as const)
  const fields = Object.fromEntries(pairs.map(([key, item]) => [nameOf(key), item]))
  return Object.keys(fields).length === pairs.length ? fields : pairs
}

function interpretTag({ tag, value }: Tag): unknown {
  if (tag === OWN_DATE_TAGS || tag === OWN_DATE_TAGS + 1) {
    const content = interpret(value)
    return dateOf(content, tag - OWN_DATE_TAGS) ?? content
  }
  if (tag !== UUID_TAG || !(value instanceof Uint8Array) || value.length !== 16) return interpret(value)
  return Buffer.from(value)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** https://www.iana.org/assignments/cbor-tags */
const UUID_TAG = 37

function nameOf(key: unknown): string {
  if (typeof key === 'string') return key
  const json = valueJson(key)
  return json.startsWith('"') ? json.slice(1, -1) : json
}

/** The kind of the first item: 4 an array, 5 a map. Behind the tag that says "this is CBOR", if it has one. */
export function cborMajorType(bytes: Uint8Array): number {
  const isDescribed = bytes[0] === 0xd9 && bytes[1] === 0xd9 && bytes[2] === 0xf7
  return (bytes[isDescribed ? 3 : 0] ?? 0) >> 5
}

export function encodeCbor(value: unknown): Encoded {
  try {
    // A copy: the encoder hands out views on a buffer it goes on using.
    return { ok: true, bytes: Uint8Array.from(encoder.encode(plain(value, 0))) }
  } catch (error) {
    return { ok: false, reason: `cannot be written as CBOR: ${messageOf(error)}` }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/**
 * What other decoders take: whole numbers from 2^32 on, which cbor-x writes as floats and an i64 in Rust refuses, as
 * bigints; no field that is undefined; no text with half of a surrogate pair.
 */
function plain(value: unknown, depth: number): unknown {
  if (depth > DEEPEST) throw new RangeError(tooDeep)
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && Math.abs(value) >= 2 ** 32 ? BigInt(value) : value
  }
  if (typeof value === 'string') return wellFormed(value)
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1))
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Uint8Array || value instanceof Date) return value
  if (value instanceof Map)
    return new Map([...value].map(([key, item]) => [plain(key, depth + 1), plain(item, depth + 1)]))
  if (value instanceof Set) return [...value].map((item) => plain(item, depth + 1))
  const fields = Object.entries(value).filter(([, item]) => item !== undefined)
  return Object.fromEntries(fields.map(([name, item]) => [wellFormed(name), plain(item, depth + 1)]))
}

function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('a text holds half of a surrogate pair')
  return text
}
