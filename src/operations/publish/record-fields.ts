import type { Header } from '../../bus/record.ts'
import { fromJsonTime } from '../../bus/time/json-time.ts'
import { type Bytes, badInput, type Fields, isFields, readBase64, utf8 } from './input-values.ts'

/** Whether a value can be the number of a partition. */
export const isPartition = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0

/** Reads the record key from the fields of a line. `override` takes precedence. The default key of an event is its type. */
export function readKey(
  fields: Fields,
  eventType: string | null,
  override: string | undefined,
): Bytes | { readonly ok: true; readonly bytes: null } {
  if (override !== undefined) return utf8(override)
  if (typeof fields.key_base64 === 'string') {
    const bytes = readBase64(fields.key_base64)
    return bytes ? { ok: true, bytes } : badInput('key_base64 is not base64')
  }
  if (typeof fields.key === 'string') return utf8(fields.key)
  if (fields.key !== undefined && fields.key !== null) return badInput('key is neither a string nor null')
  // `key: null` means that the record has no key. If the field is missing, the event type is the key.
  return fields.key === null || eventType === null ? { ok: true, bytes: null } : utf8(eventType)
}

/**
 * Joins the headers of a line, of the settings and of the encoded event, which replace headers of the line with the same name.
 */
export function joinHeaders(
  ofLine: readonly Header[],
  ofSettings: readonly Header[],
  ofEvent: readonly Header[],
): readonly Header[] {
  if (ofEvent.length > 0) {
    const replaced = new Set(ofEvent.map(([name]) => name))
    return [...ofLine.filter(([name]) => !replaced.has(name)), ...ofSettings, ...ofEvent]
  }
  return ofSettings.length === 0 ? ofLine : [...ofLine, ...ofSettings]
}

/**
 * Reads headers as crbus and rpk (`[{key, value}]`), kcat (`[name, value, name, value]` or `{name: [value]}`) and kaf
 * (`[{Key, Value}]` in base64) print them. `undefined` for any other format.
 */
export function readHeaders(headers: unknown): readonly Header[] | undefined {
  if (headers === undefined || headers === null) return []
  if (isFields(headers)) {
    const pairs = Object.entries(headers).flatMap(([name, values]) =>
      Array.isArray(values) ? values.map((value) => [name, value] as const) : [[name, undefined] as const],
    )
    return allOrNone(pairs.map(([name, value]) => toHeader(name, value)))
  }
  if (!Array.isArray(headers)) return undefined
  if (headers.length === 0) return []
  if (isFields(headers[0])) {
    return allOrNone(headers.map((header) => (isFields(header) ? readHeader(header) : undefined)))
  }
  if (headers.length % 2 !== 0) return undefined
  return allOrNone(
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

/** Returns the headers if all of them are valid, else `undefined`. */
function allOrNone(headers: readonly (Header | undefined)[]): Header[] | undefined {
  const found = headers.filter((header) => header !== undefined)
  return found.length === headers.length ? found : undefined
}

/** The zero time of Go, which kaf prints for a record without a timestamp. */
const GO_ZERO_TIME = '0001-01-01T00:00:00Z'

/** Reads a timestamp in milliseconds; -1: the record has none. `undefined` if the field is absent, `null` if it is invalid. */
export function readTime(time: unknown): bigint | undefined | null {
  if (time === undefined) return undefined
  if (time === null || time === GO_ZERO_TIME) return -1n
  return fromJsonTime(time) ?? null
}
