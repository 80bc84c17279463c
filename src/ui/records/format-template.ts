import type { EventView } from '../../operations/events/event-view.ts'
import { formatTimestamp } from '../text/format-timestamp.ts'
import { printable } from '../text/printable.ts'
import { payloadText, unquotedJson } from './format-record-text.ts'
import { metadataJson } from './record-json-writer.ts'

type Token = (view: EventView, index: number) => string

export type CompiledTemplate =
  | { readonly ok: true; readonly format: (view: EventView) => string }
  | { readonly ok: false; readonly reason: string }

const utf8 = (bytes: Uint8Array | null | undefined): string => (bytes ? Buffer.from(bytes).toString('utf8') : '')
const eventOf = ({ envelope }: EventView) => (envelope?.ok ? envelope.event : undefined)

/** Tokens by letter: those of kcat and rpk, then tokens for the envelope. */
const templateTokens: Readonly<Record<string, { readonly means: string; readonly text: Token }>> = {
  t: { means: 'topic', text: ({ record }) => record.topic },
  p: { means: 'partition', text: ({ record }) => String(record.partition) },
  o: { means: 'offset', text: ({ record }) => String(record.offset) },
  k: { means: 'key', text: ({ record }) => utf8(record.key) },
  K: { means: 'key length, -1 without a key', text: ({ record }) => String(record.key?.length ?? -1) },
  v: { means: 'payload, decoded', text: payloadText },
  s: { means: 'the same as %v', text: payloadText },
  V: { means: 'value length, -1 for a tombstone', text: ({ record }) => String(record.value?.length ?? -1) },
  S: { means: 'the same as %V', text: ({ record }) => String(record.value?.length ?? -1) },
  T: { means: 'record time, milliseconds since 1970', text: ({ record }) => String(record.timestamp) },
  d: { means: 'record time, RFC 3339', text: ({ record }) => isoTime(record.timestamp) },
  h: {
    means: 'headers, k=v,…',
    text: ({ record }) => record.headers.map(([name, value]) => `${name}=${utf8(value)}`).join(','),
  },
  i: { means: 'number of the record, from 1', text: (_, index) => String(index) },
  y: { means: 'event type', text: (view) => eventOf(view)?.eventType ?? '' },
  e: { means: 'event version', text: (view) => String(eventOf(view)?.eventVersion ?? '') },
  c: { means: 'correlation id', text: (view) => eventOf(view)?.metadata?.correlationId ?? '' },
  a: { means: 'causation id', text: (view) => eventOf(view)?.metadata?.causationId ?? '' },
  u: { means: 'user id', text: (view) => eventOf(view)?.metadata?.userId ?? '' },
  m: { means: 'metadata as JSON', text: (view) => metadataJson(eventOf(view)?.metadata ?? null) },
  f: {
    means: 'envelope format, or why it is undecodable',
    text: ({ envelope }) => (envelope === undefined ? 'tombstone' : envelope.ok ? envelope.format : envelope.reason),
  },
}

/** Encodings of the bytes of a token: `%k{hex}`. */
const modifiers: Readonly<Record<string, (bytes: Uint8Array) => string>> = {
  hex: (bytes) => Buffer.from(bytes).toString('hex'),
  base64: (bytes) => Buffer.from(bytes).toString('base64'),
}

/** Tokens with bytes. Those of `v` are the payload, or the whole value of a record without an event. */
const tokenBytes: Readonly<Record<string, (view: EventView) => Uint8Array | null>> = {
  k: ({ record }) => record.key,
  v: (view) => eventOf(view)?.data ?? view.record.value,
  s: (view) => eventOf(view)?.data ?? view.record.value,
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', '0': '\0' }

/**
 * Compiles a format such as `%t[%p]@%o %y %{order_id}\n`. `%{a.b[0].c}` is a field of the decoded payload, `%%` a percent sign,
 * `%k{hex}` and `%v{base64}` are bytes, `\n \t \r \0 \\ \xNN` are as in kcat. Adds a newline when the format does not end with one.
 */
export function compileTemplate(template: string): CompiledTemplate {
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
      parts.push((view, index) => printable(token.text(view, index)))
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
      return parts.map((part) => (typeof part === 'string' ? part : part(view, index))).join('')
    },
  }
}

/** A token for a field of the decoded payload: `total.cents`, `items[0].sku`. A missing field prints nothing. */
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

const isoTime = (timestamp: bigint): string => (timestamp === -1n ? '' : formatTimestamp(timestamp))
