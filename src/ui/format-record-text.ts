import { Chalk, type ChalkInstance } from 'chalk'
import type { EventView } from '../operations/event-view.ts'
import { metadataJson } from './format-record-json.ts'
import { stringifyJson } from './json.ts'
import { printable, printableJson } from './printable.ts'

export interface TextStyle {
  readonly color: boolean
  /** Break a payload that is wider than the terminal into lines. Never when piped: one record, one line. */
  readonly columns: number | undefined
}

const paints = ['cyan', 'green', 'yellow', 'magenta', 'blue', 'cyanBright', 'greenBright', 'magentaBright'] as const

/** Makes the formatter for people: time, place, event type in a colour of its own, metadata, payload. */
export function textFormatter({ color, columns }: TextStyle): (view: EventView) => string {
  const chalk = new Chalk({ level: color ? 1 : 0 })
  return (view) => {
    const { topic, partition, offset, timestamp, value } = view.record
    const head = `${chalk.dim(clock(timestamp))} ${chalk.dim(`${topic}[${partition}]@${offset}`)}`
    if (value === null) return `${head} ${chalk.dim(`tombstone ${keyText(view.record.key)}`)}\n`
    if (!view.envelope?.ok) {
      const reason = printable(view.envelope?.reason ?? 'not decoded')
      return `${head} ${chalk.red('undecodable')} ${reason} ${chalk.dim(hex(value))}\n`
    }
    const { event, format, guessed } = view.envelope
    const notes = format === 'bincode-w3' ? '' : chalk.dim(` ${format}${guessed ? ' guessed' : ''}`)
    const context = event.metadata === null ? '' : ` ${chalk.dim(printableJson(metadataJson(event.metadata)))}`
    const title = `${head} ${typeColor(chalk, event.eventType)}${notes}`
    const body = payloadText(view)
    const isWide = columns !== undefined && title.length + body.length + context.length > columns * 2
    if (isWide && view.payload?.ok && (view.payload.codec === 'json' || view.payload.codec === 'cbor')) {
      const spread = JSON.stringify(JSON.parse(stringifyJson(view.payload.value)), null, 2)
      return `${title}${context}\n${spread
        .split('\n')
        .map((line) => `  ${printableJson(line)}`)
        .join('\n')}\n`
    }
    return `${title} ${body}${context}\n`
  }
}

/** The payload on one line, harmless for a terminal. */
export function payloadText({ record, envelope, payload }: EventView): string {
  if (!envelope?.ok) return record.value === null ? '' : hex(record.value)
  if (!payload?.ok || payload.codec === 'bytes') return hex(envelope.event.data)
  if (payload.codec === 'text') return printable(String(payload.value))
  return printableJson(stringifyJson(payload.value))
}

/** The same colour for the same type in every run. */
function typeColor(chalk: ChalkInstance, eventType: string): string {
  let hash = 0
  for (const character of eventType) hash = (hash * 31 + (character.codePointAt(0) ?? 0)) >>> 0
  return chalk[paints[hash % paints.length] ?? 'cyan'](printable(eventType))
}

/** Bytes nobody could read, the first 64 of them. */
function hex(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, 64)).toString('hex')
  return bytes.length > 64 ? `0x${shown}… (${bytes.length} bytes)` : `0x${shown}`
}

const keyText = (key: Uint8Array | null) => (key === null ? '(no key)' : printable(Buffer.from(key).toString('utf8')))

/** Local date and time, to the millisecond. */
function clock(timestamp: bigint): string {
  if (timestamp < 0n || timestamp > 8640000000000000n) return '-'.padEnd(23)
  const date = new Date(Number(timestamp))
  const two = (part: number) => String(part).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const at = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${day} ${at}.${String(date.getMilliseconds()).padStart(3, '0')}`
}
