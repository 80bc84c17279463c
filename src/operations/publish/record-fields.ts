import type { Header } from '../../bus/record.ts'
import { fromJsonTime } from '../../bus/time/json-time.ts'
import { type Bytes, bad, type Fields, isFields, readBase64, utf8 } from './input-values.ts'

export const isPartition = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0

/** Reads the record key from input fields. The default key of an event is its type. */
export function readKey(
  fields: Fields,
  eventType: string | null,
  wanted: string | undefined,
): Bytes | { readonly ok: true; readonly bytes: null } {
  if (wanted !== undefined) return utf8(wanted)
  if (typeof fields.key_base64 === 'string') {
    const bytes = readBase64(fields.key_base64)
    return bytes ? { ok: true, bytes } : bad('key_base64 is not base64')
  }
  if (typeof fields.key === 'string') return utf8(fields.key)
  if (fields.key !== undefined && fields.key !== null) return bad('key is neither a string nor null')
  // `key: null` means no key. Without a key field, an event is keyed by its type.
  return fields.key === null || eventType === null ? { ok: true, bytes: null } : utf8(eventType)
}

/** Joins headers. The headers of an event's metadata (`own`) replace those in the input. */
export function joinHeaders(
  read: readonly Header[],
  given: readonly Header[],
  own: readonly Header[],
): readonly Header[] {
  if (own.length > 0) {
    const written = new Set(own.map(([name]) => name))
    return [...read.filter(([name]) => !written.has(name)), ...given, ...own]
  }
  return given.length === 0 ? read : [...read, ...given]
}

/**
 * Reads headers in the formats of crbus and rpk (`[{key, value}]`), kcat (`[name, value, name, value]`, or `{name: [value]}`
 * depending on its configuration) and kaf (`[{Key, Value}]` in base64). `undefined` for any other format.
 */
export function readHeaders(headers: unknown): readonly Header[] | undefined {
  if (headers === undefined || headers === null) return []
  if (isFields(headers)) {
    const pairs = Object.entries(headers).flatMap(([name, values]) =>
      Array.isArray(values) ? values.map((value) => [name, value] as const) : [[name, undefined] as const],
    )
    return allHeaders(pairs.map(([name, value]) => toHeader(name, value)))
  }
  if (!Array.isArray(headers)) return undefined
  if (headers.length === 0) return []
  if (isFields(headers[0])) {
    return allHeaders(headers.map((header) => (isFields(header) ? readHeader(header) : undefined)))
  }
  if (headers.length % 2 !== 0) return undefined
  return allHeaders(
    Array.from({ length: headers.length / 2 }, (_, pair) => toHeader(headers[pair * 2], headers[pair * 2 + 1])),
  )
}

function readHeader({ key, value, value_base64, Key, Value }: Fields): Header | undefined {
  if (typeof value_base64 === 'string') {
    const bytes = readBase64(value_base64)
    return typeof key === 'string' && bytes ? [key, bytes] : undefined
  }
  if (typeof Key !== 'string') return toHeader(key, value)
  const name = readBase64(Key)
  const bytes = Value === null ? null : typeof Value === 'string' ? readBase64(Value) : undefined
  return name && bytes !== undefined ? [name.toString('utf8'), bytes] : undefined
}

function toHeader(name: unknown, value: unknown): Header | undefined {
  if (typeof name !== 'string' || !name.isWellFormed()) return undefined
  if (value === null) return [name, null]
  const bytes = typeof value === 'string' ? utf8(value) : undefined
  return bytes?.ok ? [name, bytes.bytes] : undefined
}

function allHeaders(headers: readonly (Header | undefined)[]): Header[] | undefined {
  const found = headers.filter((header) => header !== undefined)
  return found.length === headers.length ? found : undefined
}

/** Go's zero time, which stands for "no time". */
const GO_ZERO_TIME = '0001-01-01T00:00:00Z'

/** Reads a timestamp in milliseconds; -1 means the record has none. `undefined` when the field is absent, `null` when invalid. */
export function readTime(time: unknown): bigint | undefined | null {
  if (time === undefined) return undefined
  if (time === null || time === GO_ZERO_TIME) return -1n
  return fromJsonTime(time) ?? null
}
