import { jsonEscape, replaceUnsafe } from '../codecs/unsafe-characters.ts'

/** ASCII that stands in a JSON string as it is. */
const isPlain = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/

/**
 * Writes a text as JSON that is safe on a terminal. Control and invisible characters are spelled out here, where the
 * text is looked at anyway, so that the finished line need not be searched for them.
 */
export const jsonText = (text: string): string =>
  isPlain.test(text) ? `"${text}"` : replaceUnsafe(JSON.stringify(text), jsonEscape)

/** A map's key as a step of a path. */
export const keyStep = (key: string): string => `[${jsonText(shortened(key))}]`

const shortened = (text: string): string => (text.length > 40 ? `${text.slice(0, 37)}…` : text)

/** A stranger's value for a sentence about it: short, on one line, harmless. */
export function inWords(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (typeof value === 'string') return `the text ${jsonText(shortened(value))}`
  if (typeof value === 'number' || typeof value === 'bigint') return `the number ${value}`
  if (typeof value === 'boolean') return `${value}`
  if (Array.isArray(value)) return value.length === 1 ? 'a list of 1' : `a list of ${value.length}`
  if (value instanceof Uint8Array) return `${value.length} bytes`
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
