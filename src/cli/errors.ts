import { stripVTControlCharacters } from 'node:util'
import { EventBusError, eventBusErrorCodes, NEXT_LINE } from '../bus/errors.ts'
import type { Hint } from '../bus/hints.ts'
import { ScaffoldRefused } from '../scaffold/refused.ts'
import { EventStoreError, eventStoreErrorCodes } from '../store/errors.ts'
import { printable } from '../ui/text/printable.ts'
import { type SelectingFlags, suggestOnSameBus } from './same-bus.ts'
import { formatSuggestion, hint, isTypable, type Suggestion, toSuggestion } from './suggestions.ts'

/** The exit codes of the command line. They are documented, so they never change. */
export const exitCodes = {
  done: 0,
  bug: 1,
  usage: 2,
  notFound: 4,
  refused: 6,
  unwritable: 9,
  found: 10,
  interrupted: 130,
} as const

/** An invalid command line or configuration: exit code 2, with suggestions of what to type instead. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly suggestions: readonly Suggestion[]
  constructor(message: string, suggestions: readonly Suggestion[] = []) {
    super(message)
    this.suggestions = suggestions
  }
}

/** A change that was refused or not confirmed: exit code 6, and nothing was changed. */
export class RefusedError extends EventBusError {
  /** What to type instead. A refusal has these in place of the `hints` of other errors. */
  readonly suggestions: readonly Suggestion[]
  constructor(message: string, suggestions: readonly Suggestion[] = []) {
    super('REFUSED', message)
    this.suggestions = suggestions
  }
}

/** What the command looked for does not exist: exit code 4. Topics and groups have errors of their own. */
export class NotFoundError extends Error {
  override readonly name = 'NotFoundError'
  readonly suggestions: readonly Suggestion[]
  constructor(message: string, suggestions: readonly Suggestion[] = []) {
    super(message)
    this.suggestions = suggestions
  }
}

/** A failure as scripts see it: in the `--json` document and the exit code. */
export interface Failure {
  readonly code: string
  readonly message: string
  readonly suggestions: readonly Suggestion[]
  readonly exitCode: number
}

/**
 * Converts any error to a failure, with suggestions for the bus that `flags` select. Suggestions of flags that are not among
 * `definitions`, the flags of the command, are left out. An error of an unknown class is a bug in crbus.
 */
export function toFailure(
  error: unknown,
  flags: SelectingFlags = {},
  definitions?: Readonly<Record<string, unknown>>,
): Failure {
  const failure = describeFailure(error)
  const suggestions = failure.suggestions
    .filter((suggestion) => definitions === undefined || isTypable(suggestion, definitions))
    .map((suggestion) => suggestOnSameBus(suggestion, flags))
  return { ...failure, suggestions }
}

function describeFailure(error: unknown): Failure {
  if (error instanceof EventBusError) {
    const { code, message, hints } = error
    const suggestions = error instanceof RefusedError ? error.suggestions : suggestionsOfCause(error, hints)
    return { code: `CRBUS_${code}`, message, suggestions, exitCode: eventBusErrorCodes[code] }
  }
  if (error instanceof EventStoreError) {
    const { code, message, hints } = error
    const exitCode = eventStoreErrorCodes[code]
    return { code: `CRBUS_${code}`, message, suggestions: hints.map(toSuggestion), exitCode }
  }
  if (error instanceof NotFoundError) {
    const { message, suggestions } = error
    return { code: 'CRBUS_NOT_FOUND', message, suggestions, exitCode: exitCodes.notFound }
  }
  const suggestions = suggestionsOfUsage(error)
  if (suggestions !== undefined) {
    const { message } = error as Error
    // oclif dims its messages on a terminal, which `printable` would show as codes, and breaks them into lines.
    const text = isOclifError(error) ? stripVTControlCharacters(message).replaceAll(/\s*\n\s*/g, ' ') : message
    return { code: 'CRBUS_USAGE', message: text, suggestions, exitCode: exitCodes.usage }
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const report = hint('this is a bug in crbus: please report it with the lines above')
  return { code: 'CRBUS_BUG', message, suggestions: [report], exitCode: exitCodes.bug }
}

/**
 * Returns the suggestions of the usage error that caused the error of a bus, such as a token in a variable that is not set; otherwise
 * those for the hints of the bus.
 */
function suggestionsOfCause(error: EventBusError, hints: readonly Hint[]): readonly Suggestion[] {
  let cause: unknown = error.cause
  while (cause instanceof Error && !(cause instanceof UsageError)) cause = cause.cause
  return cause instanceof UsageError && cause.suggestions.length > 0 ? cause.suggestions : hints.map(toSuggestion)
}

/** The suggestions of an error of the command line or of a template; `undefined` for any other error. */
function suggestionsOfUsage(error: unknown): readonly Suggestion[] | undefined {
  if (error instanceof UsageError) return error.suggestions
  if (error instanceof ScaffoldRefused) return error.hints.map(toSuggestion)
  return isOclifError(error) ? (error.suggestions ?? []).map(hint) : undefined
}

/**
 * Whether an error is a `CLIError` of oclif. Checks its members and not its class, because this file is also loaded for the prompt of
 * a shell, which must not wait for oclif.
 */
const isOclifError = (error: unknown): error is Error & { readonly suggestions?: readonly string[] } =>
  error instanceof Error && 'oclif' in error && 'render' in error

/** Formats a failure as one line, for monitoring: what is wrong, and the first suggestion. */
export function inOneLine(
  error: unknown,
  flags: SelectingFlags = {},
  definitions?: Readonly<Record<string, unknown>>,
): string {
  const { code, message, suggestions } = toFailure(error, flags, definitions)
  // The further lines of a bug are its stack.
  const text = code === 'CRBUS_BUG' ? message.split('\n')[0] : message.replaceAll(NEXT_LINE, '; ')
  return `${text}${suggestions[0] === undefined ? '' : ` (try: ${formatSuggestion(suggestions[0])})`}`
}

/** Formats a failure for people: what is wrong, then what to type next. */
export function formatFailure({ code, message, suggestions }: Failure): string {
  // A name in a message may have a line break, behind which a line of ours would be easy to fake.
  const separator = code === 'CRBUS_BUG' ? '\n' : NEXT_LINE
  const text = message.split(separator).map(printable).join(separator)
  const next = suggestions.map((suggestion) => `  try: ${printable(formatSuggestion(suggestion))}`)
  return `${[`error: ${text} (${code})`, ...next].join('\n')}\n`
}
