import { Chalk, type ChalkInstance } from 'chalk'
import type { EventMetadata } from '../../bus/event.ts'
import { positionName } from '../../bus/names/names.ts'
import { isDate } from '../../bus/time/json-time.ts'
import { valueJson } from '../../codecs/json.ts'
import { decodePayload } from '../../codecs/payload.ts'
import type { EventView } from '../../operations/events/event-view.ts'
import { formatTimestamp } from '../text/format-timestamp.ts'
import { printable, printableJson } from '../text/printable.ts'
import { formatGuess } from './format-guess.ts'
import { metadataDocument } from './record-document.ts'

export interface TextStyle {
  readonly color: boolean
  /** The width of the terminal, to break wide payloads into lines. Absent if the output is not a terminal: one record is one line. */
  readonly columns: number | undefined
}

/** Codecs whose payloads can be shown as JSON in several lines. */
const structured: ReadonlySet<string> = new Set(['json', 'cbor', 'bincode'])
const typeColors = ['cyan', 'green', 'yellow', 'magenta', 'blue', 'cyanBright', 'greenBright', 'magentaBright'] as const

/**
 * Creates a formatter of records for people: time, position, event type, payload, metadata. The same event type always has the
 * same color. On a terminal, the day is a separate line before the first record of the day.
 */
export function textFormatter({ color, columns }: TextStyle): (view: EventView) => string {
  const chalk = new Chalk({ level: color ? 1 : 0 })
  let lastDay = ''
  const when = (timestamp: bigint): readonly [dayLine: string, time: string] => {
    const { day, time } = clock(timestamp)
    if (columns === undefined) return ['', `${day} ${time}`]
    const isNew = day !== lastDay
    lastDay = day
    return [isNew ? `${chalk.dim(`── ${day} ──`)}\n` : '', time]
  }
  return (view) => {
    const { timestamp, value } = view.record
    const [dayLine, time] = when(timestamp)
    const position = `${time} ${positionName(view.record)}`
    const head = `${dayLine}${chalk.dim(position)}`
    if (value === null) return `${head} ${chalk.dim(`tombstone ${keyText(view.record.key)}`)}\n`
    if (!view.envelope?.ok) {
      const reason = printable(view.envelope?.reason ?? 'not decoded')
      return `${head} ${chalk.red('undecodable')} ${reason} ${chalk.dim(undecoded(value))}\n`
    }
    const { event, format, guessed } = view.envelope
    const notes = format === 'bincode-w3' ? '' : chalk.dim(` ${format}${guessed ? ' guessed' : ''}`)
    const metadata = metadataText(event.metadata, timestamp)
    const context = metadata === '' ? '' : ` ${chalk.dim(metadata)}`
    const { payload } = view
    const warning = payload?.ok && 'warning' in payload ? payload.warning : undefined
    const warned = warning === undefined ? '' : ` ${chalk.yellow(`warning: ${printable(warning)}`)}`
    const title = `${head} ${typeColor(chalk, event.eventType)}${notes}${warned}`
    const body = payloadText(view)
    const width = position.length + event.eventType.length + body.length + metadata.length
    if (columns !== undefined && width > columns * 2 && payload?.ok && structured.has(payload.codec)) {
      const lines = valueJson(payload.value, 2)
        .split('\n')
        .map((line) => `  ${printableJson(line)}`)
      return `${title}${context}\n${lines.join('\n')}\n`
    }
    return `${title} ${body}${context}\n`
  }
}

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

const plainText = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"]+$/.test(value) ? printable(value) : printableJson(JSON.stringify(value))

/** Formats the payload on one line, safe for a terminal. */
export function payloadText({ record, envelope, payload }: EventView): string {
  if (!envelope?.ok) return record.value === null ? '' : undecoded(record.value)
  if (!payload?.ok) return `${printable(payload?.reason ?? '')} ${undecoded(envelope.event.data)}`
  if (payload.codec === 'bytes') return formatGuess(envelope.event.data) ?? hex(envelope.event.data)
  if (payload.codec === 'text') return printable(String(payload.value))
  return typeof payload.value === 'string' ? printableJson(valueJson(payload.value)) : unquotedJson(payload.value)
}

/** Formats a decoded value as JSON, safe for a terminal, without quotes around a number, date or byte string. */
export function unquotedJson(value: unknown): string {
  const json = printableJson(valueJson(value))
  return json.startsWith('"') ? json.slice(1, -1) : json
}

/** Colors an event type, with the same color in every run. */
function typeColor(chalk: ChalkInstance, eventType: string): string {
  let hash = 0
  for (const character of eventType) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0
  return chalk[typeColors[hash % typeColors.length] ?? 'cyan'](printable(eventType))
}

/** Formats undecodable bytes: as text if they are text or JSON, else in hex. */
function undecoded(bytes: Uint8Array): string {
  const found = decodePayload(bytes)
  const isText = found.ok && (found.codec === 'text' || found.codec === 'json')
  return isText ? printable(Buffer.from(bytes).toString('utf8')) : hex(bytes)
}

/** Formats at most 64 bytes in hex, then the number of all bytes if there are more. */
function hex(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, 64)).toString('hex')
  return bytes.length > 64 ? `0x${shown}… (${bytes.length} bytes)` : `0x${shown}`
}

const keyText = (key: Uint8Array | null) => (key === null ? '(no key)' : printable(Buffer.from(key).toString('utf8')))

/** Returns the day and time in the local time zone. If the timestamp is not a date, `time` is its number of milliseconds. */
function clock(timestamp: bigint): { readonly day: string; readonly time: string } {
  if (timestamp === -1n || !isDate(timestamp)) {
    return { day: '-'.padEnd(10), time: formatTimestamp(timestamp).padEnd(12) }
  }
  const date = new Date(Number(timestamp))
  const two = (part: number) => String(part).padStart(2, '0')
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return {
    day: `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())}`,
    time: `${time}.${String(date.getMilliseconds()).padStart(3, '0')}`,
  }
}
