import { isUtf8 } from 'node:buffer'
import { positionName } from '../../bus/names/names.ts'
import { isDate } from '../../bus/time/json-time.ts'
import { valueJson } from '../../codecs/json.ts'
import type { EventView } from '../../operations/events/event-view.ts'
import { type TimeZone, timeParts } from '../text/format-time.ts'
import { formatTimestamp } from '../text/format-timestamp.ts'
import { printable, printableJson } from '../text/printable.ts'
import { payloadText } from './format-record-text.ts'
import { metadataDocument } from './record-document.ts'

/** A record as a row of the live screen. All texts are safe for a terminal. */
export interface RecordRow {
  /** The position, which identifies the row. */
  readonly key: string
  readonly topic: string
  readonly partition: number
  readonly offset: bigint
  /** The time of day. */
  readonly time: string
  /** The event type; `tombstone` or `undecodable` for a record without one. */
  readonly type: string
  readonly isDecoded: boolean
  /** The payload and the correlation id on one line. */
  readonly text: string
  /** The bytes that the row keeps in memory. */
  readonly bytes: number
  /** Returns everything about the record, line by line. */
  detail(): readonly string[]
}

/** The most characters of a payload that a row keeps; no terminal is wider. */
const MAX_ROW_CHARS = 1000

/** Creates the row of a record. The view must not share its bytes with others: the row keeps them. */
export function recordRow(view: EventView, timeZone: TimeZone): RecordRow {
  const { record, envelope } = view
  const { topic, partition, offset, timestamp, key, value } = record
  const event = envelope?.ok ? envelope.event : undefined
  const correlation = event?.metadata?.correlationId
  const reason = envelope?.ok === false ? `${printable(envelope.reason)} ` : ''
  const text = `${reason}${payloadText(view)}`.slice(0, MAX_ROW_CHARS)
  return {
    key: positionName(record),
    topic,
    partition,
    offset,
    time: clock(timestamp, timeZone),
    type: event === undefined ? (value === null ? 'tombstone' : 'undecodable') : printable(event.eventType),
    isDecoded: event !== undefined,
    text: correlation === undefined ? text : `${text}  correlation_id=${printable(correlation)}`,
    bytes: (key?.length ?? 0) + (value?.length ?? 0),
    detail: () => detailLines(view, timeZone).map(shortened),
  }
}

/** The most characters of a line that the detail shows. */
const MAX_LINE_CHARS = 100_000
const shortened = (line: string): string =>
  line.length <= MAX_LINE_CHARS
    ? line
    : `${line.slice(0, MAX_LINE_CHARS)}… and ${line.length - MAX_LINE_CHARS} more characters`

/** Formats the time of day with milliseconds. */
function clock(timestamp: bigint, timeZone: TimeZone): string {
  if (timestamp === -1n || !isDate(timestamp)) return formatTimestamp(timestamp, timeZone)
  return timeParts(Number(timestamp), timeZone).time
}

/** Formats a timestamp in the zone of the screen, and in UTC. */
function wholeTime(timestamp: bigint, timeZone: TimeZone): string {
  const shown = formatTimestamp(timestamp, timeZone)
  const utc = formatTimestamp(timestamp, 'utc')
  return shown === utc ? shown : `${shown}  (${utc})`
}

const NAME_CELLS = 16
const field = (name: string, value: string): string => `${printable(name).padEnd(NAME_CELLS)}${value}`

/** Lists all fields of a record, then its payload, indented. */
function detailLines(view: EventView, timeZone: TimeZone): readonly string[] {
  const { record, envelope, payload } = view
  const { topic, partition, offset, timestamp, key, value, headers } = record
  const frame = [
    field('topic', printable(topic)),
    field('partition', String(partition)),
    field('offset', String(offset)),
    field('timestamp', wholeTime(timestamp, timeZone)),
    field('key', bytesText(key)),
    ...headers.map(([name, own]) => field('header', `${printable(name)} = ${bytesText(own)}`)),
  ]
  if (value === null) return [...frame, field('value', 'null: a tombstone, which deletes the key')]
  if (!envelope?.ok) {
    return [...frame, field('undecodable', printable(envelope?.reason ?? '')), '', ...dump(value)]
  }
  const { event, format, guessed } = envelope
  const metadata = Object.entries(metadataDocument(event.metadata) ?? {})
  const warning = payload?.ok && 'warning' in payload ? payload.warning : undefined
  return [
    ...frame,
    field('envelope', `${format}${guessed ? ', guessed' : ''}`),
    field('event type', printable(event.eventType)),
    field('event version', String(event.eventVersion)),
    ...metadata.map(([name, own]) =>
      field(name, typeof own === 'string' ? printable(own) : printableJson(JSON.stringify(own))),
    ),
    ...(warning === undefined ? [] : [field('warning', printable(warning))]),
    field('payload', payload?.ok ? `${payload.codec}, ${event.data.length} bytes` : printable(payload?.reason ?? '')),
    '',
    ...payloadLines(view, event.data),
  ]
}

function payloadLines(view: EventView, data: Uint8Array): readonly string[] {
  const { payload } = view
  if (!payload?.ok) return dump(data)
  if (payload.codec === 'bytes') return [payloadText(view), '', ...dump(data)]
  if (payload.codec === 'text') return String(payload.value).split('\n').slice(0, MAX_LINES).map(printable)
  const lines = valueJson(payload.value, 2).split('\n')
  const shown = lines.slice(0, MAX_LINES).map(printableJson)
  return lines.length > MAX_LINES ? [...shown, `and ${lines.length - MAX_LINES} more lines`] : shown
}

/** The most lines of a payload that the detail shows. */
const MAX_LINES = 5000
const DUMPED_IN_LINE = 16

/** Shows bytes in hex, sixteen in a line, with their characters. */
function dump(bytes: Uint8Array): readonly string[] {
  const lines: string[] = []
  for (let at = 0; at < bytes.length && lines.length < MAX_LINES; at += DUMPED_IN_LINE) {
    const part = Buffer.from(bytes.subarray(at, at + DUMPED_IN_LINE))
    const hex = (part.toString('hex').match(/../g) ?? []).join(' ')
    const text = part.toString('latin1').replace(/[^ -~]/g, '.')
    lines.push(`${at.toString(16).padStart(8, '0')}  ${hex.padEnd(DUMPED_IN_LINE * 3)} ${text}`)
  }
  const left = bytes.length - lines.length * DUMPED_IN_LINE
  return left > 0 ? [...lines, `and ${left} more bytes`] : lines
}

function bytesText(bytes: Uint8Array | null): string {
  if (bytes === null) return '-'
  return isUtf8(bytes) ? printable(Buffer.from(bytes).toString('utf8')) : `0x${Buffer.from(bytes).toString('hex')}`
}
