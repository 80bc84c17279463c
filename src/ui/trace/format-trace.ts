import { Chalk, type ChalkInstance } from 'chalk'
import { positionName } from '../../bus/names/names.ts'
import { unquotedJson } from '../records/format-record-text.ts'
import { eventTypeColor } from '../records/text/event-type-color.ts'
import { cutLine } from '../text/cut-line.ts'
import { formatDuration } from '../text/format-duration.ts'
import { formatTime, type TimeZone, timeParts } from '../text/format-time.ts'
import { plural } from '../text/listed.ts'
import { printable } from '../text/printable.ts'
import { wrap } from '../text/wrap.ts'
import type { TraceDocument, TraceMessage, TraceSuggestion } from './trace-document.ts'

export interface TraceStyle {
  readonly color: boolean
  readonly timeZone: TimeZone
  /** The width of the terminal. Absent: lines are not cut. */
  readonly columns?: number | undefined
  /** Formats what to try next. */
  readonly suggestionText: (suggestion: TraceSuggestion) => string
}

/** A line of a long tree would consist of branches only, so deeper messages are indented no further. */
const MAX_INDENT = 30
const MAX_PAYLOAD_CHARS = 2000

/** Formats a conversation as a tree of causes and effects, with a summary and the findings below. */
export function* formatTrace(document: TraceDocument, style: TraceStyle): Generator<string> {
  const { timeZone, columns } = style
  const chalk = new Chalk({ level: style.color ? 1 : 0 })
  const { correlationId, messages, firstAt } = document
  const fitted = (line: string) => `${columns === undefined ? line : cutLine(line, columns)}\n`
  const start = firstAt === undefined ? '' : chalk.dim(`  ${formatTime(Date.parse(firstAt), timeZone)}`)
  yield fitted(`${chalk.bold(printable(correlationId))}${start}`)
  for (const { message, branch } of treeLines(messages)) yield fitted(messageLine(message, branch, { chalk, timeZone }))
  yield '\n'
  yield broken('', traceSummary(document), columns)
  yield* findingLines(document, chalk, style)
}

/** Formats a message as a line: its time, its branch, the time since its cause, its type, its position, and its payload. */
function messageLine(
  message: TraceMessage,
  branch: string,
  { chalk, timeZone }: { readonly chalk: ChalkInstance; readonly timeZone: TimeZone },
): string {
  const { time, eventType, kind, error } = message
  const clock = time === null ? '-'.padEnd(12) : timeParts(Date.parse(time), timeZone).time
  const hop = hopText(message)
  const type =
    eventType === undefined ? chalk.red('undecodable') : chalk[eventTypeColor(eventType)](printable(eventType))
  const flags = marksOf(message)
  return [
    `${chalk.dim(clock)} ${chalk.dim(branch)}${hop === '' ? '' : `${chalk.dim(hop)} `}${type}`,
    kind === 'dead-letter' ? chalk.red('dead letter') : '',
    chalk.dim(printable(placeOf(message))),
    flags.length === 0 ? '' : chalk.yellow(flags.map((mark) => `[${mark}]`).join(' ')),
    error === undefined ? payloadOf(message) : chalk.red(printable(error)),
  ]
    .filter((part) => part !== '')
    .join(' ')
}

/** Formats the time since the cause of a message; empty without a cause. A guessed cause is marked with `~`. */
export const hopText = ({ elapsed, causedBy }: TraceMessage): string =>
  elapsed === undefined ? '' : `${causedBy === 'order' ? '~' : ''}${signed(elapsed)}`

const signed = (milliseconds: number): string =>
  milliseconds < 0 ? `-${formatDuration(-milliseconds)}` : `+${formatDuration(milliseconds)}`

/** Names the position of a message. A dead letter and a timer of the event store have none. */
function placeOf({ kind, topic, partition, offset, deadLetter, from }: TraceMessage): string {
  if (kind === 'timer') return `timer of ${from}`
  if (deadLetter?.stored === undefined) return positionName({ topic, partition, offset: BigInt(offset) })
  return `${topic}, ${deadLetter.stored.status} in failed_events (id ${deadLetter.stored.id})`
}

