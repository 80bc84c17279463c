import type { Logger } from '../../bus/logger.ts'
import { type Io, write } from '../../ui/text/io.ts'
import { printable } from '../../ui/text/printable.ts'
import { UsageError } from '../errors.ts'
import { hint } from '../suggestions.ts'

const levels = ['debug', 'info', 'warn', 'error'] as const
type Level = (typeof levels)[number]

/** A signal that never aborts: log lines are also written after the command was stopped. */
const NEVER = new AbortController().signal

/**
 * Creates a logger that writes lines to stderr: time, level, message, then fields as `name=value`. `level` is the lowest
 * level to write, from `CRBUS_LOG`. `UsageError` for an unknown level.
 */
export function lineLogger(
  level: string,
  { io, now }: { readonly io: Pick<Io, 'stderr'>; readonly now: () => number },
): Logger {
  const lowest = levels.indexOf(level as Level)
  if (lowest === -1)
    throw new UsageError(`CRBUS_LOG is '${level}'; it must be one of ${levels.join(', ')}`, [hint('CRBUS_LOG=debug')])
  const log = (own: Level) => (fields: object, message: string) => {
    if (levels.indexOf(own) < lowest) return
    const texts = Object.entries(fields).map(([name, value]) => `${name}=${valueText(value)}`)
    const line = [new Date(now()).toISOString(), own.padEnd(5), message, ...texts].join(' ')
    void write(io.stderr, `${printable(line)}\n`, NEVER)
  }
  const isLevelEnabled = (own: string) => levels.indexOf(own as Level) >= lowest
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error'), isLevelEnabled }
}

/** Formats the value of a field. Quotes a value that contains spaces, quotes or `=`. */
function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /^[^\s="]+$/.test(text) ? text : JSON.stringify(text)
}
