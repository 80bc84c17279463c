/**
 * Characters that control a terminal or change a text invisibly: controls (Cc), lone surrogates (Cs), line and paragraph
 * separators (Zl, Zp), Unicode's default ignorable and bidirectional control characters, and the interlinear annotations,
 * which are in neither of these two classes.
 */
const UNSAFE = String.raw`\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\ufff9-\ufffb`

/** Nearly every text is printable ASCII, which is safe. Checking it first avoids loading Unicode's tables, which takes 5 ms. */
const isAscii = /^[\x20-\x7e]*$/

interface Tables {
  readonly unsafe: RegExp
  /** Whether a UTF-16 code unit that is not a surrogate is unsafe. */
  readonly isUnsafe: Uint8Array
  /** Matches emoji first, because unsafe characters join the parts of an emoji. */
  readonly emojiOrUnsafe: RegExp
}
let tables: Tables | undefined

function loadTables(): Tables {
  const unsafe = new RegExp(`[${UNSAFE}]`, 'u')
  const isUnsafe = Uint8Array.from({ length: 0x10000 }, (_, unit) => (unsafe.test(String.fromCharCode(unit)) ? 1 : 0))
  return { unsafe, isUnsafe, emojiOrUnsafe: new RegExp(String.raw`\p{RGI_Emoji}|[${UNSAFE}]`, 'gv') }
}

/** Whether a text contains an unsafe character, including characters inside an emoji. */
function hasUnsafe(text: string): boolean {
  if (isAscii.test(text)) return false
  tables ??= loadTables()
  const { isUnsafe, unsafe } = tables
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit < 0xd800 || unit > 0xdfff) {
      if (isUnsafe[unit] === 1) return true
    } else {
      const character = String.fromCodePoint(text.codePointAt(index) as number)
      if (unsafe.test(character)) return true
      index += character.length - 1
    }
  }
  return false
}

/** Replaces every unsafe character, except inside an emoji that Unicode lists. */
export function replaceUnsafe(text: string, replacement: (character: string) => string): string {
  if (!hasUnsafe(text)) return text
  tables ??= loadTables()
  const { unsafe, emojiOrUnsafe } = tables
  const replaced = (found: string): string =>
    // A match of several characters is an emoji, and so is a single safe character.
    [...found].length === 1 && unsafe.test(found) ? replacement(found) : found
  // Matching emoji is slow, so do it only in the parts that are not ASCII.
  return text.replace(beyondAscii, (part) => part.replace(emojiOrUnsafe, replaced))
}

/** Matches text that is not ASCII, with a preceding digit, `#` or `*`, which may begin an emoji such as `1️⃣`. */
const beyondAscii = /[\d#*]?[^\x20-\x7e]+/g

/** Returns the JSON escape of a character: `\u202e`, or two escapes for a character beyond U+FFFF. */
export const jsonEscape = (character: string): string =>
  Array.from({ length: character.length }, (_, index) => hexUnit(character.charCodeAt(index))).join('')

const hexUnit = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`
