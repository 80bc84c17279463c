import { Chalk } from 'chalk'
import type { SchemaChange, SchemaDiff } from '../../operations/schemas/diff.ts'
import { printable } from '../text/printable.ts'
import { sampledTexts } from './sampled-words.ts'
import { adviceText, changeText } from './schema-change-words.ts'

const marks = { silent: 'SILENT', breaks: 'BREAKS', safe: 'safe' } as const
const INDENT = ' '.repeat(8)
const MAX_EVENTS = 5

/** Formats a diff: each change with its effect and with advice, then a summary line. */
export function formatSchemaDiff(
  { changes, changeCounts }: SchemaDiff,
  { color }: { readonly color: boolean },
): string {
  const chalk = new Chalk({ level: color ? 1 : 0 })
  const paint = { silent: chalk.bold.white.bgRed, breaks: chalk.red, safe: chalk.green }
  const blocks = changes.map((change) => {
    const { kind, where, oldReaders } = change
    const mark = paint[kind](marks[kind]) + INDENT.slice(marks[kind].length)
    const old = oldReaders === kind ? [] : [inOldServices[oldReaders]]
    const notes = [changeText(change), ...eventsOf(change), ...sampledTexts(change), ...old]
    const next = kind === 'safe' && oldReaders === 'safe' ? [] : [`→ ${adviceText(change)}`]
    const lines = [...notes, ...next].map((line) => `${INDENT}${printable(line)}\n`)
    return `${mark}${chalk.bold(printable(where))}\n${lines.join('')}`
  })
  const unnoticed = changes.filter(({ kind, leftoverBytes }) => kind === 'breaks' && leftoverBytes).length
  return [...blocks, summary(changeCounts, unnoticed)].join('\n')
}

function eventsOf({ events, kind }: SchemaChange): string[] {
  if (events.length === 0 || kind === 'safe') return []
  const more = events.length > MAX_EVENTS ? ` and ${events.length - MAX_EVENTS} more` : ''
  return [`in ${events.slice(0, MAX_EVENTS).join(', ')}${more}`]
}

/** What a change does to services that still have the old types, by `oldReaders`. */
const inOldServices = {
  silent: 'services with the old types decode new events to something else',
  breaks: 'services with the old types fail on new events',
  safe: 'services with the old types read new events correctly',
} as const

/** `unnoticed`: how many of the changes that break leave bytes over, which not every reader refuses. */
function summary({ silent, breaks, safe }: SchemaDiff['changeCounts'], unnoticed: number): string {
  const lenient = unnoticed > 0 ? ` (${unnoticed} not noticed by bincode::deserialize)` : ''
  const all = silent + breaks + safe
  if (all === 0) return 'no changes: old bytes decode to the same values\n'
  const parts = [
    ...(silent > 0 ? [`${silent} decode${silent === 1 ? 's' : ''} old bytes to something else without an error`] : []),
    ...(breaks > 0 ? [`${breaks} fail${breaks === 1 ? 's' : ''} on some old bytes${lenient}`] : []),
    ...(safe > 0 ? [`${safe} ${safe === 1 ? 'is' : 'are'} safe`] : []),
  ]
  return `${all} change${all === 1 ? '' : 's'}: ${parts.join(', ')}\n`
}
