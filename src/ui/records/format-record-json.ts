import { isUtf8 } from 'node:buffer'
import type { EventMetadata } from '../../bus/event.ts'
import type { Header } from '../../bus/record.ts'
import { valueJson } from '../../codecs/json.ts'
import { asBuffer, repeatedText } from '../../codecs/text-cache.ts'
import type { EventView } from '../../operations/events/event-view.ts'
import { isDate } from '../text/format-timestamp.ts'
import { printableJson } from '../text/printable.ts'

/**
 * A record as one line of JSON, exact: `crbus publish` makes the same bytes of it again. Text is built by hand, since
 * this is what a million records go through.
 *
 * `data_base64` stands beside `data` unless printing `data` again gives the same bytes; `value_base64` stands for the
 * whole value where the envelope is not the one crbus writes.
 */
export function formatRecordJson(view: EventView): string {
  const { record, envelope } = view
  let line = `{"topic":${interned(record.topic)},"partition":${record.partition},"offset":${integer(record.offset)},"timestamp":${timeJson(record.timestamp)},${keyJson(record.key)},"headers":${headers(record.headers)}`
  if (record.value === null) return `${line},"tombstone":true}`
  if (!envelope?.ok) {
    return `${line},"error":${text(envelope?.reason ?? 'not decoded')},"value_base64":"${base64(record.value)}"}`
  }
  const { format, guessed, event } = envelope
  line += `,"envelope":"${format}"`
  if (guessed) line += ',"guessed":true'
  line += `,"event_type":${interned(event.eventType)},"event_version":${event.eventVersion},"metadata":${metadataJson(event.metadata)}`
  const { bincodeJson } = view
  if (bincodeJson !== undefined) {
    const { variant, warning, json, isExact, schema } = bincodeJson
    line += `,"codec":"bincode","schema":${interned(schema)}`
    if (variant !== undefined) line += `,"variant":${interned(variant)}`
    if (warning !== undefined) line += `,"warning":${interned(warning)}`
    line += `,"data":${json}`
    if (!isExact) line += `,"data_base64":"${base64(event.data)}"`
    return format === 'bincode-w3' ? `${line}}` : `${line},"value_base64":"${base64(record.value)}"}`
  }
  const { payload } = view
  if (payload?.ok) {
    line += `,"codec":"${payload.codec}"`
    if ('warning' in payload && payload.warning !== undefined) line += `,"warning":${text(payload.warning)}`
    if (payload.codec !== 'bytes') line += `,"data":${printableJson(valueJson(payload.value))}`
    if (!payload.canonical) line += `,"data_base64":"${base64(event.data)}"`
  } else {
    line += `,"codec":"bytes","payload_error":${text(payload?.reason ?? '')},"data_base64":"${base64(event.data)}"`
  }
  return format === 'bincode-w3' ? `${line}}` : `${line},"value_base64":"${base64(record.value)}"}`
}

/** The metadata with its wire names; an absent field is left out. */
export function metadataJson(metadata: EventMetadata | null): string {
  if (metadata === null) return 'null'
  const { correlationId, causationId, userId, timestamp, extra } = metadata
  let fields = ''
  if (correlationId !== undefined) fields += `,"correlation_id":${text(correlationId)}`
  if (causationId !== undefined) fields += `,"causation_id":${text(causationId)}`
  if (userId !== undefined) fields += `,"user_id":${text(userId)}`
  if (timestamp !== undefined) fields += `,"timestamp":${text(timestamp)}`
  if (extra !== undefined) {
    for (const [name, value] of Object.entries(extra)) {
      fields += `,${text(name)}:${printableJson(valueJson(value))}`
    }
  }
  return `{${fields.slice(1)}}`
}

const plain = /^[\x20-\x21\x23-\x5b\x5d-\x7e]*$/

/** A JSON string. Most are plain ASCII and need no escaping. */
function text(value: string): string {
  return plain.test(value) ? `"${value}"` : printableJson(JSON.stringify(value))
}

const internedTexts = new Map<string, string>()
/** A JSON string. Event types are few and come a million times. */
export function interned(value: string): string {
  let found = internedTexts.get(value)
  if (found === undefined) {
    found = text(value)
    if (internedTexts.size < 1000) internedTexts.set(value, found)
  }
  return found
}

const base64 = (bytes: Uint8Array): string => asBuffer(bytes).toString('base64')

function integer(value: bigint): string {
  return value <= 9007199254740991n && value >= -9007199254740991n ? value.toString() : `"${value}"`
}

let lastTime = 0n
let lastTimeText = '"1970-01-01T00:00:00.000Z"'

/**
 * A record's time as a JSON value: RFC 3339, `null` for a record without one, else the number of milliseconds, which is a
 * string beyond 2^53.
 */
export function timeJson(timestamp: bigint): string {
  // Records of one batch often share their millisecond.
  if (timestamp === lastTime) return lastTimeText
  if (timestamp === -1n) return 'null'
  if (!isDate(timestamp)) return integer(timestamp)
  lastTime = timestamp
  lastTimeText = `"${new Date(Number(timestamp)).toISOString()}"`
  return lastTimeText
}

let lastKey: Uint8Array | undefined
let lastKeyText = ''

/** A record's key as a field of a JSON object. */
export function keyJson(key: Uint8Array | null): string {
  if (key === null) return '"key":null'
  // Records of one batch share the key they have in common.
  if (key === lastKey) return lastKeyText
  const text = repeatedText(asBuffer(key), 0, key.length)
  lastKey = key
  lastKeyText = text === undefined ? `"key_base64":"${base64(key)}"` : `"key":${interned(text)}`
  return lastKeyText
}

function headers(pairs: readonly Header[]): string {
  if (pairs.length === 0) return '[]'
  return `[${pairs
    .map(([name, value]) => {
      if (value === null) return `{"key":${text(name)},"value":null}`
      return isUtf8(value)
        ? `{"key":${text(name)},"value":${text(Buffer.from(value).toString('utf8'))}}`
        : `{"key":${text(name)},"value_base64":"${base64(value)}"}`
    })
    .join(',')}]`
}