/** The marks of a message that its line does not show in another way. */
const marksOf = ({ marks, copyOf, retriedFrom }: TraceMessage): readonly string[] => {
  const others = marks.filter((mark) => mark !== 'dead-letter' && mark !== 'undecodable')
  if (retriedFrom !== undefined) return ['retried', ...others]
  return copyOf === undefined || others.includes('duplicate') ? others : ['duplicate', ...others]
}

function payloadOf({ codec, data }: TraceMessage): string {
  if (data === undefined) return codec ?? ''
  const text = unquotedJson(data)
  return text.length > MAX_PAYLOAD_CHARS ? `${text.slice(0, MAX_PAYLOAD_CHARS)}…` : text
}

/** Yields the messages as a tree, each with the branches before it. Does not recurse: a chain may have thousands of messages. */
export function* treeLines(
  messages: readonly TraceMessage[],
): Generator<{ readonly message: TraceMessage; readonly branch: string }> {
  const effects = Map.groupBy(messages, ({ cause }) => cause)
  const waiting = (effects.get(undefined) ?? [])
    .map((message) => ({ message, branch: '', below: '', depth: 0 }))
    .reverse()
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { message, branch, below, depth } = next
    yield { message, branch }
    const own = effects.get(message.index) ?? []
    for (const [at, effect] of [...own.entries()].reverse()) {
      const isLast = at === own.length - 1
      const isDeep = depth >= MAX_INDENT
      waiting.push({
        message: effect,
        branch: `${below}${isLast ? '└─ ' : '├─ '}`,
        below: isDeep ? below : `${below}${isLast ? '   ' : '│  '}`,
        depth: depth + 1,
      })
    }
  }
}

/** Formats new messages of a conversation as lines, each indented below its cause, which may be many lines above. */
export function* followedLines(
  arrived: readonly TraceMessage[],
  all: readonly TraceMessage[],
  { color, timeZone, columns }: Omit<TraceStyle, 'suggestionText'>,
): Generator<string> {
  const chalk = new Chalk({ level: color ? 1 : 0 })
  for (const message of arrived) {
    const { depth, cause } = message
    const branch = depth === 0 ? '' : `${'   '.repeat(Math.min(depth, MAX_INDENT) - 1)}└─ `
    const by = cause === undefined ? undefined : all[cause]
    const after = by === undefined ? '' : chalk.dim(` ← ${printable(nameOf(by))}`)
    const line = `${messageLine(message, branch, { chalk, timeZone })}${after}`
    yield `${columns === undefined ? line : cutLine(line, columns)}\n`
  }
}

/** Sums up a conversation in one line: the number of messages, their time, and the slowest step. */
export function traceSummary({ messages, duration, complete, participants }: TraceDocument): string {
  const slowest = messages.reduce<TraceMessage | undefined>(
    (max, message) => ((message.elapsed ?? 0) > (max?.elapsed ?? 0) ? message : max),
    undefined,
  )
  const guessed = messages.filter(({ causedBy }) => causedBy === 'order').length
  const parts = [
    `${complete ? '' : 'at least '}${plural(messages.length, 'message')} of ${plural(participants.length, 'participant')}`,
    duration === undefined ? '' : `in ${formatDuration(duration)}`,
    slowest === undefined
      ? ''
      : `slowest step: ${printable(nameOf(slowest))} after ${formatDuration(slowest.elapsed ?? 0)}`,
    guessed === 0 ? '' : `${guessed} of the causes guessed by order (~), because the messages name none`,
  ]
  return parts.filter((part) => part !== '').join(', ')
}

const nameOf = ({ eventType, topic }: TraceMessage): string => eventType ?? `a record of ${topic}`

/** Yields each finding with what to try next. Commands and flags are not broken into lines, because users copy them. */
function* findingLines(
  { findings }: TraceDocument,
  chalk: ChalkInstance,
  { columns, suggestionText }: TraceStyle,
): Generator<string> {
  for (const { code, message, suggestions } of findings) {
    // The code is painted after the line is broken, because colors have no width.
    yield broken(`${code}  `, printable(message), columns).replace(code, chalk.yellow(code))
    for (const suggestion of suggestions) yield `  try: ${printable(suggestionText(suggestion))}\n`
  }
}

const broken = (head: string, text: string, columns: number | undefined): string =>
  `${columns === undefined ? `${head}${text}` : wrap(head, text, columns)}\n`
