import { eastAsianWidth } from 'get-east-asian-width'

const isAscii = /^[\x20-\x7e]*$/

const EMOJI = String.raw`^\p{RGI_Emoji}$`

/** Loading them takes milliseconds, so they wait for a text that needs them. */
let rules: ReturnType<typeof loadRules> | undefined
const loadRules = () => ({
  graphemes: new Intl.Segmenter(),
  emoji: new RegExp(EMOJI, 'v'),
  /** What stands in a cell, rather than above or below what stands there, or nowhere. */
  visible: /[^\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cf}\p{Mn}\p{Me}\p{Cs}]/u,
  /** What widens the character before it: spacing vowel signs, halfwidth sound marks. */
  widening: /[\p{Mc}\uff00-\uffef]/u,
})

/** Cells of the terminal that a text takes: two for a wide character or an emoji, none for a combining mark. */
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

/** A text in at least so many cells, its room on the right. */
export const padEndCells = (text: string, width: number): string =>
  `${text}${' '.repeat(Math.max(0, width - cellWidth(text)))}`
