import { Chalk, type ChalkInstance } from 'chalk'
import type { Finding, Severity } from '../operations/doctor/finding.ts'
import { findingText, findingWhy } from './notes/doctor-notes.ts'
import { printable } from './text/printable.ts'

/** A finding with what mends it, one line each. */
interface ShownFinding {
  readonly finding: Finding
  readonly remedies: readonly string[]
}

/** The marks of findings, with a color and without. */
const marks: Readonly<Record<Severity, (chalk: ChalkInstance) => string>> = {
  ok: (chalk) => (chalk.level === 0 ? 'ok      ' : chalk.green('✓')),
  info: (chalk) => (chalk.level === 0 ? 'note    ' : chalk.blue('•')),
  warning: (chalk) => (chalk.level === 0 ? 'warning ' : chalk.yellow('!')),
  error: (chalk) => (chalk.level === 0 ? 'error   ' : chalk.red('✗')),
}

/** Formats findings as a list: what is true, then why it matters and what mends it. */
export function formatFindings(shown: readonly ShownFinding[], color: boolean): string {
  const chalk = new Chalk({ level: color ? 1 : 0 })
  return shown
    .map(({ finding, remedies }) => {
      const why = findingWhy(finding)
      const more = [...(why === undefined ? [] : [`why: ${why}`]), ...remedies.map((remedy) => `try: ${remedy}`)]
      const lines = [`${marks[finding.severity](chalk)} ${printable(findingText(finding))}`]
      return [...lines, ...more.map((line) => `    ${printable(line)}`), ''].join('\n')
    })
    .join('')
}

/** Returns the JSON document of a finding: its fields with its sentences. Suggestions of the command line replace the hints. */
export function findingDocument({ hints: _, ...fact }: Finding) {
  return { ...fact, message: findingText(fact as Finding), why: findingWhy(fact as Finding) }
}
