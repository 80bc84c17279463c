import { Chalk } from 'chalk'
import { positionName } from '../../../bus/names/names.ts'
import { isDate } from '../../../bus/time/json-time.ts'
import { valueJson } from '../../../codecs/json.ts'
import type { EventView } from '../../../operations/events/event-view.ts'
import { padEndCells } from '../../text/cell-width.ts'
import { formatBytes } from '../../text/format-bytes.ts'
import { formatDuration } from '../../text/format-duration.ts'
import type { TimeZone } from '../../text/format-time.ts'
import { formatTimestamp } from '../../text/format-timestamp.ts'
import { printable, printableJson } from '../../text/printable.ts'
import { payloadText } from '../format-record-text.ts'
import { metadataDocument } from '../record-document.ts'
import { colorJson } from './color-json.ts'
import { eventTypeColor } from './event-type-color.ts'
import { bytesText, plainText } from './record-parts.ts'

export interface PrettyStyle {
  readonly color: boolean
  /** The zone of the times. */
  readonly timeZone: TimeZone
  /** Returns the time of day in milliseconds, which ages are relative to. */
  readonly now: () => number
}

/** The codecs whose payloads are shown as indented JSON. */
const structured: ReadonlySet<string> = new Set(['json', 'cbor', 'bincode', 'avro', 'protobuf', 'command'])
/** The width of the names of fields. */
const NAME_CELLS = 10

/**
 * Creates a formatter that shows everything of a record in several lines: event type and position, then a line for each field, then
 * the payload as indented JSON, then an empty line. Lines are not cut, so that values can be copied.
 */
export function prettyFormatter({ color, timeZone, now }: PrettyStyle): (view: EventView) => string {
  const chalk = new Chalk({ level: color ? 1 : 0 })
  const payload = (view: EventView): string => {
    if (view.record.value === null) return ''
    const { payload: decoded } = view
    if (!decoded?.ok || !structured.has(decoded.codec)) return `  ${payloadText(view)}\n`
    const lines = valueJson(decoded.value, 2).split('\n').map(printableJson)
    return lines.map((line) => `  ${colorJson(line, chalk)}\n`).join('')
  }
  return (view) => {
    const { record, envelope } = view
    const title = envelope?.ok
      ? chalk.bold[eventTypeColor(envelope.event.eventType)](printable(envelope.event.eventType))
      : view.isUndecodable
        ? chalk.bold.red('undecodable')
        : chalk.bold(view.payload?.ok ? view.payload.codec : 'tombstone')
    const lines = fieldsOf(view, { timeZone, now: now() }).map(
      ([name, value]) => `  ${chalk.dim(padEndCells(name, NAME_CELLS))} ${value}\n`,
    )
    return `${title} ${chalk.bold(positionName(record))}\n${lines.join('')}${payload(view)}\n`
  }
}

type Field = readonly [name: string, value: string]

/** Returns the fields of a record with their values, safe for a terminal. The name of a field that continues the last one is empty. */
function fieldsOf(view: EventView, { timeZone, now }: { readonly timeZone: TimeZone; readonly now: number }): Field[] {
  const { record, envelope } = view
  const { topic, partition, offset, timestamp, timestampType, key, value, headers } = record
  const event = envelope?.ok ? envelope.event : undefined
  const metadata = Object.entries(metadataDocument(event?.metadata ?? null) ?? {})
  const setBy = timestampType === 'append' ? 'set by the broker' : 'set by the producer'
  return [
    ['topic', topic],
    ['partition', `${partition}`],
    ['offset', `${offset}`],
    ['time', `${formatTimestamp(timestamp, timeZone)}${ageText(timestamp, now)}`],
    ['timestamp', timestamp === -1n ? 'none' : setBy],
    ['key', key === null ? '-' : bytesText(key)],
    ...listed(
      'headers',
      headers.map(([name, bytes]) => `${plainText(name)}: ${bytesText(bytes)}`),
    ),
    ...(event === undefined ? [] : [['version', `${event.eventVersion}`] as const]),
    ...listed(
      'metadata',
      metadata.map(([name, field]) => `${printable(name)}: ${plainText(field)}`),
    ),
    ['size', sizeText(key, value)],
    ...decodingOf(view),
  ]
}

/** Returns a field with one value in each line. */
const listed = (name: string, values: readonly string[]): Field[] =>
  values.length === 0 ? [[name, '-']] : values.map((value, at) => [at === 0 ? name : '', value])

/** Returns how the record is decoded: its envelope, the codec of its payload, and the schema with the variant or type. */
function decodingOf({ envelope, payload, bincodeJson }: EventView): Field[] {
  if (envelope === undefined) return []
  if (!envelope.ok && !payload?.ok) return [['error', printable(payload?.reason ?? envelope.reason)]]
  const guessed = envelope.ok && envelope.guessed ? ' (guessed)' : ''
  const format: Field = ['envelope', `${envelope.ok ? envelope.format : 'none'}${guessed}`]
  if (!payload?.ok) return [format, ['codec', 'none'], ['error', printable(payload?.reason ?? 'not decoded')]]
  const warning = 'warning' in payload ? payload.warning : undefined
  return [
    format,
    ['codec', payload.codec],
    ...('schemaId' in payload && payload.schemaId !== undefined ? [['schema id', `${payload.schemaId}`] as const] : []),
    ...(bincodeJson === undefined ? [] : [['schema', printable(bincodeJson.schema)] as const]),
    ...(bincodeJson?.variant === undefined ? [] : [['type', printable(bincodeJson.variant)] as const]),
    ...(warning === undefined ? [] : [['warning', printable(warning)] as const]),
  ]
}

function sizeText(key: Uint8Array | null, value: Uint8Array | null): string {
  const parts = [
    ...(key === null ? [] : [`key ${formatBytes(key.length)}`]),
    ...(value === null ? [] : [`value ${formatBytes(value.length)}`]),
  ]
  return parts.length === 0 ? formatBytes(0) : parts.join(', ')
}

/** Formats the age of a record: ` (12s ago)`, or ` (in 12s)` for a timestamp in the future. */
function ageText(timestamp: bigint, now: number): string {
  if (timestamp === -1n || !isDate(timestamp)) return ''
  const age = now - Number(timestamp)
  return age < 0 ? ` (in ${formatDuration(-age)})` : ` (${formatDuration(age)} ago)`
}
