import type { Logger } from 'crbus'

const levels = ['debug', 'info', 'warn', 'error'] as const
const formats = ['text', 'json'] as const
type Level = (typeof levels)[number]

export interface LogOptions {
  /** The name of this service, in every JSON line. */
  readonly service: string
  /** `LOG_LEVEL` is the lowest level that is written, `info` by default; `LOG_FORMAT` is `text` or `json`. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** Terminals get text unless `LOG_FORMAT` is set, everything else gets JSON. */
  readonly isTerminal: boolean
  /** Default: `console.log`, which ignores that the reader of a pipe has gone. */
  readonly write?: (line: string) => void
}

/**
 * Opens the log of this service. It has the methods of pino: fields first, then the message. `json` is one object a line, with
 * `level`, `time`, `service`, `msg` and the fields; `text` is the message after the name of its part, with the fields that the
 * message does not have already.
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
  // A service does not fail for a wrong setting of its log, but says so.
  for (const [name, allowed] of [['LOG_LEVEL', levels] as const, ['LOG_FORMAT', formats] as const]) {
    const value = env[name]
    if (value && !chosen(allowed, value)) logger.warn({}, `${name} takes ${allowed.join(', ')}, not ${value}`)
  }
  return logger
}

const chosen = <Value extends string>(allowed: readonly Value[], text = ''): Value | undefined =>
  allowed.find((value) => value === text.toLowerCase())

/** A field cannot replace what every line has. */
function jsonLine(base: object, fields: object): string {
  const members = Object.entries({ ...base, ...fields, ...base }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${JSON.stringify(name)}:${toJson(value)}`],
  )
  return escapeUnsafe(`{${members.join()}}`)
}

/** The stack has lines of its own, indented, so that none of them can pass for another message. */
function textLine(fields: { readonly name?: unknown; readonly stack?: unknown }, msg: string): string {
  const { name, stack, ...others } = fields
  const about = name === undefined ? '' : `${name}: `
  // Messages of crbus may begin with the name themselves.
  const message = name !== undefined && msg.startsWith(`${name} `) ? msg.slice(`${name} `.length) : msg
  const told = Object.entries(others).flatMap(([field, value]) => {
    const text = typeof value === 'string' ? value : toJson(value)
    if (value === undefined || (typeof value === 'string' && message.includes(text))) return []
    return [` ${field}=${/^[^\s"=]+$/.test(text) ? text : toJson(value)}`]
  })
  const below = typeof stack === 'string' ? stack.split('\n').map((line) => `\n    ${escapeUnsafe(line.trim())}`) : []
  return [escapeUnsafe(about + message + told.join('')), ...below].join('')
}

/** A logger never throws: a value that JSON cannot have, such as an object that contains itself, is replaced by the reason. */
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
 * Escapes, as JSON does, line breaks, control characters of terminals, and invisible or bidirectional characters, because event
 * types, reasons and errors may come from strangers.
 */
const escapeUnsafe = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, spelledOut)

function spelledOut(character: string): string {
  const json = JSON.stringify(character).slice(1, -1)
  if (json !== character) return json
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  return units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}
