import { type EventMetadata, eventProblem, type SerializedEvent, versionOf } from '../bus/event.ts'
import { BincodeReader, BincodeWriter } from './bincode.ts'
import { cborMajorType, decodeCbor, type Encoded, encodeCbor } from './cbor/cbor.ts'
import { cborField } from './cbor/cbor-check.ts'
import { decodeJson, writeJson } from './json.ts'

/** The envelope layouts that {@link decodeEnvelope} reads. {@link encodeEnvelope} writes `bincode-w3` and `cbor`. */
export type EnvelopeFormat = 'bincode-w3' | 'bincode-w2' | 'bincode-w1' | 'cbor' | 'json'

/** The result of {@link decodeEnvelope}: the event and its layout, or the reason why the bytes are not an envelope. */
export type DecodedEnvelope =
  | {
      readonly ok: true
      readonly format: EnvelopeFormat
      /** True when the bytes allow another reading and this is the likelier one. */
      readonly guessed: boolean
      readonly event: SerializedEvent
    }
  | { readonly ok: false; readonly reason: string }

/**
 * Decodes the value of a record to an event. The bytes do not name their layout, so each layout is tried strictly, to the
 * last byte, in the order W3, W2, W1, CBOR, JSON. When two layouts fit, the one whose version agrees with its event type wins.
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
  if (bytes.length === 0) return { ok: false, reason: 'not an envelope: there are no bytes' }
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
 * W2's data whose first four bytes are zero reads as W3 without data: the count of the data as the version, the zeros as
 * the upper half of W3's own count. With anything else there the count is far too large.
 */
const mayBeW2 = ({ data, eventVersion }: SerializedEvent): boolean => data.length === 0 && eventVersion >= 4

/** The same envelope, marked as a guess. */
const guess = ({ format, event }: ReadEnvelope): ReadEnvelope => ({ ok: true, format, guessed: true, event })

type ReadEnvelope = Extract<DecodedEnvelope, { ok: true }>

const notRead = (reason: string) => ({ ok: false, reason }) as const

/** An envelope of named fields, CBOR or JSON. */
function decodeFields(bytes: Uint8Array, whyNotBincode: string): DecodedEnvelope {
  const isCbor = cborMajorType(bytes) === 5
  const isJson = startsLikeJson(bytes)
  const decoded = isCbor ? decodeCbor(bytes) : isJson ? decodeJson(bytes) : undefined
  if (decoded === undefined || !decoded.ok) {
    const other = decoded === undefined ? 'nor CBOR, nor JSON' : decoded.reason
    return { ok: false, reason: `not an envelope: not bincode (${whyNotBincode}), ${other}` }
  }
  // The data as it was written: encoded again, it would lose what CBOR can say and a value of JavaScript cannot.
  const read = fromFields(decoded.value, isCbor ? () => ownData(bytes) : encodeJson)
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

/** W1's metadata was any JSON, written without saying of which kind. An object of strings is the one guess worth making. */
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
  if (named.size < count) return notRead('a name stands twice in the metadata')
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

/** Metadata from named fields; what has no place of its own is kept under `extra`. */
export function toMetadata(fields: Readonly<Record<string, unknown>>): EventMetadata {
  const known: Record<string, string> = {}
  const extra: [string, unknown][] = []
  for (const [name, value] of Object.entries(fields)) {
    const field = Object.hasOwn(wireNames, name) ? wireNames[name as keyof typeof wireNames] : undefined
    if (field !== undefined && typeof value === 'string') known[field] = value
    // TypeScript services write dates as CBOR's own.
    else if (field === 'timestamp' && isTime(value)) known[field] = value.toISOString()
    else if (field === undefined || (value !== null && value !== undefined)) extra.push([name, value])
  }
  return extra.length === 0 ? known : { ...known, extra: Object.fromEntries(extra) }
}

const isTime = (value: unknown): value is Date => value instanceof Date && !Number.isNaN(value.getTime())

/** A brace, perhaps behind white space. */
function startsLikeJson(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)
  return first === 0x7b
}

