import { type EventMetadata, type SerializedEvent, versionOf } from '../bus/event.ts'
import { BincodeError, BincodeReader, BincodeWriter } from './bincode.ts'
import { decodeCbor, type Encoded, encodeCbor } from './cbor.ts'

/** The layouts an envelope is found in. `bincode-w3` and `cbor` are also written. */
export type EnvelopeFormat = 'bincode-w3' | 'bincode-w2' | 'bincode-w1' | 'cbor' | 'json'

export type DecodedEnvelope =
  | {
      readonly ok: true
      readonly format: EnvelopeFormat
      /** True when the bytes allow another reading and this is the likelier one (`bincode-w1` metadata). */
      readonly guessed: boolean
      readonly event: SerializedEvent
    }
  | { readonly ok: false; readonly reason: string }

type Reading = { readonly event: SerializedEvent } | { readonly reason: string }

/**
 * Reads a record's value as an event. Nothing on the wire says which layout it is, so each is tried strictly, every byte
 * used, in the order W3, W2, W1, CBOR, JSON; of two that fit, the one whose version agrees with its event type wins.
 */
export function decodeEnvelope(bytes: Uint8Array): DecodedEnvelope {
  const w3 = read(bytes, readW3)
  if ('event' in w3 && w3.event.eventVersion === versionOf(w3.event.eventType)) return found('bincode-w3', w3.event)
  const w2 = read(bytes, readW2)
  // A W2 event whose data begins with zeros also reads as W3, with a version its type does not name.
  if ('event' in w2 && !('event' in w3)) return found('bincode-w2', w2.event)
  if ('event' in w3) return found('bincode-w3', w3.event)
  const w1 = read(bytes, readW1)
  if ('event' in w1) return { ...found('bincode-w1', w1.event), guessed: true }
  const cbor = looksLikeCborMap(bytes) ? decodeCbor(bytes) : undefined
  const fromCbor = cbor?.ok ? fromFields(cbor.value, (data) => encodeCbor(data)) : undefined
  if (fromCbor) return found('cbor', fromCbor)
  const fromJson = bytes[0] === 0x7b ? fromFields(parseJson(bytes), encodeJson) : undefined
  if (fromJson) return found('json', fromJson)
  const reason = 'reason' in w3 ? w3.reason : 'it reads as nothing'
  return { ok: false, reason: `not an envelope in bincode (${reason}), CBOR or JSON` }
}

const found = (format: EnvelopeFormat, event: SerializedEvent) => ({ ok: true, format, guessed: false, event }) as const

function read(bytes: Uint8Array, how: (reader: BincodeReader) => SerializedEvent): Reading {
  try {
    return { event: how(new BincodeReader(bytes)) }
  } catch (error) {
    if (error instanceof BincodeError) return { reason: error.message }
    throw error
  }
}

function readW3(reader: BincodeReader): SerializedEvent {
  const eventType = reader.string()
  const eventVersion = reader.i32()
  const data = reader.bytes()
  const metadata = reader.option(readMetadata) ?? null
  reader.end()
  return { eventType, eventVersion, data, metadata }
}

function readW2(reader: BincodeReader): SerializedEvent {
  const eventType = reader.string()
  const data = reader.bytes()
  const metadata = reader.option(readMetadata) ?? null
  reader.end()
  return { eventType, eventVersion: versionOf(eventType), data, metadata }
}

const readText = (reader: BincodeReader): string => reader.string()

function readMetadata(reader: BincodeReader): EventMetadata {
  const correlationId = reader.option(readText)
  const causationId = reader.option(readText)
  const userId = reader.option(readText)
  const timestamp = reader.option(readText)
  return { correlationId, causationId, userId, timestamp }
}

/** W1's metadata was any JSON, written without saying of which kind. An object of strings is the one guess worth making. */
function readW1(reader: BincodeReader): SerializedEvent {
  const eventType = reader.string()
  const data = reader.bytes()
  const fields = reader.option((from) => {
    // A name and a value each begin with a length of 8 bytes.
    const count = from.length(16)
    return Array.from({ length: count }, () => [from.string(), from.string()] as const)
  })
  reader.end()
  const metadata = fields === undefined ? null : toMetadata(Object.fromEntries(fields))
  return { eventType, eventVersion: versionOf(eventType), data, metadata }
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
    else if (value !== null && value !== undefined) extra.push([name, value])
  }
  return extra.length === 0 ? known : { ...known, extra: Object.fromEntries(extra) }
}

const looksLikeCborMap = (bytes: Uint8Array): boolean => {
  const first = bytes[0] ?? 0
  return first >= 0xa0 && first <= 0xbf
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    return undefined
  }
}

const encodeJson = (value: unknown): Encoded => ({ ok: true, bytes: Buffer.from(JSON.stringify(value) ?? 'null') })

function fromFields(value: unknown, encodeData: (data: unknown) => Encoded): SerializedEvent | undefined {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return undefined
  const { event_type, event_version, data, metadata } = value as Record<string, unknown>
  if (typeof event_type !== 'string' || data === undefined) return undefined
  const version = event_version === undefined ? versionOf(event_type) : Number(event_version)
  if (!isI32(version)) return undefined
  if (metadata !== undefined && metadata !== null && (typeof metadata !== 'object' || Array.isArray(metadata))) {
    return undefined
  }
  const payload = isBytes(data) ? ({ ok: true, bytes: Uint8Array.from(data) } as const) : encodeData(data)
  if (!payload.ok) return undefined
  const fields = metadata === undefined || metadata === null ? null : (metadata as Record<string, unknown>)
  return { eventType: event_type, eventVersion: version, data: payload.bytes, metadata: fields && toMetadata(fields) }
}

/** serde_json writes a `Vec<u8>` as an array of numbers. */
const isBytes = (data: unknown): data is Uint8Array | number[] =>
  data instanceof Uint8Array ||
  (Array.isArray(data) && data.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255))

const isI32 = (value: number): boolean => Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31

/** Writes an envelope. Refuses what the layout has no room for instead of dropping it. */
export function encodeEnvelope(event: SerializedEvent, format: 'bincode' | 'cbor'): Encoded {
  const { eventType, eventVersion, data, metadata } = event
  if (!isI32(eventVersion)) return { ok: false, reason: `event_version ${eventVersion} is not a 32-bit integer` }
  const { correlationId, causationId, userId, timestamp, extra = {} } = metadata ?? {}
  const texts = [eventType, correlationId, causationId, userId, timestamp]
  if (texts.some((text) => text !== undefined && !text.isWellFormed())) {
    return { ok: false, reason: 'a text holds half of a surrogate pair, which UTF-8 cannot write' }
  }
  if (format === 'cbor') {
    return encodeCbor({
      event_type: eventType,
      event_version: eventVersion,
      data,
      metadata: metadata === null ? null : { ...metadataFields(metadata), ...extra },
    })
  }
  const extras = Object.keys(extra)
  if (extras.length > 0) {
    const reason = `a bincode envelope has no room for the metadata ${extras.join(', ')}; a CBOR envelope has`
    return { ok: false, reason }
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

function metadataFields(metadata: EventMetadata): Record<string, string> {
  const fields = Object.entries(wireNames).map(([name, field]) => [name, metadata[field]])
  return Object.fromEntries(fields.filter(([, text]) => text !== undefined))
}
