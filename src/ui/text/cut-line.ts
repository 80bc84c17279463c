import { cellWidth } from './cell-width.ts'

/** A color of chalk, which occupies no cell, or a run of other characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with a control character
const colorsAndRuns = /\u001b\[[\d;]*m|[^\u001b]+/g
const printableAscii = /^[\x20-\x7e]*$/

/** Created on first use, because that takes milliseconds. */
let graphemes: Intl.Segmenter | undefined

/**
 * Cuts a line, which may contain colors of chalk, to `columns` terminal cells. A line that is too long ends with `…`. No wide
 * character and no emoji is cut in half. Colors after the cut are kept, so that the line ends as it would without the cut.
 */
export function cutLine(line: string, columns: number): string {
  // Without wide characters, a line has at most as many cells as characters.
  if (printableAscii.test(line) && line.length <= columns) return line
  const parts = line.match(colorsAndRuns) ?? []
  const [whole, isWhole] = fitted(parts, columns)
  return isWhole ? whole : fitted(parts, columns - 1, '…')[0]
}

/** Returns the parts of a line up to `room` cells, with `mark` at the cut, and whether all of the line fits. */
function fitted(parts: readonly string[], room: number, mark = ''): readonly [text: string, isWhole: boolean] {
  let left = Math.max(0, room)
  let isWhole = true
  const kept = parts.map((part) => {
    if (part.startsWith('\u001b')) return part
    if (!isWhole) return ''
    const start = startOf(part, left)
    left -= cellWidth(start)
    isWhole = start.length === part.length
    return isWhole ? start : `${start}${mark}`
  })
  return [kept.join(''), isWhole]
}

/** Returns the longest start of a text that fits into `room` cells, in whole characters. */
function startOf(text: string, room: number): string {
  if (printableAscii.test(text)) return text.slice(0, room)
  graphemes ??= new Intl.Segmenter()
  let width = 0
  let length = 0
  // The segments are computed one by one, so a long text after the cut costs nothing.
  for (const { segment } of graphemes.segment(text)) {
    width += cellWidth(segment)
    if (width > room) break
    length += segment.length
  }
  return text.slice(0, length)
}
