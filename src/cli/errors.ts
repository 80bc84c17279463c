import { Errors } from '@oclif/core'
import { EventBusError, eventBusErrorCodes } from '../bus/errors.ts'
import type { Hint } from '../bus/hints.ts'
import { ScaffoldRefused } from '../scaffold/refused.ts'
import { EventStoreError, eventStoreErrorCodes } from '../store/errors.ts'
import { printable } from '../ui/text/printable.ts'
import { formatSuggestion, type Suggestion, toSuggestion } from './suggestions.ts'

/** The exit codes of the command line. They are documented, so they never change. */
export const exitCodes = { done: 0, bug: 1, usage: 2, refused: 6, unwritable: 9, found: 10, interrupted: 130 } as const

/** An invalid command line or configuration: exit code 2, with suggestions of what to type instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly suggestions: readonly (Hint | string)[]
  constructor(message: string, suggestions: readonly (Hint | string)[] = []) {
    super(message)
    this.suggestions = suggestions
  }
}

/** A change that was refused or not confirmed: exit code 6, and nothing was changed. */
export class RefusedError extends EventBusError {
  constructor(message: string, suggestions: readonly string[] = []) {
    super('REFUSED', message, { hints: suggestions })
  }
}

/** A failure as scripts see it: in the `--json` document and the exit code. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly suggestions: readonly Suggestion[]
  readonly exitCode: number
}

/** Converts any error to a failure. An error of an unknown class is a bug in crbus. */
export function toFailure(error: unknown): Failure {
  if (error instanceof EventBusError) {
    const { code, message, hints } = error
    return toOwn(`CRBUS_${code}`, message, hints, eventBusErrorCodes[code])
  }
  if (error instanceof EventStoreError) {
    const { code, message, hints } = error
    return toOwn(`CRBUS_${code}`, message, hints, eventStoreErrorCodes[code])
  }
  if (error instanceof ScaffoldRefused) return toOwn('CRBUS_USAGE', error.message, error.hints, exitCodes.usage)
  if (error instanceof UsageError || error instanceof Errors.CLIError) {
    return toOwn('CRBUS_USAGE', error.message, error.suggestions ?? [], exitCodes.usage)
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return toOwn('CRBUS_BUG', message, ['this is a bug in crbus: please report it with the lines above'], exitCodes.bug)
}

const toOwn = (code: string, message: string, hints: readonly (Hint | string)[], exitCode: number): Failure => ({
  code,
  message,
  suggestions: hints.map(toSuggestion),
  exitCode,
})

/** The last line of oclif's messages. */
const SEE_HELP = 'See more help with --help'

/** Formats a failure as one line, for monitoring: what is wrong, and the first suggestion. */
export function inOneLine(error: unknown): string {
  const { code, message, suggestions } = toFailure(error)
  const lines = message.split('\n').map((line) => line.trim())
  // A usage error may have several lines. The further lines of a bug are its stack.
  const text = code === 'CRBUS_USAGE' ? lines.filter((line) => line !== '' && line !== SEE_HELP).join(' ') : lines[0]
  return `${text}${suggestions[0] === undefined ? '' : ` (try: ${formatSuggestion(suggestions[0])})`}`
}

/** Formats a failure for people: what is wrong, then what to type next. */
export function formatFailure({ code, message, suggestions }: Failure): string {
  // oclif indents its messages with tabs.
  const lines = message.split('\n').map((line) => printable(line.replaceAll('\t', '  ')))
  const next = suggestions.map((suggestion) => `  try: ${printable(formatSuggestion(suggestion))}`)
  return `${[`error: ${lines.join('\n')} (${code})`, ...next].join('\n')}\n`
}
