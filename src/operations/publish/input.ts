import { type EventMetadata, versionOf } from '../../bus/event.ts'
import { toMetadata } from '../../codecs/envelope.ts'
import { parseJson, writeJson } from '../../codecs/json.ts'
import { operationHints } from '../hints.ts'
import { codecOf, readBincode, readEventData, readPayload, withCodec } from './event-data.ts'
import type { EventSettings } from './event-settings.ts'
import { type Bytes, bad, type Fields, isFields, readBase64, utf8 } from './input-values.ts'
import { asPrinted, type ReadInput, toRecord } from './to-record.ts'

/** Builds the record to append from a line of input. */
export function readInput(line: string, settings: EventSettings): ReadInput {
  return settings.eventType === undefined ? readRecord(line, settings) : readData(line, settings, settings.eventType)
}

function readData(line: string, settings: EventSettings, eventType: string): ReadInput {
  const { codec = codecOf(settings, eventType) } = settings
  const data = codec === 'bincode' ? readBincode(line, settings, eventType) : readPayload(line, codec)
  if (!data.ok) return withCodec(data, codec, settings)
  const eventVersion = settings.eventVersion ?? versionOf(eventType)
  const event = { eventType, eventVersion, data: data.bytes, metadata: settings.metadata }
  return toRecord(event, settings, {}, data.value)
}

/**
 * Reads a record as crbus prints records in JSON, or as another tool printed it. The fields of an event are encoded in an envelope. The bytes
 * in `value_base64`, and a `payload` (kcat, kaf) or `value` (rpk), are the value of the record itself.
 */
function readRecord(line: string, settings: EventSettings): ReadInput {
  const parsed = parseJson(line)
  if (!parsed.ok) return parsed
  if (!isFields(parsed.value)) return bad('not a JSON object', operationHints.setEventType())
  const fields = parsed.value
  if (fields.tombstone === true) return asPrinted(fields, null, null, settings)
  const eventType = typeof fields.event_type === 'string' ? fields.event_type : null
  if (typeof fields.value_base64 === 'string') {
    const value = readBase64(fields.value_base64)
    return value ? asPrinted(fields, value, eventType, settings) : bad('value_base64 is not base64')
  }
  if (eventType !== null) return readEvent(fields, eventType, settings)
  if ('payload' in fields) return 'topic' in fields ? readKcat(fields, settings) : readKaf(fields, settings)
  return readRpk(fields, settings)
}

/** Reads a record of kcat. Its value is the payload text, or the JSON that kcat printed for a JSON or Avro payload. */
function readKcat(fields: Fields, settings: EventSettings): ReadInput {
  const { payload, key } = fields
  if (typeof fields.payload_error === 'string') return bad(`kcat could not print the payload: ${fields.payload_error}`)
  const value = payload === null ? ({ ok: true, bytes: null } as const) : utf8(textOf(payload))
  if (!value.ok) return value
  const isText = key === undefined || key === null || typeof key === 'string'
  return asPrinted(isText ? fields : { ...fields, key: textOf(key) }, value.bytes, null, settings)
}

/**
 * Reads a record of kaf, which prints valid JSON as JSON and any other value as text. A `null` payload is therefore the JSON
 * `null`, and an absent key is an empty string. Headers are base64.
 */
function readKaf(fields: Fields, settings: EventSettings): ReadInput {
  const value = losslessUtf8(textOf(fields.payload))
  if (!value.ok) return value
  const key = fields.key === undefined || fields.key === '' ? null : textOf(fields.key)
  return asPrinted({ ...fields, key }, value.bytes, null, settings)
}

/** Reads a record of rpk, which leaves out empty fields: a record without `value` is a tombstone. */
function readRpk(fields: Fields, settings: EventSettings): ReadInput {
  const { value } = fields
  if ('value_size' in fields) return bad('the record was printed without its value', operationHints.printValue())
  const isRecord = ['topic', 'partition', 'key', 'headers', 'timestamp'].some((name) => name in fields)
  if (value === null && isRecord) return asPrinted(fields, null, null, settings)
  if (typeof value === 'string' && isRecord) {
    const kept = losslessUtf8(value)
    return kept.ok ? asPrinted(fields, kept.bytes, null, settings) : kept
  }
  const isWhole = ['topic', 'partition', 'offset'].every((name) => name in fields)
  if (
    value === undefined &&
    isWhole &&
    (typeof fields.timestamp === 'number' || typeof fields.timestamp === 'bigint')
  ) {
    return asPrinted(fields, null, null, settings)
  }
  if (value !== undefined && isRecord) return bad('value is neither a string nor null')
  return bad('neither an event nor a record', operationHints.setEventType())
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : writeJson(value))

/** Encodes a value that a Go program printed. Go replaces bytes that are not UTF-8, such as bincode, by U+FFFD. */
const losslessUtf8 = (text: string): Bytes =>
  text.includes('\ufffd')
    ? bad('the value contains U+FFFD, which replaced bytes that are not UTF-8', operationHints.printExactly())
    : utf8(text)

function readEvent(fields: Fields, eventType: string, settings: EventSettings): ReadInput {
  const version = fields.event_version ?? settings.eventVersion ?? versionOf(eventType)
  if (typeof version !== 'number') return bad('event_version is not a number')
  const metadata = fields.metadata ?? null
  if (metadata !== null && !isFields(metadata)) return bad('metadata is not an object')
  const data = readEventData(fields, settings, eventType)
  if (!data.ok) return data
  const event = {
    eventType,
    eventVersion: version,
    data: data.bytes,
    metadata: merge(metadata === null ? null : toMetadata(metadata), settings.metadata),
  }
  // Data given as bytes, in base64 or as numbers, are decoded later when the record key is needed.
  const isValue = fields.data_base64 === undefined && isFields(fields.data)
  return toRecord(event, settings, fields, isValue ? fields.data : undefined)
}

/** Merges metadata; the fields of `over` take precedence. */
function merge(own: EventMetadata | null, over: EventMetadata | null): EventMetadata | null {
  if (own === null || over === null) return own ?? over
  const present = Object.fromEntries(Object.entries(over).filter(([, field]) => field !== undefined))
  const extra = { ...own.extra, ...over.extra }
  return { ...own, ...present, ...(Object.keys(extra).length === 0 ? {} : { extra }) }
}
