import { Chalk, type ChalkInstance } from 'chalk'
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
import { formatGuess } from '../format-guess.ts'
import { readableText } from '../format-record-text.ts'
import { metadataDocument } from '../record-document.ts'
import { colorJson } from './color-json.ts'
import { dumpBytes } from './dump-bytes.ts'
import { eventTypeColor } from './event-type-color.ts'
import { bytesText, keyText, plainText, titleOf } from './record-parts.ts'

export interface PrettyStyle {
  readonly color: boolean
  /** The zone of the times. */
  readonly timeZone: TimeZone
  /** Returns the time of day in milliseconds, which ages are relative to. */
  readonly now: () => number
}

/** The width of the names of fields. */
const NAME_CELLS = 10

/**
 * Creates a function that shows everything of a record in several lines: event type and position, then a line for each field, then
 * the payload: JSON indented, text as it is, other bytes in hex. Lines are not cut, so that values can be copied.
 */
export function prettyLines({ color, timeZone, now }: PrettyStyle): (view: EventView) => readonly string[] {
  const chalk = new Chalk({ level: color ? 1 : 0 })
  const paintTitle = ({ envelope, isUndecodable }: EventView) => {
    if (envelope?.ok) return chalk.bold[eventTypeColor(envelope.event.eventType)]
    return isUndecodable ? chalk.bold.red : chalk.bold
  }
  return (view) => [
    `${paintTitle(view)(titleOf(view))} ${chalk.bold(positionName(view.record))}`,
    ...fieldsOf(view, { timeZone, now: now() }).map(
      ([name, value]) => `  ${chalk.dim(padEndCells(name, NAME_CELLS))} ${value}`,
    ),
    ...payloadLines(view, chalk).map((line) => `  ${line}`),
  ]
}

/** Creates a formatter that shows a record as its {@link prettyLines} and an empty line. */
export function prettyFormatter(style: PrettyStyle): (view: EventView) => string {
  const linesOf = prettyLines(style)
  return (view) => `${linesOf(view).join('\n')}\n\n`
}

/** Returns the payload, or all bytes of a record without an event, safe for a terminal. A tombstone has no lines. */
function payloadLines({ record, envelope, payload }: EventView, chalk: ChalkInstance): readonly string[] {
  const bytes = envelope?.ok ? envelope.event.data : record.value
  if (bytes === null) return []
  if (!payload?.ok) {
    const text = readableText(bytes)
    return text === undefined ? dumpBytes(bytes) : linesOfText(text)
  }
  switch (payload.codec) {
    case 'text':
      return linesOfText(String(payload.value))
    case 'bytes': {
      const guess = envelope?.ok ? formatGuess(bytes) : undefined
      return [...(guess === undefined ? [] : [guess]), ...dumpBytes(bytes)]
    }
    default:
      return valueJson(payload.value, 2)
        .split('\n')
        .map((line) => colorJson(printableJson(line), chalk))
  }
}

const linesOfText = (text: string): readonly string[] => text.split('\n').map(printable)

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
    ['key', key === null ? '-' : keyText(view)],
    ...(view.decodedKey === undefined ? [] : [['key schema', `${view.decodedKey.schemaId}`] as const]),
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
