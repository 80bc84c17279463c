import { valueJson } from '../../codecs/json.ts'
import type { EventView } from '../../operations/events/event-view.ts'
import type { TimeZone } from '../text/format-time.ts'
import { formatTimestamp } from '../text/format-timestamp.ts'
import { printable } from '../text/printable.ts'
import { payloadText, unquotedJson } from './format-record-text.ts'
import { metadataJson } from './record-json-writer.ts'

/** Returns the text of a token for a record. `index` is the number of the record, counted from 1. */
type Token = (view: EventView, index: number, timeZone: TimeZone) => string

export type CompiledTemplate =
  | { readonly ok: true; readonly format: (view: EventView) => string }
  | { readonly ok: false; readonly reason: string }

const utf8 = (bytes: Uint8Array | null | undefined): string => (bytes ? Buffer.from(bytes).toString('utf8') : '')
const textOf = (value: unknown): string => (typeof value === 'string' ? value : valueJson(value))
const eventOf = ({ envelope }: EventView) => (envelope?.ok ? envelope.event : undefined)

/** The tokens by their letters: first those of kcat and rpk, then, from `y` on, tokens for the parts of the envelope. */
const templateTokens: Readonly<Record<string, Token>> = {
  t: ({ record }) => record.topic,
  p: ({ record }) => String(record.partition),
  o: ({ record }) => String(record.offset),
  k: ({ record, decodedKey }) => (decodedKey === undefined ? utf8(record.key) : textOf(decodedKey.value)),
  K: ({ record }) => String(record.key?.length ?? -1),
  v: payloadText,
  s: payloadText,
  V: ({ record }) => String(record.value?.length ?? -1),
  S: ({ record }) => String(record.value?.length ?? -1),
  T: ({ record }) => String(record.timestamp),
  d: ({ record }, _, timeZone) => dateTime(record.timestamp, timeZone),
  h: ({ record }) => record.headers.map(([name, value]) => `${name}=${utf8(value)}`).join(','),
  i: (_, index) => String(index),
  y: (view) => eventOf(view)?.eventType ?? '',
  e: (view) => String(eventOf(view)?.eventVersion ?? ''),
  c: (view) => eventOf(view)?.metadata?.correlationId ?? '',
  a: (view) => eventOf(view)?.metadata?.causationId ?? '',
  u: (view) => eventOf(view)?.metadata?.userId ?? '',
  m: (view) => metadataJson(eventOf(view)?.metadata ?? null),
  // The format of the envelope, or why it cannot be decoded.
  f: ({ envelope, payload }) => {
    if (envelope === undefined) return 'tombstone'
    if (envelope.ok) return envelope.format
    return payload?.ok ? 'none' : (payload?.reason ?? envelope.reason)
  },
}

/** The encodings for the bytes of a token, such as `hex` in `%k{hex}`. */
const modifiers: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  hex: (bytes) => Buffer.from(bytes).toString('hex'),
  base64: (bytes) => Buffer.from(bytes).toString('base64'),
}

/** The bytes of the tokens that have bytes. For `v` and `s`: the payload, or the whole value of a record without an event. */
const tokenBytes: Readonly<Record<string, (view: EventView) => Uint8Array | null>> = {
  k: ({ record }) => record.key,
  v: (view) => eventOf(view)?.data ?? view.record.value,
  s: (view) => eventOf(view)?.data ?? view.record.value,
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '0': '\0' }

/**
 * Compiles a format such as `%t[%p]@%o %y %{order_id}\n`. `%{a.b[0].c}` is a field of the decoded payload, `%%` a percent sign,
 * `%k{hex}` and `%v{base64}` are bytes. The escapes `\n \t \r \0 \\ \xNN` mean what they mean in kcat. Adds a newline if the
 * format does not end with one. `%d` shows the zone `timeZone`.
 */
export function compileTemplate(template: string, timeZone: TimeZone): CompiledTemplate {
  const parts: (string | Token)[] = []
  const pattern = /%\{([^}]*)\}|%([kvs])\{([^}]*)\}|%(.)|%$|\\x([0-9a-fA-F]{2})|\\(.)|[^%\\]+|\\$/gs
  for (const [whole, path, bytesOf, modifier, letter, code, escaped] of template.matchAll(pattern)) {
    if (path !== undefined) {
      if (!/^(?:[^[\]]|\[[^[\]]+\])*$/.test(path))
        return { ok: false, reason: `${whole} is not a field, such as %{items[0].sku}` }
      parts.push(fieldToken(path))
    } else if (bytesOf !== undefined) {
      const [bytes, write] = [tokenBytes[bytesOf], modifiers[modifier ?? '']]
      if (bytes === undefined || write === undefined) {
        return { ok: false, reason: `there is no token ${whole}; use %${bytesOf}{hex} or %${bytesOf}{base64}` }
      }
      parts.push((view) => write(bytes(view) ?? new Uint8Array()))
    } else if (letter === '%') parts.push('%')
    else if (letter !== undefined) {
      const token = templateTokens[letter]
      if (token === undefined) return { ok: false, reason: `there is no token %${letter}` }
      parts.push((view, index) => printable(token(view, index, timeZone)))
    } else if (code !== undefined) parts.push(String.fromCharCode(Number.parseInt(code, 16)))
    else if (escaped !== undefined) {
      const character = escapes[escaped]
      if (character === undefined) return { ok: false, reason: `there is no escape \\${escaped}` }
      parts.push(character)
    } else if (whole === '%' || whole === '\\') return { ok: false, reason: `a lone ${whole} ends the format` }
    else parts.push(whole)
  }
  if (!template.endsWith('\\n') && !template.endsWith('\n')) parts.push('\n')
  let index = 0
  return {
    ok: true,
    format: (view) => {
      index += 1
      return parts.map((part) => (typeof part === 'string' ? part : part(view, index, timeZone))).join('')
    },
  }
}

/** Returns a token for a field of the decoded payload: `total.cents`, `items[0].sku`. A missing field prints nothing. */
function fieldToken(path: string): Token {
  const steps = path.split(/[.[\]]+/).filter((step) => step !== '')
  return ({ payload }) => {
    let value: unknown = payload?.ok ? payload.value : undefined
    for (const step of steps) {
      if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step)) return ''
      value = (value as Record<string, unknown>)[step]
    }
    return fieldText(value)
  }
}

/** Formats a field: strings, numbers, dates and byte strings without quotes, objects and lists as JSON, null as nothing. */
function fieldText(value: unknown): string {
  // A string with a lone surrogate is not valid UTF-8, so let JSON escape it.
  if (typeof value === 'string' && value.isWellFormed()) return printable(value)
  const json = unquotedJson(value)
  return json === 'null' ? '' : json
}

const dateTime = (timestamp: bigint, timeZone: TimeZone): string =>
  timestamp === -1n ? '' : formatTimestamp(timestamp, timeZone)
