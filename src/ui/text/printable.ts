import { jsonEscape, replaceUnsafe } from '../../codecs/unsafe-characters.ts'

/**
 * A text from outside made harmless for a terminal, on one line: control characters (which move cursors, set titles,
 * paste) and invisible ones are spelled out, as `\n`, `\x1b`, `\u202e`, `\u{e0001}`.
 */
export const printable = (text: string): string => replaceUnsafe(text, spelledOut)

function spelledOut(character: string): string {
  const known = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[character]
  if (known !== undefined) return known
  const code = (character.codePointAt(0) as number).toString(16)
  if (code.length <= 2) return `\\x${code.padStart(2, '0')}`
  return code.length <= 4 ? `\\u${code.padStart(4, '0')}` : `\\u{${code}}`
}

/** JSON text made harmless: `JSON.stringify` leaves DEL, C1 controls and invisible characters as they are. */
export const printableJson = (json: string): string => replaceUnsafe(json, jsonEscape)

const plainLines = /^[\n\t\x20-\x7e]*$/
const lineOrTab = /([\n\t])/
/** With colors and weights, one a sequence as chalk writes them: none of them hides a text or moves the cursor. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: colors begin with one
const lineTabOrColor = /([\n\t]|\u001b\[(?:[0-47]|2[2-47]|3[0-79]|4[0-79]|9[0-7]|10[0-7])m)/

/**
 * Makes finished output harmless, so that a text from outside that was put into it as it came does no harm either.
 * Line breaks and tabs stay, and colors where the output has some. The rest is spelled as JSON spells it: a document
 * keeps its value.
 */
export function harmless(text: string, hasColor = false): string {
  if (plainLines.test(text)) return text
  const parts = text.split(hasColor ? lineTabOrColor : lineOrTab)
  // What the pattern captured stands at the odd places.
  return parts.map((part, index) => (index % 2 === 1 ? part : replaceUnsafe(part, jsonEscape))).join('')
}
