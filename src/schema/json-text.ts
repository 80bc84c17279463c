import { jsonEscape, replaceUnsafe } from '../codecs/unsafe-characters.ts'

/** Matches printable ASCII that JSON writes without escapes. */
const plainText = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

/**
 * Formats a string as a JSON string that is safe to print on a terminal: control and invisible characters are escaped, so
 * that the finished output line needs no second search for them.
 */
export const jsonText = (text: string): string =>
  plainText.test(text) ? `"${text}"` : replaceUnsafe(JSON.stringify(text), jsonEscape)

/** Formats the key of a map as a step of a value path: `["order-1"]`. Shortens long keys. */
export const keyStep = (key: string): string => `[${jsonText(shortened(key))}]`

/** Escapes untrusted text, so that it stays on one line and is safe to print. */
export const escapedText = (text: string): string => jsonText(text).slice(1, -1)

const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 37)}…` : text)

/** Describes an untrusted value for an error message: short, on one line, and safe to print. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (typeof value === 'string') return `the string ${jsonText(shortened(value))}`
  if (typeof value === 'number' || typeof value === 'bigint') return `the number ${value}`
  if (typeof value === 'boolean') return `${value}`
  if (Array.isArray(value)) return value.length === 1 ? 'a list of 1' : `a list of ${value.length}`
  if (value instanceof Uint8Array) return `${value.length} bytes`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
