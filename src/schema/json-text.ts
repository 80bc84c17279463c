import { jsonEscape, replaceUnsafe } from '../codecs/unsafe-characters.ts'

/** Matches text that JSON writes without escapes. */
const isPlain = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

/**
 * Writes a string as JSON that is safe to print on a terminal. Control and invisible characters are escaped here, where
 * the string is searched anyway, so that nothing has to search the finished line for them.
 */
export const jsonText = (text: string): string =>
  isPlain.test(text) ? `"${text}"` : replaceUnsafe(JSON.stringify(text), jsonEscape)

/** The key of a map as a step of a path. */
export const keyStep = (key: string): string => `[${jsonText(shortened(key))}]`

/** Untrusted text on one line, safe to print. */
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
