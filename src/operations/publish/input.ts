import { type EventMetadata, type SerializedEvent, versionOf } from '../../bus/event.ts'
import type { Header, NewRecord } from '../../bus/record.ts'
import { parseMoment } from '../../bus/time/moment.ts'
import { toMetadata } from '../../codecs/envelope.ts'
import { encodeRecord } from '../../codecs/event-record.ts'
import { parseJson, writeJson } from '../../codecs/json.ts'
import { decodePayload, encodePayload, type PayloadCodec } from '../../codecs/payload.ts'
import type { ViewCodec } from '../events/event-view.ts'
import type { SchemaSet } from '../schemas/compiled.ts'
import { aggregateKey, type KeyField } from './aggregate-key.ts'

/** What the command line says of every event. */
export interface EventSettings {
  /** With a type, a line is that event's data; without one, a line is a whole record. */
  readonly eventType?: string | undefined
  readonly eventVersion?: number | undefined
  /** Where the events go, which says by which schema they are written. */
  readonly topic: string
  readonly schemas?: SchemaSet | undefined
  /** Absent: as a schema says, else JSON. */
  readonly codec?: ViewCodec | undefined
  /** What chose `codec`, for errors: `--codec`, or a configuration file. */
  readonly codecFrom?: string | undefined
  readonly envelope: 'bincode' | 'cbor'
  /** Goes over what a line says of itself. */
  readonly metadata: EventMetadata | null
  readonly headers: readonly Header[]
  readonly key?: string | undefined
  /** Without `key`: the field of an event's data whose value is the record key. Absent: the event type is the key. */
  readonly keyField?: KeyField | undefined
  readonly partition?: number | undefined
  /** Records go to the partition they say they came from. Default: where their key belongs. */
  readonly keepPartitions?: boolean | undefined
}

export type ReadInput =
  | { readonly ok: true; readonly record: NewRecord; readonly eventType: string | null }
  | { readonly ok: false; readonly reason: string }

type Bytes = { readonly ok: true; readonly bytes: Uint8Array } | { readonly ok: false; readonly reason: string }
/** The bytes of a payload, and the value they were made of where it is known. */
type Payload = Bytes & { readonly value?: unknown }
type Fields = Readonly<Record<string, unknown>>

const bad = (reason: string) => ({ ok: false, reason }) as const
const withType = 'name the event type with --type to publish it as data'

/** Turns a line into the record to append. */
export function readInput(line: string, settings: EventSettings): ReadInput {
  return settings.eventType === undefined ? readRecord(line, settings) : readData(line, settings, settings.eventType)
}

function readData(line: string, settings: EventSettings, eventType: string): ReadInput {
  const { codec = codecOf(settings, eventType) } = settings
  const data = codec === 'bincode' ? readBincode(line, settings, eventType) : readPayload(line, codec)
  if (!data.ok) return bad(codecProblem(data.reason, codec, settings))
  const eventVersion = settings.eventVersion ?? versionOf(eventType)
  const event = { eventType, eventVersion, data: data.bytes, metadata: settings.metadata }
  return toRecord(event, settings, {}, data.value)
}

/** Why data cannot be written, with what chose the codec. */
function codecProblem(reason: string, codec: ViewCodec, { topic, codecFrom }: EventSettings): string {
  if (codecFrom === undefined) return reason
  if (codecFrom === '--codec') return `--codec ${codec}: ${reason}`
  const other = codec === 'json' ? 'cbor' : 'json'
  return `${topic} is written as ${codec} (${codecFrom}): ${reason}; --codec ${other} writes it as ${other}`
}

/** Where the topic has a schema, whoever reads it expects bincode: a mistyped event type must not go out as JSON. */
const codecOf = ({ topic, schemas }: EventSettings, eventType: string): 'bincode' | 'json' =>
  schemas?.ofTopic(topic) !== undefined || schemas?.knows(topic, eventType) ? 'bincode' : 'json'

function readBincode(line: string, settings: EventSettings, eventType: string): Payload {
  const parsed = parseJson(line)
  return parsed.ok ? { ...encodeBincode(parsed.value, settings, eventType), value: parsed.value } : parsed
}