function ownData(envelope: Uint8Array): Encoded {
  const bytes = cborField(envelope, 'data')
  return bytes === undefined ? { ok: false, reason: 'is not there' } : { ok: true, bytes: Uint8Array.from(bytes) }
}

const encodeJson = (value: unknown): Encoded => ({ ok: true, bytes: Buffer.from(writeJson(value)) })

type FieldsRead =
  | { readonly ok: true; readonly event: SerializedEvent }
  | { readonly ok: false; readonly reason: string }

function fromFields(value: unknown, encodeData: (data: unknown) => Encoded): FieldsRead {
  if (!isFields(value)) return notRead('that is no map of names')
  const { event_type, event_version, data, metadata } = value
  if (typeof event_type !== 'string' || !event_type.isWellFormed()) return notRead('without a text event_type')
  if (data === undefined) return notRead('without data')
  const version = event_version === undefined ? versionOf(event_type) : toI32(event_version)
  if (version === undefined) return notRead('with an event_version that is no 32-bit integer')
  if (metadata !== undefined && metadata !== null && !isFields(metadata)) return notRead('with metadata that is no map')
  const payload = isBytes(data) ? ({ ok: true, bytes: Uint8Array.from(data) } as const) : encodeData(data)
  if (!payload.ok) return notRead(`whose data ${payload.reason}`)
  const fields = metadata === undefined || metadata === null ? null : toMetadata(metadata)
  return { ok: true, event: { eventType: event_type, eventVersion: version, data: payload.bytes, metadata: fields } }
}

const isFields = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array)

/** CBOR may have written it as wide as 64 bits. */
function toI32(value: unknown): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined
  const version = Number(value)
  // `+ 0` turns -0 into 0.
  return isI32(version) ? version + 0 : undefined
}

/** serde_json writes a `Vec<u8>` as an array of numbers. */
const isBytes = (data: unknown): data is Uint8Array | number[] =>
  data instanceof Uint8Array ||
  (Array.isArray(data) && data.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255))

const isI32 = (value: number): boolean => Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31

/**
 * Encodes an event as an envelope, without its trace, which travels in headers. Fails when the layout cannot hold another part
 * of the event, instead of dropping that part.
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
export function encodeEnvelope(event: SerializedEvent, format: 'bincode' | 'cbor'): Encoded {
  const problem = eventProblem(event)
  if (problem !== undefined) return { ok: false, reason: problem }
  const { eventType, eventVersion, data, metadata = null } = event
  if (!isI32(eventVersion)) return { ok: false, reason: `event_version ${eventVersion} is not a 32-bit integer` }
  const { correlationId, causationId, userId, timestamp } = metadata ?? {}
  const texts = [eventType, correlationId, causationId, userId, timestamp]
  if (texts.some((text) => text !== undefined && !text.isWellFormed())) {
    return { ok: false, reason: 'a text holds half of a surrogate pair, which UTF-8 cannot write' }
  }
  const extra = Object.entries(metadata?.extra ?? {}).filter(([, value]) => value !== undefined)
  if (format === 'cbor') return encodeCborEnvelope({ eventType, eventVersion, data, metadata }, extra)
  if (extra.length > 0) {
    const names = extra.map(([name]) => name).join(', ')
    return { ok: false, reason: `a bincode envelope has no room for the metadata ${names}; a CBOR envelope carries it` }
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
): Encoded {
  const known = Object.entries(wireNames).map(([name, field]) => [name, metadata?.[field]] as const)
  const said = known.filter(([, text]) => text !== undefined)
  const twice = said.find(([name]) => extra.some(([other]) => other === name))
  if (twice) return { ok: false, reason: `metadata names ${twice[0]} twice, once among the extra fields` }
  return encodeCbor({
    event_type: eventType,
    event_version: eventVersion,
    data,
    metadata: metadata === null ? null : Object.fromEntries([...said, ...extra]),
  })
}
