/**
 * Characters that a terminal obeys, or that change a text without being seen: controls (Cc), lone surrogates (Cs), line
 * and paragraph separators (Zl, Zp), what Unicode lists as ignored when it cannot be shown or as a control of writing
 * direction, and the interlinear annotations, which Unicode leaves out of that list.
 */
const UNSAFE = String.raw`\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\ufff9-\ufffb`

/** Nearly every text is printable ASCII, and is known to be safe without asking Unicode's tables, which take 5 ms to load. */
const isAscii = /^[\x20-\x7e]*$/

interface Tables {
  readonly unsafe: RegExp
  /** Whether a UTF-16 code unit that is not a surrogate is unsafe. */
  readonly isUnsafe: Uint8Array
  /** Emoji that consist of several characters join them by unsafe ones, and are matched first. */
  readonly emojiOrUnsafe: RegExp
}
let tables: Tables | undefined

function loadTables(): Tables {
  const unsafe = new RegExp(`[${UNSAFE}]`, 'u')
  const isUnsafe = Uint8Array.from({ length: 0x10000 }, (_, unit) => (unsafe.test(String.fromCharCode(unit)) ? 1 : 0))
  return { unsafe, isUnsafe, emojiOrUnsafe: new RegExp(String.raw`\p{RGI_Emoji}|[${UNSAFE}]`, 'gv') }
}

/** Whether a text holds an unsafe character, those inside of emoji included. */
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

/** Replaces every unsafe character, except inside of an emoji that Unicode lists. */
export function replaceUnsafe(text: string, replacement: (character: string) => string): string {
  if (!hasUnsafe(text)) return text
  tables ??= loadTables()
  const { unsafe, emojiOrUnsafe } = tables
  const replaced = (found: string): string =>
    // An emoji is safe alone or has several characters; what is unsafe is one.
    [...found].length === 1 && unsafe.test(found) ? replacement(found) : found
  // Looking for emoji takes long, and most text around them is ASCII.
  return text.replace(beyondAscii, (part) => part.replace(emojiOrUnsafe, replaced))
}

/** Of ASCII, only what keys are labeled with can begin an emoji: `1️⃣`. */
const beyondAscii = /[\d#*]?[^\x20-\x7e]+/g

/** As JSON spells a character: `\u202e`, beyond U+FFFF as two. */
export const jsonEscape = (character: string): string =>
  Array.from({ length: character.length }, (_, index) => hexUnit(character.charCodeAt(index))).join('')

const hexUnit = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`
