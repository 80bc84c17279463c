import { type EventMetadata, eventProblem, type SerializedEvent, versionOf } from '../bus/event.ts'
import { BincodeReader, BincodeWriter } from './bincode.ts'
import { cborMajorType, decodeCbor, type EncodedBytes, encodeCbor } from './cbor/cbor.ts'
import { cborField } from './cbor/cbor-check.ts'
import { decodeJson, writeJson } from './json.ts'

/**
 * The envelope layouts that {@link decodeEnvelope} reads. {@link encodeEnvelope} writes `bincode-w3` and `cbor`.
 *
 * The bincode layouts are those of three generations of Composable Rust. W3 is the current one: event type, event version, data
 * and four optional metadata fields. W2 has no event version. W1 has neither a version nor fixed metadata fields: its metadata
 * are any JSON value.
 */
export type EnvelopeFormat = 'bincode-w3' | 'bincode-w2' | 'bincode-w1' | 'cbor' | 'json'

/** The result of {@link decodeEnvelope}: the event and its layout, or the reason why the bytes are not an envelope. */
export type DecodedEnvelope =
  | {
      readonly ok: true
      readonly format: EnvelopeFormat
      /** True when the bytes match more than one layout and this is the most likely one. */
      readonly guessed: boolean
      readonly event: SerializedEvent
    }
  | { readonly ok: false; readonly reason: string }

/**
 * Decodes the value of a record to an event. The bytes do not name their layout, so each layout is tried strictly, to the
 * last byte, in the order W3, W2, W1 (see {@link EnvelopeFormat}), CBOR, JSON. When both W3 and W2 fit, W3 wins if its version
 * is the one in its event type, else W2.
 *
 * @example
 * ```ts
 * import { decodeEnvelope } from 'crbus'
 *
 * const value = Buffer.from('{"event_type":"OrderPlaced.v1","data":{"order_id":"o-1"}}')
 * const decoded = decodeEnvelope(value)
 * if (!decoded.ok) throw new Error(decoded.reason)
 * decoded.format // => 'json'
 * decoded.event.eventType // => 'OrderPlaced.v1'
 * ```
 */
export function decodeEnvelope(bytes: Uint8Array): DecodedEnvelope {
  if (bytes.length === 0) return { ok: false, reason: 'not an envelope: the value is empty' }
  const w3 = readW3(bytes)
  if (w3.ok && !mayBeW2(w3.event)) return w3
  const w2 = readW2(bytes)
  if (w3.ok) {
    if (!w2.ok) return w3
    const { eventType, eventVersion } = w3.event
    return guess(eventVersion === versionOf(eventType) ? w3 : w2)
  }
  if (w2.ok) return w2
  const w1 = readW1(bytes)
  return w1.ok ? guess(w1) : decodeFields(bytes, w3.reason)
}

/**
 * Whether bytes that were read as W3 may be a W2 envelope. After the event type, W2 has a u64 length and the data; W3 has an
 * i32 version, a u64 length and the data. Read as W3, the lower half of W2's length is the version. W3's length then consists
 * of the upper half of W2's length, which is zero, and the first four bytes of W2's data. Unless these are zero too, W3's
 * length is far too large. So only W2 data that begin with four zero bytes fit W3, as an envelope without data.
 */
const mayBeW2 = ({ data, eventVersion }: SerializedEvent): boolean => data.length === 0 && eventVersion >= 4

/** Returns the same envelope, marked as a guess. */
const guess = ({ format, event }: ReadEnvelope): ReadEnvelope => ({ ok: true, format, guessed: true, event })

type ReadEnvelope = Extract<DecodedEnvelope, { ok: true }>

const notRead = (reason: string) => ({ ok: false, reason }) as const

/** Decodes an envelope with named fields, in CBOR or JSON. */
function decodeFields(bytes: Uint8Array, whyNotBincode: string): DecodedEnvelope {
  const isCbor = cborMajorType(bytes) === 5
  const isJson = startsLikeJson(bytes)
  const decoded = isCbor ? decodeCbor(bytes) : isJson ? decodeJson(bytes) : undefined
  if (decoded === undefined || !decoded.ok) {
    const other = decoded === undefined ? 'not CBOR, not JSON' : decoded.reason
    return { ok: false, reason: `not an envelope: not bincode (${whyNotBincode}), ${other}` }
  }
  // Take the bytes of CBOR data as they are: decoding and encoding them would lose what JavaScript values cannot represent.
  const read = fromFields(decoded.value, isCbor ? () => dataBytes(bytes) : encodeJson)
  if (read.ok) return { ok: true, format: isCbor ? 'cbor' : 'json', guessed: false, event: read.event }
  return { ok: false, reason: `not an envelope: ${isCbor ? 'CBOR' : 'JSON'} ${read.reason}` }
}

