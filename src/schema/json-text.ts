// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters it is for
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/
const everyUnsafe = new RegExp(unsafe, 'g')
const special = new RegExp(`["\\\\]|${unsafe.source}`)

const spelledOut = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * A text as JSON that is safe on a terminal. Control characters, which move cursors, and invisible direction marks are
 * spelled out here, where the text is looked at anyway, so that nobody has to search the finished line for them.
 */
export function jsonText(text: string): string {
  return special.test(text) ? JSON.stringify(text).replace(everyUnsafe, spelledOut) : `"${text}"`
}

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
