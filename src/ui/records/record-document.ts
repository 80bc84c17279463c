import { isUtf8 } from 'node:buffer'
import type { EventMetadata, SerializedEvent } from '../../bus/event.ts'
import type { Header } from '../../bus/record.ts'
import { toJsonTime } from '../../bus/time/json-time.ts'
import { parseJsonKeys } from '../../codecs/json/parse-json-keys.ts'
import { valueJson } from '../../codecs/json.ts'
import { asBuffer } from '../../codecs/text-cache.ts'
import type { EventView } from '../../operations/events/event-view.ts'

/** A JSON object: null, booleans, finite numbers, strings, arrays and objects of these. */
export type JsonDocument = Readonly<Record<string, unknown>>

/**
 * Returns a record as an object for `tail --json`: the same fields in the same order as the line that {@link RecordJsonWriter}
 * writes for `tail -o json`. A property test compares the two.
 */
export function recordDocument(view: EventView): JsonDocument {
  const { record, envelope } = view
  const { topic, partition, offset, timestamp, key, value } = record
  const position = { topic, partition, offset: integer(offset), timestamp: time(timestamp) }
  const frame = {
    ...position,
    ...textOrBytes('key', key),
    ...decodedKeyFields(view),
    headers: record.headers.map(header),
  }
  if (value === null) return { ...frame, tombstone: true }
  if (!envelope?.ok && view.payload?.ok) return { ...frame, envelope: 'none', ...plainFields(view.payload, value) }
  if (!envelope?.ok)
    return {
      ...frame,
      error: view.payload?.ok === false ? view.payload.reason : 'not decoded',
      value_base64: base64(value),
    }
  const { format, guessed, event } = envelope
  return {
    ...frame,
    envelope: format,
    ...(guessed ? { guessed } : {}),
    event_type: event.eventType,
    event_version: event.eventVersion,
    metadata: metadataDocument(event.metadata),
    ...payloadFields(view, event),
    ...(format === 'bincode-w3' ? {} : { value_base64: base64(value) }),
  }
}

const decodedKeyFields = ({ decodedKey }: EventView): JsonDocument =>
  decodedKey === undefined ? {} : { key_schema_id: decodedKey.schemaId, key_data: jsonValue(decodedKey.value) }

function plainFields(payload: Extract<EventView['payload'], { ok: true }>, value: Uint8Array): JsonDocument {
  return {
    codec: payload.codec,
    ...('schemaId' in payload && payload.schemaId !== undefined ? { schema_id: payload.schemaId } : {}),
    ...(payload.codec === 'bytes' ? {} : { data: jsonValue(payload.value) }),
    ...(payload.canonical ? {} : { value_base64: base64(value) }),
  }
}

function payloadFields({ bincodeJson, payload }: EventView, { data }: SerializedEvent): JsonDocument {
  if (bincodeJson !== undefined) {
    const { variant, warning, json, isExact, schema } = bincodeJson
    return {
      codec: 'bincode',
      schema,
      ...(variant === undefined ? {} : { variant }),
      ...(warning === undefined ? {} : { warning }),
      data: parseJsonKeys(json),
      ...(isExact ? {} : { data_base64: base64(data) }),
    }
  }
  if (!payload?.ok) return { codec: 'bytes', payload_error: payload?.reason ?? '', data_base64: base64(data) }
  return {
    codec: payload.codec,
    ...('warning' in payload && payload.warning !== undefined ? { warning: payload.warning } : {}),
    ...(payload.codec === 'bytes' ? {} : { data: jsonValue(payload.value) }),
    ...(payload.canonical ? {} : { data_base64: base64(data) }),
  }
}

/** Returns event metadata as an object with the field names of the wire format, such as `correlation_id`. Leaves out absent fields. */
export function metadataDocument(metadata: EventMetadata | null): JsonDocument | null {
  if (metadata === null) return null
  const { correlationId, causationId, userId, timestamp, extra = {} } = metadata
  const known = { correlation_id: correlationId, causation_id: causationId, user_id: userId, timestamp }
  return Object.fromEntries([
    ...Object.entries(known).filter(([, value]) => value !== undefined),
    ...Object.entries(extra).map(([name, value]) => [name, jsonValue(value)]),
  ])
}

/** Converts a decoded value to what JSON can represent: bytes to base64, dates to RFC 3339, large integers to strings. */
const jsonValue = (value: unknown): unknown => parseJsonKeys(valueJson(value))

const base64 = (bytes: Uint8Array): string => asBuffer(bytes).toString('base64')

const integer = (value: bigint): number | string =>
  Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()

function time(timestamp: bigint): string | number | null {
  const found = toJsonTime(timestamp)
  return typeof found === 'bigint' ? integer(found) : found
}

const header = ([name, value]: Header): JsonDocument => ({ key: name, ...textOrBytes('value', value) })

/** Returns a field with bytes as text. If the bytes are not UTF-8, they are in base64, and the name ends with `_base64`. */
function textOrBytes(name: string, bytes: Uint8Array | null): JsonDocument {
  if (bytes === null) return { [name]: null }
  return isUtf8(bytes) ? { [name]: asBuffer(bytes).toString('utf8') } : { [`${name}_base64`]: base64(bytes) }
}
