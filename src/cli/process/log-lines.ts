import type { Logger } from '../../bus/logger.ts'
import { type Io, write } from '../../ui/text/io.ts'
import { printable } from '../../ui/text/printable.ts'
import { UsageError } from '../errors.ts'

const levels = ['debug', 'info', 'warn', 'error'] as const
type Level = (typeof levels)[number]

/** Log lines are written also when the command has been stopped. */
const NEVER = new AbortController().signal

/**
 * A logger that writes lines to stderr: time, level, message, then fields as `name=value`. `CRBUS_LOG` is the lowest level
 * that is written. `UsageError` for another value.
 */
export function lineLogger(
  level: string,
  { io, now }: { readonly io: Pick<Io, 'stderr'>; readonly now: () => number },
): Logger {
  const lowest = levels.indexOf(level as Level)
  if (lowest === -1)
    throw new UsageError(`CRBUS_LOG is '${level}', and takes ${levels.join(', ')}`, ['CRBUS_LOG=debug'])
  const log = (own: Level) => (fields: object, message: string) => {
    if (levels.indexOf(own) < lowest) return
    const texts = Object.entries(fields).map(([name, value]) => `${name}=${valueText(value)}`)
    const line = [new Date(now()).toISOString(), own.padEnd(5), message, ...texts].join(' ')
    void write(io.stderr, `${printable(line)}\n`, NEVER)
  }
  const isLevelEnabled = (own: string) => levels.indexOf(own as Level) >= lowest
  return { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error'), isLevelEnabled }
}

/** Quoted where spaces or `=` would make it unclear where the value ends. */
function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /^[^\s="]+$/.test(text) ? text : JSON.stringify(text)
}