function readW3(bytes: Uint8Array): DecodedEnvelope {
  const reader = new BincodeReader(bytes)
  const eventType = reader.repeatedString()
  const eventVersion = reader.i32()
  const data = reader.bytes()
  const metadata = reader.some() ? readMetadata(reader) : null
  reader.end()
  if (reader.failure !== undefined) return notRead(reader.failure)
  return { ok: true, format: 'bincode-w3', guessed: false, event: { eventType, eventVersion, data, metadata } }
}

function readW2(bytes: Uint8Array): DecodedEnvelope {
  const reader = new BincodeReader(bytes)
  const eventType = reader.repeatedString()
  const data = reader.bytes()
  const metadata = reader.some() ? readMetadata(reader) : null
  reader.end()
  if (reader.failure !== undefined) return notRead(reader.failure)
  const eventVersion = versionOf(eventType)
  return { ok: true, format: 'bincode-w2', guessed: false, event: { eventType, eventVersion, data, metadata } }
}

const readText = (reader: BincodeReader): string | undefined => (reader.some() ? reader.string() : undefined)

function readMetadata(reader: BincodeReader): EventMetadata {
  const correlationId = readText(reader)
  const causationId = readText(reader)
  const userId = readText(reader)
  const timestamp = readText(reader)
  return { correlationId, causationId, userId, timestamp }
}

/**
 * In W1, metadata are any JSON value, encoded without its type. This reads only an object of strings, the most likely value.
 */
function readW1(bytes: Uint8Array): DecodedEnvelope {
  const reader = new BincodeReader(bytes)
  const eventType = reader.repeatedString()
  const data = reader.bytes()
  const hasMetadata = reader.some()
  // A name and a value each begin with a length of 8 bytes.
  const count = hasMetadata ? reader.length(16) : 0
  const fields = Array.from({ length: count }, () => [reader.string(), reader.string()] as const)
  reader.end()
  if (reader.failure !== undefined) return notRead(reader.failure)
  const named = new Map(fields)
  if (named.size < count) return notRead('a metadata field occurs twice')
  const metadata = hasMetadata ? toMetadata(Object.fromEntries(named)) : null
  const eventVersion = versionOf(eventType)
  return { ok: true, format: 'bincode-w1', guessed: false, event: { eventType, eventVersion, data, metadata } }
}

const wireNames = {
  correlation_id: 'correlationId',
  causation_id: 'causationId',
  user_id: 'userId',
  timestamp: 'timestamp',
} as const

/**
 * Converts fields with the names of the envelope, such as `correlation_id`, to metadata. Unknown fields are kept under
 * `extra`.
 */
export function toMetadata(fields: Readonly<Record<string, unknown>>): EventMetadata {
  const known: Record<string, string> = {}
  const extra: [string, unknown][] = []
  for (const [name, value] of Object.entries(fields)) {
    const field = Object.hasOwn(wireNames, name) ? wireNames[name as keyof typeof wireNames] : undefined
    if (field !== undefined && typeof value === 'string') known[field] = value
    // A TypeScript service may write the timestamp with the CBOR tag for dates.
    else if (field === 'timestamp' && isTime(value)) known[field] = value.toISOString()
    else if (field === undefined || (value !== null && value !== undefined)) extra.push([name, value])
  }
  return extra.length === 0 ? known : { ...known, extra: Object.fromEntries(extra) }
}

const isTime = (value: unknown): value is Date => value instanceof Date && !Number.isNaN(value.getTime())

/** Whether the first byte that is not white space is an opening brace. */
function startsLikeJson(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
  return first === 0x7b
}

function dataBytes(envelope: Uint8Array): EncodedBytes {
  const bytes = cborField(envelope, 'data')
  return bytes === undefined ? { ok: false, reason: 'is missing' } : { ok: true, bytes: Uint8Array.from(bytes) }
}

const encodeJson = (value: unknown): EncodedBytes => ({ ok: true, bytes: Buffer.from(writeJson(value)) })

type FieldsRead =
  | { readonly ok: true; readonly event: SerializedEvent }
  | { readonly ok: false; readonly reason: string }

