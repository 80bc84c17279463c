import type { Logger } from 'crbus'

const levels = ['debug', 'info', 'warn', 'error'] as const
const formats = ['text', 'json'] as const
type Level = (typeof levels)[number]

export interface LogOptions {
  /** The name of this service, which every JSON line contains. */
  readonly service: string
  /** `LOG_LEVEL` is the lowest level that is written, `info` by default; `LOG_FORMAT` is `text` or `json`. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Whether the output is a terminal. Without `LOG_FORMAT`, the format is `text` on a terminal and `json` elsewhere. */
  readonly isTerminal: boolean
  /** Writes a line. Default: `console.log`, which does not fail when the reader of a pipe has exited. */
  readonly write?: (line: string) => void
}

/**
 * Opens the log of this service. Its methods are those of pino: fields first, then the message. The format `json` writes one
 * object per line, with `level`, `time`, `service`, `msg` and the fields. The format `text` writes the name of the part, the
 * message, and the fields that the message does not contain already.
 */
export function openLog({ service, env, isTerminal, write = console.log }: LogOptions): Logger {
  const level = chosen(levels, env.LOG_LEVEL) ?? 'info'
  const format = chosen(formats, env.LOG_FORMAT) ?? (isTerminal ? 'text' : 'json')
  const isLevelEnabled = (asked: string) => levels.indexOf(asked as Level) >= levels.indexOf(level)
  const log = (own: Level) => (fields: object, msg: string) => {
    if (!isLevelEnabled(own)) return
    const time = new Date().toISOString()
    write(format === 'json' ? jsonLine({ level: own, time, service, msg }, fields) : textLine(fields, msg))
  }
  const logger = { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error'), isLevelEnabled }
  // An invalid log setting is a warning: it should not keep the service from running.
  for (const [name, allowed] of [['LOG_LEVEL', levels] as const, ['LOG_FORMAT', formats] as const]) {
    const value = env[name]
    if (value && !chosen(allowed, value)) logger.warn({}, `${name} takes ${allowed.join(', ')}, not ${value}`)
  }
  return logger
}

const chosen = <Value extends string>(allowed: readonly Value[], text = ''): Value | undefined =>
  allowed.find((value) => value === text.toLowerCase())

/** Formats a JSON line. Fields cannot replace the members that every line has. */
function jsonLine(base: object, fields: object): string {
  const members = Object.entries({ ...base, ...fields, ...base }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${JSON.stringify(name)}:${toJson(value)}`],
  )
  return escapeUnsafe(`{${members.join()}}`)
}

/** Formats a text line. The lines of a stack are indented, so that they cannot be mistaken for other messages. */
function textLine(fields: { readonly name?: unknown; readonly stack?: unknown }, msg: string): string {
  const { name, stack, ...others } = fields
  const about = name === undefined ? '' : `${name}: `
  // Some messages of crbus begin with the name already.
  const message = name !== undefined && msg.startsWith(`${name} `) ? msg.slice(`${name} `.length) : msg
  const told = Object.entries(others).flatMap(([field, value]) => {
    const text = typeof value === 'string' ? value : toJson(value)
    if (value === undefined || (typeof value === 'string' && message.includes(text))) return []
    return [` ${field}=${/^[^\s"=]+$/.test(text) ? text : toJson(value)}`]
  })
  const below = typeof stack === 'string' ? stack.split('\n').map((line) => `\n    ${escapeUnsafe(line.trim())}`) : []
  return [escapeUnsafe(about + message + told.join('')), ...below].join('')
}

/** Formats a value as JSON, or the error for a value that JSON cannot represent (a circular object): a logger must not throw. */
function toJson(value: unknown): string {
  try {
    return JSON.stringify(value, readable) ?? 'null'
  } catch (error) {
    return JSON.stringify(String(error))
  }
}

function readable(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return value instanceof Error ? value.message : value
}

/**
 * Escapes line breaks, terminal control characters, and invisible or bidirectional characters as JSON does, because event types,
 * reasons and errors may contain untrusted text.
 */
const escapeUnsafe = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, spelledOut)

function spelledOut(character: string): string {
  const json = JSON.stringify(character).slice(1, -1)
  if (json !== character) return json
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
