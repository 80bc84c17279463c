import { Chalk } from 'chalk'
import type { EventMetadata } from '../../bus/event.ts'
import { positionName } from '../../bus/names/names.ts'
import { isDate } from '../../bus/time/json-time.ts'
import { valueJson } from '../../codecs/json.ts'
import { decodePayload } from '../../codecs/payload.ts'
import type { EventView } from '../../operations/events/event-view.ts'
import { cutLine } from '../text/cut-line.ts'
import { cutMiddle } from '../text/cut-middle.ts'
import { type TimeZone, timeParts } from '../text/format-time.ts'
import { formatTimestamp } from '../text/format-timestamp.ts'
import { printable, printableJson } from '../text/printable.ts'
import { formatGuess } from './format-guess.ts'
import { metadataDocument } from './record-document.ts'
import { eventTypeColor } from './text/event-type-color.ts'
import { growingColumn } from './text/growing-column.ts'
import { headersText, hexText, namedKey, plainText } from './text/record-parts.ts'

export interface TextStyle {
  readonly color: boolean
  /** The zone of the times. */
  readonly timeZone: TimeZone
  /** Returns the width of the terminal, which may change. `undefined` if the output is not a terminal. */
  readonly columns: () => number | undefined
  /** Whether to show the headers of records. Default: false. */
  readonly headers?: boolean | undefined
  /** Whether to cut lines to the width of the terminal. Default: true. Without a terminal, no line is cut. */
  readonly truncate?: boolean | undefined
}

/** The cells of a terminal that a position always gets, in which its offset is readable. */
const MIN_PLACE_CELLS = 24

/** The width of a date with its time, to which other timestamps are aligned. */
const TIME_CELLS: Readonly<Record<TimeZone, number>> = { local: 30, utc: 24 }

/**
 * Creates a formatter of records for people, one line each: time, position, event type, key, payload, metadata, headers. On a
 * terminal, the day and the zone are a separate line before the first record of the day, and positions and event types are aligned.
 * It formats batches, because the lines of a batch are aligned with each other.
 */
export function textFormatter(style: TextStyle): (batch: readonly EventView[]) => string {
  const { timeZone, columns, truncate = true } = style
  const line = lineFormatter(style)
  const [placeColumn, typeColumn] = [growingColumn(), growingColumn()]
  let lastDay = ''
  const chalk = new Chalk({ level: style.color ? 1 : 0 })
  const toPipe = (view: EventView): string => {
    const time = formatTimestamp(view.record.timestamp, timeZone).padStart(TIME_CELLS[timeZone])
    return `${line(view, { time, place: positionName(view.record) })}\n`
  }
  const placeOn = (width: number, view: EventView) => {
    const max = Math.max(MIN_PLACE_CELLS, Math.floor(width / 3))
    const name = positionName(view.record)
    return { text: truncate ? cutMiddle(name, max) : name, max }
  }
  const maxType = (width: number): number => Math.floor(width / 4)
  const widenColumns = (width: number, view: EventView): void => {
    const { text, max } = placeOn(width, view)
    placeColumn.widen(text, max)
    if (view.envelope?.ok) typeColumn.widen(printable(view.envelope.event.eventType), maxType(width))
  }
  const toTerminal = (width: number, view: EventView): string => {
    const { day, time } = clock(view.record.timestamp, timeZone)
    const isNew = day !== lastDay
    lastDay = day
    const place = placeOn(width, view)
    const shown = line(view, {
      time,
      place: `${place.text}${placeColumn.after(place.text, place.max)}`,
      afterType: (type) => typeColumn.after(type, maxType(width)),
    })
    const dayLine = isNew ? `${chalk.dim(`── ${day} ──`)}\n` : ''
    return `${dayLine}${truncate ? cutLine(shown, width) : shown}\n`
  }
  return (batch) => {
    const width = columns()
    if (width === undefined) return batch.map(toPipe).join('')
    for (const view of batch) widenColumns(width, view)
    return batch.map((view) => toTerminal(width, view)).join('')
  }
}

/** The beginning of a line. */
interface LineStart {
  readonly time: string
  readonly place: string
  /** Returns the spaces after an event type. Absent: none. */
  readonly afterType?: (type: string) => string
}

