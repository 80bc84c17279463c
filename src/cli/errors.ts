import { Errors } from '@oclif/core'
import { EventBusError, eventBusErrorCodes } from '../bus/errors.ts'
import { ScaffoldRefused } from '../scaffold/refused.ts'
import { EventStoreError, eventStoreErrorCodes } from '../store/errors.ts'
import { printable } from '../ui/text/printable.ts'

/** Exit codes of the command line. Listed in the README, never renumbered. */
export const exitCodes = { done: 0, bug: 1, usage: 2, refused: 6, unwritable: 9, found: 10, interrupted: 130 } as const

/** The user asked for something that cannot be: exit 2, and what to type instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly suggestions: readonly string[]
  constructor(message: string, suggestions: readonly string[] = []) {
    super(message)
    this.suggestions = suggestions
  }
}

/** A change that was not agreed to: exit 6, nothing was done. */
export class RefusedError extends EventBusError {
  constructor(message: string, suggestions: readonly string[] = []) {
    super('REFUSED', message, { suggestions })
  }
}

/** What a failure looks like to the process and to a script reading `--json`. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly suggestions: readonly string[]
  readonly exitCode: number
}

export function toFailure(error: unknown): Failure {
  if (error instanceof EventBusError) {
    const { code, message, suggestions } = error
    return { code: `CRBUS_${code}`, message, suggestions, exitCode: eventBusErrorCodes[code] }
  }
  if (error instanceof EventStoreError) {
    const { code, message, suggestions } = error
    return { code: `CRBUS_${code}`, message, suggestions, exitCode: eventStoreErrorCodes[code] }
  }
  if (error instanceof UsageError) {
    return { code: 'CRBUS_USAGE', message: error.message, suggestions: error.suggestions, exitCode: exitCodes.usage }
  }
  if (error instanceof ScaffoldRefused) {
    return { code: 'CRBUS_USAGE', message: error.message, suggestions: error.suggestions, exitCode: exitCodes.usage }
  }
  if (error instanceof Errors.CLIError) {
    const suggestions = error.suggestions ?? []
    return { code: 'CRBUS_USAGE', message: error.message, suggestions, exitCode: exitCodes.usage }
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const suggestions = ['this is a bug in crbus: please report it with the lines above']
  return { code: 'CRBUS_BUG', message, suggestions, exitCode: exitCodes.bug }
}

/** oclif's last line. */
const SEE_HELP = 'See more help with --help'

/** The failure for a monitor: what is true and what to type next, as far as one line holds it. */
export function inOneLine(error: unknown): string {
  const { code, message, suggestions } = toFailure(error)
  const lines = message.split('\n').map((line) => line.trim())
  // What is wrong with flags goes over several lines; a bug's are its stack.
  const text = code === 'CRBUS_USAGE' ? lines.filter((line) => line !== '' && line !== SEE_HELP).join(' ') : lines[0]
  return `${text}${suggestions[0] === undefined ? '' : ` (try: ${suggestions[0]})`}`
}

/** The failure for a person: what is true, then what to type next. */
export function formatFailure({ code, message, suggestions }: Failure): string {
  // oclif indents with tabs.
  const lines = message.split('\n').map((line) => printable(line.replaceAll('\t', '  ')))
  const next = suggestions.map((suggestion) => `  try: ${printable(suggestion)}`)
  return `${[`error: ${lines.join('\n')} (${code})`, ...next].join('\n')}\n`
}
