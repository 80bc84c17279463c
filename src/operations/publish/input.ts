import { type EventMetadata, versionOf } from '../../bus/event.ts'
import { toMetadata } from '../../codecs/envelope.ts'
import { parseJson, writeJson } from '../../codecs/json.ts'
import { operationHints } from '../hints.ts'
import { defaultCodec, encodeData, readBincode, readEventData, readPayload, withCodec } from './event-data.ts'
import type { EventSettings } from './event-settings.ts'
import { type Bytes, badInput, type Fields, isFields, readBase64, utf8 } from './input-values.ts'
import { type ReadInput, toRecord, unchangedRecord } from './to-record.ts'

/** Builds the record to append from a line of input, which is the data of an event or a whole record. */
export function readInput(line: string, settings: EventSettings): ReadInput {
  return settings.eventType === undefined ? readRecord(line, settings) : readData(line, settings, settings.eventType)
}

function readData(line: string, settings: EventSettings, eventType: string): ReadInput {
  const { codec = defaultCodec(settings, eventType) } = settings
  const data =
    codec === 'bincode' ? readBincode(line, settings, eventType) : readPayload(line, codec, settings, eventType)
  if (!data.ok) return withCodec(data, codec, settings)
  const eventVersion = settings.eventVersion ?? versionOf(eventType)
  const event = { eventType, eventVersion, data: data.bytes, metadata: settings.metadata }
  return toRecord(event, settings, {}, data.value)
}

/**
 * Reads a record that crbus or another tool printed as JSON. The fields of an event are encoded into an envelope. `value_base64`
 * (crbus), `payload` (kcat, kaf) and `value` (rpk) are the value of the record itself, which is published unchanged.
 */
function readRecord(line: string, settings: EventSettings): ReadInput {
  const parsed = parseJson(line)
  if (!parsed.ok) return parsed
  if (!isFields(parsed.value)) return badInput('not a JSON object', operationHints.setEventType())
  const fields = parsed.value
  if (fields.tombstone === true) return unchangedRecord(fields, null, null, settings)
  const eventType = typeof fields.event_type === 'string' ? fields.event_type : null
  if (typeof fields.value_base64 === 'string') {
    const value = readBase64(fields.value_base64)
    return value ? unchangedRecord(fields, value, eventType, settings) : badInput('value_base64 is not base64')
  }
  if (fields.envelope === 'none') return readPlain(fields, settings)
  if (eventType !== null) return readEvent(fields, eventType, settings)
  const replaced = ['key', 'headers'].find((name) => writeJson(fields[name] ?? null).includes(REPLACEMENT))
  if (replaced !== undefined) return hasReplaced(replaced)
  if (!('payload' in fields)) return readRpk(fields, settings)
  if (!('topic' in fields)) return readKaf(fields, settings)
  return isKafRow(fields) ? readKafRow(fields, settings) : readKcat(fields, settings)
}

/** Reads a record that crbus printed of a topic of another system. Its value is the data, in the codec that the line names. */
function readPlain(fields: Fields, settings: EventSettings): ReadInput {
  const { data, codec } = fields
  if (data === undefined || (codec !== 'json' && codec !== 'text'))
    return badInput('a record without an envelope needs value_base64, or data with the codec json or text')
  const value = encodeData(data, codec)
  return value.ok ? unchangedRecord(fields, value.bytes, null, settings) : value
}

/** Reads a record of kcat. Its payload is text, or JSON if kcat decoded a JSON or Avro payload. */
function readKcat(fields: Fields, settings: EventSettings): ReadInput {
  const { payload, key } = fields
  if (typeof fields.payload_error === 'string')
    return badInput(`kcat could not print the payload: ${fields.payload_error}`)
  const value = payload === null ? ({ ok: true, bytes: null } as const) : losslessUtf8(textOf(payload))
  if (!value.ok) return value
  const isText = key === undefined || key === null || typeof key === 'string'
  return unchangedRecord(isText ? fields : { ...fields, key: textOf(key) }, value.bytes, null, settings)
}

/**
 * Reads a record of kaf, which prints a payload that is valid JSON as JSON, and any other payload as text. A `null` payload is
 * therefore the JSON `null` and not a tombstone. An absent key is an empty string. Headers are base64.
 */