/** Returns a function that formats a record as a line. */
function lineFormatter({ color, headers = false }: TextStyle): (view: EventView, start: LineStart) => string {
  const chalk = new Chalk({ level: color ? 1 : 0 })
  const joined = (...parts: readonly string[]) => parts.filter((part) => part !== '').join(' ')
  return (view, { time, place, afterType = () => '' }) => {
    const { record, envelope, payload } = view
    const { key, value } = record
    const head = chalk.dim(`${time} ${place}`)
    const shownHeaders = headers && record.headers.length > 0 ? chalk.dim(headersText(record.headers)) : ''
    if (value === null) return joined(head, chalk.dim('tombstone'), chalk.dim(namedKey(view)), shownHeaders)
    const shownKey = key === null ? '' : chalk.dim(namedKey(view))
    if (!envelope?.ok && payload?.ok) {
      return joined(head, chalk.dim(payload.codec), shownKey, payloadText(view), shownHeaders)
    }
    if (!envelope?.ok) {
      const reason = printable(payload?.ok === false ? payload.reason : 'not decoded')
      return joined(head, chalk.red('undecodable'), shownKey, reason, chalk.dim(undecoded(value)), shownHeaders)
    }
    const { event, format, guessed } = envelope
    const { eventType } = event
    const shownType = printable(eventType)
    const warning = payload?.ok && 'warning' in payload ? payload.warning : undefined
    return joined(
      head,
      `${chalk[eventTypeColor(eventType)](shownType)}${afterType(shownType)}`,
      format === 'bincode-w3' ? '' : chalk.dim(`${format}${guessed ? ' guessed' : ''}`),
      warning === undefined ? '' : chalk.yellow(`warning: ${printable(warning)}`),
      // By default, the key of an event is its type.
      key !== null && isText(key, eventType) ? '' : shownKey,
      payloadText(view),
      dimmed(chalk.dim, metadataText(event.metadata, record.timestamp)),
      shownHeaders,
    )
  }
}

const dimmed = (dim: (text: string) => string, text: string): string => (text === '' ? '' : dim(text))

const isText = (bytes: Uint8Array, text: string): boolean =>
  // The length is cheaper to compare, and a character has at most three bytes for each of its UTF-16 code units.
  bytes.length >= text.length && bytes.length <= text.length * 3 && Buffer.from(text).equals(bytes)

/** Formats metadata: `correlation_id=c-42 saga_id=s-1`. Leaves out a timestamp within a second of the record's timestamp. */
function metadataText(metadata: EventMetadata | null, recordTime: bigint): string {
  if (metadata === null) return ''
  const fields = Object.entries(metadataDocument(metadata) ?? {})
  const isSame = Math.abs(Date.parse(metadata.timestamp ?? '') - Number(recordTime)) < 1000
  return fields
    .filter(([name]) => !(isSame && name === 'timestamp'))
    .map(([name, value]) => `${printable(name)}=${plainText(value)}`)
    .join(' ')
}

/** Formats the payload on one line, safe for a terminal. */
export function payloadText({ record, envelope, payload }: EventView): string {
  const bytes = envelope?.ok ? envelope.event.data : record.value
  if (bytes === null) return ''
  if (!envelope?.ok && !payload?.ok) return undecoded(bytes)
  if (!payload?.ok) return `${printable(payload?.reason ?? '')} ${undecoded(bytes)}`
  if (payload.codec === 'bytes') return (envelope?.ok ? formatGuess(bytes) : undefined) ?? hexText(bytes)
  if (payload.codec === 'text') return printable(String(payload.value))
  return typeof payload.value === 'string' ? printableJson(valueJson(payload.value)) : unquotedJson(payload.value)
}

/** Formats a decoded value as JSON, safe for a terminal, without quotes around a number, date or byte string. */
export function unquotedJson(value: unknown): string {
  const json = printableJson(valueJson(value))
  return json.startsWith('"') ? json.slice(1, -1) : json
}

/** Formats undecodable bytes: as text if they are text or JSON, else in hex. */
function undecoded(bytes: Uint8Array): string {
  const text = readableText(bytes)
  return text === undefined ? hexText(bytes) : printable(text)
}

/** Returns undecodable bytes as text, not yet safe for a terminal; `undefined` if they are neither text nor JSON. */
export function readableText(bytes: Uint8Array): string | undefined {
  const found = decodePayload(bytes)
  const isReadable = found.ok && (found.codec === 'text' || found.codec === 'json')
  return isReadable ? Buffer.from(bytes).toString('utf8') : undefined
}

/** Returns the day with its zone, and the time of day. In UTC, the zone is a part of the time. */
function clock(timestamp: bigint, timeZone: TimeZone): { readonly day: string; readonly time: string } {
  if (timestamp === -1n || !isDate(timestamp))
    return { day: '-', time: formatTimestamp(timestamp, timeZone).padEnd(12) }
  const { day, time, zone } = timeParts(Number(timestamp), timeZone)
  return timeZone === 'utc' ? { day, time: `${time}${zone}` } : { day: `${day} ${zone}`, time }
}