function encodeBincode(data: unknown, { topic, schemas, codec }: EventSettings, eventType: string): Bytes {
  const encoded = schemas?.encode(topic, eventType, data)
  if (encoded === undefined) {
    return bad(`no schema says how ${eventType} is written; "crbus schema import" makes one of the service's source`)
  }
  if (encoded.ok) return encoded
  const isUnknown = codec === undefined && schemas?.knows(topic, eventType) === false
  const way = isUnknown ? '; --codec json sends JSON, which Rust services do not read' : ''
  return bad(`${encoded.path === '' ? '' : `${encoded.path}: `}${encoded.reason}${way}`)
}

/** By the very schema that decoded it: another one might write other bytes without a word. */
function encodeBy(schema: string, data: unknown, { schemas }: EventSettings): Bytes {
  const encoded = schemas?.named(schema)?.encoder.encode(data)
  if (encoded === undefined) {
    return bad(`data was decoded by the schema ${schema}, which is not here; name it with --schema`)
  }
  return encoded.ok ? encoded : bad(encoded.path === '' ? encoded.reason : `${encoded.path}: ${encoded.reason}`)
}

/** JSON text goes to the wire as it was written; to CBOR by way of its value. */
function readPayload(text: string, codec: PayloadCodec): Payload {
  if (codec === 'text') return utf8(text)
  if (codec === 'bytes') return encodePayload(text.trim(), codec)
  const parsed = parseJson(text)
  if (!parsed.ok) return parsed
  const encoded = codec === 'json' ? utf8(text.trim()) : encodePayload(parsed.value, codec)
  return { ...encoded, value: parsed.value }
}

/**
 * A record as another tool or `crbus tail -o json` printed it. An event's fields are put in an envelope; the bytes in
 * `value_base64`, and a plain `payload` (kcat, kaf) or `value` (rpk), are the record's value itself.
 */
function readRecord(line: string, settings: EventSettings): ReadInput {
  const parsed = parseJson(line)
  if (!parsed.ok) return parsed
  if (!isFields(parsed.value)) return bad(`not a JSON object; ${withType}`)
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

/** The value is the payload's text. A payload that is no text was JSON or Avro that kcat printed as JSON. */
function readKcat(fields: Fields, settings: EventSettings): ReadInput {
  const { payload, key } = fields
  if (typeof fields.payload_error === 'string') return bad(`kcat could not print the payload: ${fields.payload_error}`)
  const value = payload === null ? ({ ok: true, bytes: null } as const) : utf8(textOf(payload))
  if (!value.ok) return value
  const isText = key === undefined || key === null || typeof key === 'string'
  return asPrinted(isText ? fields : { ...fields, key: textOf(key) }, value.bytes, null, settings)
}

/**
 * kaf prints what reads as JSON as JSON, and anything else, even "no key", as text. Its `null` is therefore the JSON
 * `null`; its headers are base64.
 */
function readKaf(fields: Fields, settings: EventSettings): ReadInput {
  const value = keptText(textOf(fields.payload))
  if (!value.ok) return value
  const key = fields.key === undefined || fields.key === '' ? null : textOf(fields.key)
  return asPrinted({ ...fields, key }, value.bytes, null, settings)
}

/** rpk leaves out what is empty: no `value` is a tombstone. */
function readRpk(fields: Fields, settings: EventSettings): ReadInput {
  const { value } = fields
  if ('value_size' in fields) return bad('printed without its value; leave out --meta-only')
  const isRecord = ['topic', 'partition', 'key', 'headers', 'timestamp'].some((name) => name in fields)
  if (value === null && isRecord) return asPrinted(fields, null, null, settings)
  if (typeof value === 'string' && isRecord) {
    const kept = keptText(value)
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
  if (value !== undefined && isRecord) return bad('value is neither text nor null')
  return bad(`neither an event nor a record; ${withType}`)
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : writeJson(value))

/** Go writes U+FFFD for bytes that are not UTF-8, such as bincode's: that value would be another one. */
const keptText = (text: string): Bytes =>
  text.includes('\ufffd')
    ? bad('the value holds U+FFFD, which stands for bytes that were lost; "crbus tail -o json" keeps them')
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
  // Bytes, in base64 or as serde_json writes them, are decoded where the key is wanted.
  const isValue = fields.data_base64 === undefined && isFields(fields.data)
  return toRecord(event, settings, fields, isValue ? fields.data : undefined)
}

function merge(own: EventMetadata | null, over: EventMetadata | null): EventMetadata | null {
  if (own === null || over === null) return own ?? over
  const said = Object.fromEntries(Object.entries(over).filter(([, field]) => field !== undefined))
  const extra = { ...own.extra, ...over.extra }
  return { ...own, ...said, ...(Object.keys(extra).length === 0 ? {} : { extra }) }
}

function readEventData(
  { data_base64, data, codec, schema }: Fields,
  settings: EventSettings,
  eventType: string,
): Bytes {
  if (typeof data_base64 === 'string') {
    const bytes = readBase64(data_base64)
    return bytes ? { ok: true, bytes } : bad('data_base64 is not base64')
  }
  if (data === undefined) return bad('there is neither data nor data_base64')
  if (codec === 'bincode') {
    return typeof schema === 'string' ? encodeBy(schema, data, settings) : encodeBincode(data, settings, eventType)
  }
  if (codec === 'text' || codec === 'json' || codec === 'cbor') return encodeData(data, codec)
  // serde_json writes Rust's bytes as numbers.
  const isBytes = Array.isArray(data) && data.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)
  if (isBytes) return { ok: true, bytes: Uint8Array.from(data) }
  const { codec: fallback = codecOf(settings, eventType) } = settings
  return fallback === 'bincode' ? encodeBincode(data, settings, eventType) : encodeData(data, fallback)
}

