import { cellWidth } from './cell-width.ts'

const printableAscii = /^[\x20-\x7e]*$/

/** Created on first use, because that takes milliseconds. */
let graphemes: Intl.Segmenter | undefined

/**
 * Cuts a text without control characters to at most `width` terminal cells, with `…` in the middle, because names that begin
 * alike often end differently. No wide character and no emoji is cut in half.
 */
export function cutMiddle(text: string, width: number): string {
  if (cellWidth(text) <= width) return text
  if (width < 1) return ''
  const parts = partsOf(text)
  const end = fitting(parts.toReversed(), (width - 1) >> 1).toReversed()
  const begin = fitting(parts, width - 1 - cellWidth(end.join('')))
  return `${begin.join('')}…${end.join('')}`
}

/** Splits a text into the characters that a reader sees. */
function partsOf(text: string): readonly string[] {
  if (printableAscii.test(text)) return [...text]
  graphemes ??= new Intl.Segmenter()
  return Array.from(graphemes.segment(text), ({ segment }) => segment)
}

/** Returns the first parts that fit into a width together. */
function fitting(parts: readonly string[], width: number): readonly string[] {
  let left = width
  const first = parts.findIndex((part) => {
    left -= cellWidth(part)
    return left < 0
  })
  return parts.slice(0, first === -1 ? undefined : first)
}
