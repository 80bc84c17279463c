import { Chalk, type ChalkInstance } from 'chalk'
import type { Finding, Severity } from '../operations/doctor/finding.ts'
import { findingText, findingWhy } from './notes/doctor-notes.ts'
import { printable } from './text/printable.ts'
import { wrap } from './text/wrap.ts'

/** A finding with what mends it, one line each. */
interface ShownFinding {
  readonly finding: Finding
  readonly remedies: readonly Remedy[]
}

interface Remedy {
  readonly text: string
  /** Whether the text begins with a command or a flag, which is copied and therefore not broken. */
  readonly isTyped: boolean
}

interface FindingStyle {
  readonly color: boolean
  /** The width of the terminal; `undefined` for a file or a pipe, whose lines are not broken. */
  readonly columns: number | undefined
}

/** The marks of findings without color, padded to one width. */
const words: Readonly<Record<Severity, string>> = { ok: 'ok', info: 'note', warning: 'warning', error: 'error' }

const symbols: Readonly<Record<Severity, string>> = { ok: '✓', info: '•', warning: '!', error: '✗' }

const paint: Readonly<Record<Severity, (chalk: ChalkInstance) => (mark: string) => string>> = {
  ok: (chalk) => chalk.green,
  info: (chalk) => chalk.blue,
  warning: (chalk) => chalk.yellow,
  error: (chalk) => chalk.red,
}

/** Formats findings as a list: what is true, then why it matters and what mends it. */
export function formatFindings(shown: readonly ShownFinding[], { color, columns }: FindingStyle): string {
  const chalk = new Chalk({ level: color ? 1 : 0 })
  const line = (head: string, text: string, isTyped = false) =>
    columns === undefined || isTyped ? `${head}${printable(text)}` : wrap(head, printable(text), columns)
  return shown
    .map(({ finding, remedies }) => {
      const { severity } = finding
      const mark = color ? symbols[severity] : words[severity].padEnd(MARK_WIDTH)
      const why = findingWhy(finding)
      // The mark is painted after the line is broken, because colors have no width.
      const sentence = line(`${mark} `, findingText(finding)).replace(mark, paint[severity](chalk)(mark))
      const more = [
        ...(why === undefined ? [] : [line('    why: ', why)]),
        ...remedies.map(({ text, isTyped }) => line('    try: ', text, isTyped)),
      ]
      return [sentence, ...more, ''].join('\n')
    })
    .join('')
}

const MARK_WIDTH = 8

/** Returns the JSON document of a finding: its fields with its sentences. Suggestions of the command line replace the hints. */
export function findingDocument({ hints: _, ...fact }: Finding) {
  return { ...fact, message: findingText(fact as Finding), why: findingWhy(fact as Finding) }
}