function encodeData(data: unknown, codec: PayloadCodec): Bytes {
  if (codec === 'json') return utf8(writeJson(data))
  if (codec === 'text') return typeof data === 'string' ? utf8(data) : bad('data is not a text')
  return encodePayload(data, codec)
}

/** `data` is the value that the event's bytes were made of; `undefined` where only the bytes are known. */
function toRecord(event: SerializedEvent, settings: EventSettings, fields: Fields, data: unknown): ReadInput {
  const encoded = encodeRecord(event, settings.envelope)
  if (!encoded.ok) return encoded
  const { value } = encoded
  const { key, keyField } = settings
  // A record that says what its key is, or that it has none, keeps it.
  const hasKey = key !== undefined || fields.key !== undefined || fields.key_base64 !== undefined
  if (keyField === undefined || hasKey) return asRecord(fields, value, event.eventType, settings, encoded.headers)
  const found = aggregateKey(data ?? decodedData(event, settings), keyField.name)
  if (!found.ok) return bad(keyProblem(found.reason, event.eventType, settings.topic, keyField))
  return asRecord({ ...fields, key: found.key }, value, event.eventType, settings, encoded.headers)
}

const keyProblem = (reason: string, eventType: string, topic: string, { from }: KeyField): string =>
  `the data of ${eventType} ${reason}, by which the records of ${topic} are keyed (${from}); --key gives another key`

/** The value of bytes that came without one; `undefined` where nothing says how they are read. */
function decodedData({ data, eventType }: SerializedEvent, settings: EventSettings): unknown {
  const { topic, schemas, codec = codecOf(settings, eventType) } = settings
  const decoded =
    codec === 'bincode' ? schemas?.find(topic, eventType)?.decoder.decode(data) : decodePayload(data, codec)
  return decoded?.ok ? decoded.value : undefined
}

/** A value that is there already has no place for what the command line says of events. */
function asPrinted(
  fields: Fields,
  value: Uint8Array | null,
  eventType: string | null,
  settings: EventSettings,
): ReadInput {
  if (settings.metadata !== null || settings.eventVersion !== undefined) {
    return bad('the value of this record is published as it is: it takes no metadata and no event version')
  }
  return asRecord(fields, value, eventType, settings)
}

function asRecord(
  fields: Fields,
  value: Uint8Array | null,
  eventType: string | null,
  settings: EventSettings,
  own: readonly Header[] = [],
): ReadInput {
  const key = readKey(fields, eventType, settings.key)
  if (!key.ok) return key
  const headers = readHeaders(fields.headers)
  if (headers === undefined) return bad('headers are in no form that crbus, kcat, rpk or kaf prints')
  const timestamp = readTime('timestamp' in fields ? fields.timestamp : fields.ts)
  if (timestamp === null) return bad('timestamp is neither RFC 3339 nor a 64-bit number of milliseconds')
  const { partition = settings.keepPartitions ? fields.partition : undefined } = settings
  if (partition !== undefined && !isPartition(partition)) return bad('partition is not a whole number')
  return {
    ok: true,
    eventType,
    record: {
      key: key.bytes,
      value,
      headers: joinHeaders(headers, settings.headers, own),
      timestamp,
      partition,
    },
  }
}