function readKaf(fields: Fields, settings: EventSettings): ReadInput {
  const value = losslessUtf8(textOf(fields.payload))
  if (!value.ok) return value
  const key = fields.key === undefined || fields.key === '' ? null : textOf(fields.key)
  return unchangedRecord({ ...fields, key }, value.bytes, null, settings)
}

/** Whether a record is a row of `kaf consume --output json-each-row`. Unlike kcat, kaf prints the timestamp as a date. */
const isKafRow = ({ timestamp, ts, tstype }: Fields): boolean =>
  typeof timestamp === 'string' && ts === undefined && tstype === undefined

/**
 * Reads a row of kaf's format `json-each-row`, whose key, payload and values of headers are text. It prints a tombstone like an empty
 * value, and an absent key like an empty key, which is read as absent, as in {@link readKaf}.
 */
function readKafRow(fields: Fields, settings: EventSettings): ReadInput {
  const { payload, key } = fields
  if (typeof payload !== 'string') return badInput('payload is not a string')
  if (payload === '')
    return badInput('the payload is empty, and kaf prints a tombstone in the same way', operationHints.printExactly())
  const value = losslessUtf8(payload)
  if (!value.ok) return value
  return unchangedRecord({ ...fields, key: key === '' ? null : key }, value.bytes, null, settings)
}

/** Reads a record of rpk, which leaves out empty fields: a record without `value` is a tombstone. */
function readRpk(fields: Fields, settings: EventSettings): ReadInput {
  const { value } = fields
  if ('value_size' in fields) return badInput('the record was printed without its value', operationHints.printValue())
  const isRecord = ['topic', 'partition', 'key', 'headers', 'timestamp'].some((name) => name in fields)
  if (value === null && isRecord) return unchangedRecord(fields, null, null, settings)
  if (typeof value === 'string' && isRecord) {
    const encoded = losslessUtf8(value)
    return encoded.ok ? unchangedRecord(fields, encoded.bytes, null, settings) : encoded
  }
  const isWhole = ['topic', 'partition', 'offset'].every((name) => name in fields)
  if (
    value === undefined &&
    isWhole &&
    (typeof fields.timestamp === 'number' || typeof fields.timestamp === 'bigint')
  ) {
    return unchangedRecord(fields, null, null, settings)
  }
  if (value !== undefined && isRecord) return badInput('value is neither a string nor null')
  return badInput('neither an event nor a record', operationHints.setEventType())
}

/** Returns the text of a field: a string itself, or any other value as JSON. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : writeJson(value))

/**
 * The character that stands for bytes that are not UTF-8, such as bincode: Go programs print it, and crbus reads it in lines of kcat,
 * which prints such bytes unchanged.
 */
const REPLACEMENT = '\ufffd'

const hasReplaced = (part: string) =>
  badInput(`U+FFFD in the ${part} replaced bytes that are not UTF-8`, operationHints.printExactly())

/** Encodes a value that another program printed as text. Rejects a text in which bytes were replaced. */
const losslessUtf8 = (text: string): Bytes => (text.includes(REPLACEMENT) ? hasReplaced('value') : utf8(text))

function readEvent(fields: Fields, eventType: string, settings: EventSettings): ReadInput {
  const version = fields.event_version ?? settings.eventVersion ?? versionOf(eventType)
  if (typeof version !== 'number') return badInput('event_version is not a number')
  const metadata = fields.metadata ?? null
  if (metadata !== null && !isFields(metadata)) return badInput('metadata is not an object')
  const data = readEventData(fields, settings, eventType)
  if (!data.ok) return data
  const event = {
    eventType,
    eventVersion: version,
    data: data.bytes,
    metadata: mergeMetadata(metadata === null ? null : toMetadata(metadata), settings.metadata),
  }
  // If the data is given as bytes, in base64 or as numbers, `toRecord` decodes it when it needs the record key.
  const isDecoded = fields.data_base64 === undefined && isFields(fields.data)
  return toRecord(event, settings, fields, isDecoded ? fields.data : undefined)
}

/** Merges the metadata of a line with that of the settings. The fields of the settings take precedence. */
function mergeMetadata(own: EventMetadata | null, settings: EventMetadata | null): EventMetadata | null {
  if (own === null || settings === null) return own ?? settings
  const present = Object.fromEntries(Object.entries(settings).filter(([, field]) => field !== undefined))
  const extra = { ...own.extra, ...settings.extra }
  return { ...own, ...present, ...(Object.keys(extra).length === 0 ? {} : { extra }) }
}
