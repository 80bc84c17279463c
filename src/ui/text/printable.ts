import { jsonEscape, replaceUnsafe } from '../../codecs/unsafe-characters.ts'

/**
 * Makes untrusted text safe for a terminal, on one line. Replaces invisible characters and control characters, which can move
 * the cursor or set the title of the window, by escapes such as `\n`, `\x1b`, `\u202e` and `\u{e0001}`.
 */
export const printable = (text: string): string => replaceUnsafe(text, escaped)

function escaped(character: string): string {
  const known = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character]
  if (known !== undefined) return known
  const code = (character.codePointAt(0) as number).toString(16)
  if (code.length <= 2) return `\\x${code.padStart(2, '0')}`
  return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\u{${code}}`
}

/** Makes JSON text safe for a terminal. `JSON.stringify` does not escape DEL, C1 controls and invisible characters. */
export const printableJson = (json: string): string => replaceUnsafe(json, jsonEscape)

const plainLines = /^[\n\t\x20-\x7e]*$/
const lineOrTab = /([\n\t])/
/** Also matches the color and weight sequences of chalk, which neither hide text nor move the cursor. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character
const lineTabOrColor = /([\n\t]|\u001b\[(?:[0-47]|2[2-47]|3[0-79]|4[0-79]|9[0-7]|10[0-7])m)/

/**
 * Makes finished output safe for a terminal, in case it contains untrusted text that was not escaped. Keeps line breaks, tabs and,
 * with `hasColor`, colors. Escapes other unsafe characters as JSON does, so that a JSON document keeps its value.
 */
export function escapeUnsafe(text: string, hasColor = false): string {
  if (plainLines.test(text)) return text
  const parts = text.split(hasColor ? lineTabOrColor : lineOrTab)
  // `split` puts the captured separators at odd indices.
  return parts.map((part, index) => (index % 2 === 1 ? part : replaceUnsafe(part, jsonEscape))).join('')
}
