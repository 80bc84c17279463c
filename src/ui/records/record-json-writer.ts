import { isUtf8 } from 'node:buffer'
import type { EventMetadata } from '../../bus/event.ts'
import type { Header } from '../../bus/record.ts'
import { isDate } from '../../bus/time/json-time.ts'
import { valueJson } from '../../codecs/json.ts'
import { asBuffer, repeatedText } from '../../codecs/text-cache.ts'
import type { EventView } from '../../operations/events/event-view.ts'
import { printableJson } from '../text/printable.ts'

/** A topic has few event types and variants. The limit bounds the memory when a service generates their names. */
const MAX_CACHED_TEXTS = 1000

/**
 * Formats records as lines of JSON, from which `crbus publish` makes the same bytes again. The JSON is concatenated by
 * hand because `tail -o json` prints millions of records. `record-document.ts` makes the same document as an object.
 *
 * `data_base64` is added beside `data` if encoding `data` again would give other bytes. `value_base64` has
 * the whole value if its envelope is not in the format that crbus writes.
 *
 * A writer caches texts that records share, so use one writer for one output.
 */
export class RecordJsonWriter {
  readonly #texts = new Map<string, string>()
  #lastTime = 0n
  #lastTimeText = '"1970-01-01T00:00:00.000Z"'
  #lastKey: Uint8Array | undefined
  #lastKeyText = ''

  /** Returns the JSON of a record, without a line break. */
  write(view: EventView): string {
    const { record, envelope } = view
    let line = `{"topic":${this.text(record.topic)},"partition":${record.partition},"offset":${integer(record.offset)},"timestamp":${this.time(record.timestamp)},${this.key(record.key)}${decodedKeyFields(view)},"headers":${headers(record.headers)}`
    if (record.value === null) return `${line},"tombstone":true}`
    if (!envelope?.ok) {
      const { payload } = view
      if (payload?.ok) return `${line},"envelope":"none"${plainFields(payload, record.value)}}`
      return `${line},"error":${quoted(payload?.reason ?? 'not decoded')},"value_base64":"${base64(record.value)}"}`
    }
    const { format, guessed, event } = envelope
    line += `,"envelope":"${format}"`
    if (guessed) line += ',"guessed":true'
    line += `,"event_type":${this.text(event.eventType)},"event_version":${event.eventVersion},"metadata":${metadataJson(event.metadata)}`
    const { bincodeJson } = view
    if (bincodeJson !== undefined) {
      const { variant, warning, json, isExact, schema } = bincodeJson
      line += `,"codec":"bincode","schema":${this.text(schema)}`
      if (variant !== undefined) line += `,"variant":${this.text(variant)}`
      if (warning !== undefined) line += `,"warning":${this.text(warning)}`
      line += `,"data":${json}`
      if (!isExact) line += `,"data_base64":"${base64(event.data)}"`
      return format === 'bincode-w3' ? `${line}}` : `${line},"value_base64":"${base64(record.value)}"}`
    }
    const { payload } = view
    if (payload?.ok) {
      line += `,"codec":"${payload.codec}"`
      if ('warning' in payload && payload.warning !== undefined) line += `,"warning":${quoted(payload.warning)}`
      if (payload.codec !== 'bytes') line += `,"data":${printableJson(valueJson(payload.value))}`
      if (!payload.canonical) line += `,"data_base64":"${base64(event.data)}"`
    } else {
      line += `,"codec":"bytes","payload_error":${quoted(payload?.reason ?? '')},"data_base64":"${base64(event.data)}"`
    }
    return format === 'bincode-w3' ? `${line}}` : `${line},"value_base64":"${base64(record.value)}"}`
  }

