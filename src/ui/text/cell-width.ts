import { eastAsianWidth } from 'get-east-asian-width'

const isAscii = /^[\x20-\x7e]*$/

const EMOJI = String.raw`^\p{RGI_Emoji}$`

/** Created on first use, because that takes milliseconds. */
let rules: ReturnType<typeof loadRules> | undefined
const loadRules = () => ({
  graphemes: new Intl.Segmenter(),
  emoji: new RegExp(EMOJI, 'v'),
  /** Characters that occupy a cell: not combining marks, not invisible characters. */
  visible: /[^\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Mn}\p{Me}\p{Cs}]/u,
  /** Characters that widen the preceding one: spacing vowel signs, halfwidth sound marks. */
  widening: /[\p{Mc}\uff00-\uffef]/u,
})

/** Returns the number of terminal cells that a text occupies: two for a wide character or an emoji, none for a combining mark. */
export function cellWidth(text: string): number {
  if (isAscii.test(text)) return text.length
  rules ??= loadRules()
  const { graphemes, emoji, visible, widening } = rules
  let width = 0
  for (const { segment } of graphemes.segment(text)) {
    if (emoji.test(segment)) {
      width += 2
      continue
    }
    let isFirst = true
    for (const character of segment) {
      if (!visible.test(character) || !(isFirst || widening.test(character))) continue
      isFirst = false
      width += eastAsianWidth(character.codePointAt(0) as number)
    }
  }
  return width
}

/** Pads a text with spaces on the right to at least `width` cells. */
export const padEndCells = (text: string, width: number): string =>
  `${text}${' '.repeat(Math.max(0, width - cellWidth(text)))}`