/** The headers of an event's own metadata replace those that were printed with it. */
function joinHeaders(read: readonly Header[], given: readonly Header[], own: readonly Header[]): readonly Header[] {
  if (own.length > 0) {
    const written = new Set(own.map(([name]) => name))
    return [...read.filter(([name]) => !written.has(name)), ...given, ...own]
  }
  return given.length === 0 ? read : [...read, ...given]
}

const isPartition = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0

function readKey(
  fields: Fields,
  eventType: string | null,
  wanted: string | undefined,
): Bytes | { readonly ok: true; readonly bytes: null } {
  if (wanted !== undefined) return utf8(wanted)
  if (typeof fields.key_base64 === 'string') {
    const bytes = readBase64(fields.key_base64)
    return bytes ? { ok: true, bytes } : bad('key_base64 is not base64')
  }
  if (typeof fields.key === 'string') return utf8(fields.key)
  if (fields.key !== undefined && fields.key !== null) return bad('key is neither text nor null')
  // A record that says it has no key keeps none; an event that says nothing has its type.
  return fields.key === null || eventType === null ? { ok: true, bytes: null } : utf8(eventType)
}

/**
 * crbus and rpk: `[{key, value}]`; kcat: `[name, value, name, value]` or, as it is configured, `{name: [value]}`; kaf:
 * `[{Key, Value}]` in base64. Undefined when it is none of these.
 */
function readHeaders(headers: unknown): readonly Header[] | undefined {
  if (headers === undefined || headers === null) return []
  if (isFields(headers)) {
    const pairs = Object.entries(headers).flatMap(([name, values]) =>
      Array.isArray(values) ? values.map((value) => [name, value] as const) : [[name, undefined] as const],
    )
    return allHeaders(pairs.map(([name, value]) => toHeader(name, value)))
  }
  if (!Array.isArray(headers)) return undefined
  if (headers.length === 0) return []
  if (isFields(headers[0])) {
    return allHeaders(headers.map((header) => (isFields(header) ? readHeader(header) : undefined)))
  }
  if (headers.length % 2 !== 0) return undefined
  return allHeaders(
    Array.from({ length: headers.length / 2 }, (_, pair) => toHeader(headers[pair * 2], headers[pair * 2 + 1])),
  )
}

function readHeader({ key, value, value_base64, Key, Value }: Fields): Header | undefined {
  if (typeof value_base64 === 'string') {
    const bytes = readBase64(value_base64)
    return typeof key === 'string' && bytes ? [key, bytes] : undefined
  }
  if (typeof Key !== 'string') return toHeader(key, value)
  const name = readBase64(Key)
  const bytes = Value === null ? null : typeof Value === 'string' ? readBase64(Value) : undefined
  return name && bytes !== undefined ? [name.toString('utf8'), bytes] : undefined
}

function toHeader(name: unknown, value: unknown): Header | undefined {
  if (typeof name !== 'string' || !name.isWellFormed()) return undefined
  if (value === null) return [name, null]
  const bytes = typeof value === 'string' ? utf8(value) : undefined
  return bytes?.ok ? [name, bytes.bytes] : undefined
}

function allHeaders(headers: readonly (Header | undefined)[]): Header[] | undefined {
  const found = headers.filter((header) => header !== undefined)
  return found.length === headers.length ? found : undefined
}

/** What Go writes for "no time". */
const GO_ZERO = '0001-01-01T00:00:00Z'

/** Milliseconds, -1 of a record that has none; `undefined` where nothing is said, `null` for what is no timestamp. */
function readTime(time: unknown): bigint | undefined | null {
  if (time === undefined) return undefined
  if (time === null || time === GO_ZERO) return -1n
  if (typeof time === 'bigint') return is64Bit(time) ? time : null
  if (typeof time === 'number') return Number.isSafeInteger(time) ? BigInt(time) : null
  if (typeof time !== 'string') return null
  // Beyond 2^53 crbus prints a string.
  if (/^-?\d{1,19}$/.test(time)) return readTime(BigInt(time))
  const moment = parseMoment(time)
  return moment.ok && moment.hasZone ? BigInt(moment.time) : null
}

const is64Bit = (value: bigint): boolean => BigInt.asIntN(64, value) === value

function readBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  // Node skips what is no base64; what it wrote back shows whether it did.
  return bytes.toString('base64') === text ? bytes : undefined
}

/** A lone surrogate would become U+FFFD on the wire. */
const utf8 = (text: string): Bytes =>
  text.isWellFormed() ? { ok: true, bytes: Buffer.from(text) } : bad('a text holds half of a surrogate pair')

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