function fromFields(value: unknown, encodeData: (data: unknown) => EncodedBytes): FieldsRead {
  if (!isFields(value)) return notRead('that is not a map with field names')
  const { event_type, event_version, data, metadata } = value
  if (typeof event_type !== 'string' || !event_type.isWellFormed()) return notRead('without a string event_type')
  if (data === undefined) return notRead('without data')
  const version = event_version === undefined ? versionOf(event_type) : toI32(event_version)
  if (version === undefined) return notRead('with an event_version that is not a 32-bit integer')
  if (metadata !== undefined && metadata !== null && !isFields(metadata))
    return notRead('with metadata that is not a map')
  const payload = isBytes(data) ? ({ ok: true, bytes: Uint8Array.from(data) } as const) : encodeData(data)
  if (!payload.ok) return notRead(`whose data ${payload.reason}`)
  const fields = metadata === undefined || metadata === null ? null : toMetadata(metadata)
  return { ok: true, event: { eventType: event_type, eventVersion: version, data: payload.bytes, metadata: fields } }
}

const isFields = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array)

/** Returns a version as a 32-bit integer; `undefined` when it is not one. Accepts bigints too, because CBOR may use 64 bits. */
function toI32(value: unknown): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined
  const version = Number(value)
  // `+ 0` turns -0 into 0.
  return isI32(version) ? version + 0 : undefined
}

/** Recognizes the array of numbers that serde_json writes for a `Vec<u8>`. */
const isBytes = (data: unknown): data is Uint8Array | number[] =>
  data instanceof Uint8Array ||
  (Array.isArray(data) && data.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255))

const isI32 = (value: number): boolean => Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31

/**
 * Encodes an event as an envelope. Leaves out its trace, which is sent in headers. Fails when the layout cannot hold another
 * part of the event, instead of dropping that part.
 *
 * @example
 * ```ts
 * import { encodeEnvelope, serializedEvent } from 'crbus'
 *
 * const event = serializedEvent('OrderPlaced.v1', Buffer.from('{}'), { extra: { saga_id: 's-1' } })
 * encodeEnvelope(event, 'cbor').ok // => true
 * encodeEnvelope(event, 'bincode').ok // => false
 * ```
 */
export function encodeEnvelope(event: SerializedEvent, format: 'bincode' | 'cbor'): EncodedBytes {
  const problem = eventProblem(event)
  if (problem !== undefined) return { ok: false, reason: problem }
  const { eventType, eventVersion, data, metadata = null } = event
  if (!isI32(eventVersion)) return { ok: false, reason: `event_version ${eventVersion} is not a 32-bit integer` }
  const { correlationId, causationId, userId, timestamp } = metadata ?? {}
  const texts = [eventType, correlationId, causationId, userId, timestamp]
  if (texts.some((text) => text !== undefined && !text.isWellFormed())) {
    return { ok: false, reason: 'a string contains a lone surrogate, which UTF-8 cannot encode' }
  }
  const extra = Object.entries(metadata?.extra ?? {}).filter(([, value]) => value !== undefined)
  if (format === 'cbor') return encodeCborEnvelope({ eventType, eventVersion, data, metadata }, extra)
  if (extra.length > 0) {
    const names = extra.map(([name]) => name).join(', ')
    return { ok: false, reason: `a bincode envelope cannot hold the metadata ${names}; use a CBOR envelope` }
  }
  const writer = new BincodeWriter(64 + eventType.length + data.length)
  const string = (text: string) => writer.string(text)
  writer.string(eventType)
  writer.i32(eventVersion)
  writer.bytes(data)
  writer.u8(metadata === null ? 0 : 1)
  if (metadata !== null) for (const text of [correlationId, causationId, userId, timestamp]) writer.option(text, string)
  return { ok: true, bytes: writer.finish() }
}

function encodeCborEnvelope(
  { eventType, eventVersion, data, metadata }: SerializedEvent,
  extra: readonly (readonly [string, unknown])[],
): EncodedBytes {
  const known = Object.entries(wireNames).map(([name, field]) => [name, metadata?.[field]] as const)
  const present = known.filter(([, text]) => text !== undefined)
  const repeated = present.find(([name]) => extra.some(([other]) => other === name))
  if (repeated) return { ok: false, reason: `metadata has ${repeated[0]} twice, once among the extra fields` }
  return encodeCbor({
    event_type: eventType,
    event_version: eventVersion,
    data,
    metadata: metadata === null ? null : Object.fromEntries([...present, ...extra]),
  })
}