  /** Returns a text as a JSON string. Caches it, because millions of records have few different event types. */
  text(value: string): string {
    let found = this.#texts.get(value)
    if (found === undefined) {
      found = quoted(value)
      if (this.#texts.size < MAX_CACHED_TEXTS) this.#texts.set(value, found)
    }
    return found
  }

  /**
   * Returns the timestamp of a record as a JSON value: RFC 3339, or `null` if the record has none. A timestamp that is not a date
   * is a number of milliseconds, as a string beyond 2^53.
   */
  time(timestamp: bigint): string {
    // Records of one batch often have the same millisecond.
    if (timestamp === this.#lastTime) return this.#lastTimeText
    if (timestamp === -1n) return 'null'
    if (!isDate(timestamp)) return integer(timestamp)
    this.#lastTime = timestamp
    this.#lastTimeText = `"${new Date(Number(timestamp)).toISOString()}"`
    return this.#lastTimeText
  }

  /** Returns the key of a record as a field of a JSON object: `"key":"o-1"`. */
  key(key: Uint8Array | null): string {
    if (key === null) return '"key":null'
    // Consecutive records with equal keys often share the array of bytes.
    if (key === this.#lastKey) return this.#lastKeyText
    const text = repeatedText(asBuffer(key), 0, key.length)
    this.#lastKey = key
    this.#lastKeyText = text === undefined ? `"key_base64":"${base64(key)}"` : `"key":${this.text(text)}`
    return this.#lastKeyText
  }
}

function decodedKeyFields({ decodedKey }: EventView): string {
  if (decodedKey === undefined) return ''
  return `,"key_schema_id":${decodedKey.schemaId},"key_data":${printableJson(valueJson(decodedKey.value))}`
}

/** Returns the fields of a plain value. `value_base64` is added if encoding `data` again would give other bytes. */
function plainFields(payload: Extract<EventView['payload'], { ok: true }>, value: Uint8Array): string {
  const id = 'schemaId' in payload && payload.schemaId !== undefined ? `,"schema_id":${payload.schemaId}` : ''
  const data = payload.codec === 'bytes' ? '' : `,"data":${printableJson(valueJson(payload.value))}`
  const fields = `,"codec":"${payload.codec}"${id}${data}`
  return payload.canonical ? fields : `${fields},"value_base64":"${base64(value)}"`
}

/** Returns event metadata as a JSON object with the field names of the wire format. Leaves out absent fields. */
export function metadataJson(metadata: EventMetadata | null): string {
  if (metadata === null) return 'null'
  const { correlationId, causationId, userId, timestamp, extra } = metadata
  let fields = ''
  if (correlationId !== undefined) fields += `,"correlation_id":${quoted(correlationId)}`
  if (causationId !== undefined) fields += `,"causation_id":${quoted(causationId)}`
  if (userId !== undefined) fields += `,"user_id":${quoted(userId)}`
  if (timestamp !== undefined) fields += `,"timestamp":${quoted(timestamp)}`
  if (extra !== undefined) {
    for (const [name, value] of Object.entries(extra)) {
      fields += `,${quoted(name)}:${printableJson(valueJson(value))}`
    }
  }
  return `{${fields.slice(1)}}`
}

const plain = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/

/** Returns a text as a JSON string. Most texts are plain ASCII, which needs no escaping. */
function quoted(value: string): string {
  return plain.test(value) ? `"${value}"` : printableJson(JSON.stringify(value))
}

const base64 = (bytes: Uint8Array): string => asBuffer(bytes).toString('base64')

function integer(value: bigint): string {
  return value <= 9007199254740991n && value >= -9007199254740991n ? value.toString() : `"${value}"`
}

function headers(pairs: readonly Header[]): string {
  if (pairs.length === 0) return '[]'
  return `[${pairs
    .map(([name, value]) => {
      if (value === null) return `{"key":${quoted(name)},"value":null}`
      return isUtf8(value)
        ? `{"key":${quoted(name)},"value":${quoted(Buffer.from(value).toString('utf8'))}}`
        : `{"key":${quoted(name)},"value_base64":"${base64(value)}"}`
    })
    .join(',')}]`
}
