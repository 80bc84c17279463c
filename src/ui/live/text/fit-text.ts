import stringWidth from 'string-width'
import { printable } from '../../text/printable.ts'

export type Paint = (text: string) => string

/** Part of a line. Cutting it to a width also escapes control characters, because ink does not write through `write`. */
export interface StyledText {
  readonly text: string
  readonly paint?: Paint | undefined
  /** Whether the text is a name that is cut in the middle, to leave room for the texts after it. At most one text of a line is. */
  readonly isName?: boolean
}

export const plain: Paint = (text) => text

const graphemes = new Intl.Segmenter()

/** Matches texts of ASCII, bars and `…`, whose characters take one cell each. */
const simple = /^[ -~▀-▟…]*$/

/** Returns the cells of the terminal that a text takes. */
export const widthOf = (text: string): number => (simple.test(text) ? text.length : stringWidth(text))

const safe = (text: string): string => (simple.test(text) ? text : printable(text))

/** Cuts a text to a width, with `…` at the end. */
export function cut(given: string, width: number): string {
  const text = safe(given)
  if (widthOf(text) <= width) return text
  return width < 1 ? '' : `${beginning(segmentsOf(text), width - 1).join('')}…`
}

/** Cuts a text to a width, with `…` in the middle, because names that start alike often end differently. */
export function cutMiddle(given: string, width: number): string {
  const text = safe(given)
  if (widthOf(text) <= width) return text
  if (width < 1) return ''
  const segments = segmentsOf(text)
  const end = beginning(segments.toReversed(), (width - 1) >> 1)
  const begin = beginning(segments, width - 1 - widthOf(end.join('')))
  return `${begin.join('')}…${end.toReversed().join('')}`
}

const segmentsOf = (text: string): readonly string[] => Array.from(graphemes.segment(text), ({ segment }) => segment)

/** Returns the first segments that fit into a width together. */
function beginning(segments: readonly string[], width: number): readonly string[] {
  let left = width
  const first = segments.findIndex((segment) => {
    left -= widthOf(segment)
    return left < 0
  })
  return segments.slice(0, first === -1 ? undefined : first)
}

/** A line is broken after a space among its last cells, if there is one. */
const BREAK_CELLS = 20

/** Breaks a text into lines of at most `width` cells, also within long words: nothing is left out. */
export function wrapCells(given: string, width: number): readonly string[] {
  const text = safe(given)
  if (widthOf(text) <= width) return [text]
  if (simple.test(text)) {
    const broken: string[] = []
    let start = 0
    while (text.length - start > width) {
      const space = text.lastIndexOf(' ', start + width - 1)
      const end = space >= start + Math.max(1, width - BREAK_CELLS) ? space + 1 : start + width
      broken.push(text.slice(start, end))
      start = end
    }
    return [...broken, text.slice(start)]
  }
  const lines: string[] = []
  let line: string[] = []
  let cells = 0
  for (const segment of segmentsOf(text)) {
    const own = widthOf(segment)
    if (cells + own > width && line.length > 0) {
      const word = line.slice(line.lastIndexOf(' ') + 1)
      const wordCells = word.reduce((sum, one) => sum + widthOf(one), 0)
      const isMoved = word.length < line.length && wordCells + own <= Math.min(BREAK_CELLS, width)
      lines.push(line.slice(0, line.length - (isMoved ? word.length : 0)).join(''))
      line = isMoved ? word : []
      cells = isMoved ? wordCells : 0
    }
    line.push(segment)
    cells += own
  }
  return [...lines, line.join('')]
}

/** As {@link wrapCells}, with every line indented as the text is, if that leaves most of the width. */
export function wrapIndented(text: string, width: number): readonly string[] {
  const [indent = ''] = text.match(/^ */) ?? []
  if (indent.length > width / 2) return wrapCells(text, width)
  return wrapCells(text.slice(indent.length), width - indent.length).map((line) => `${indent}${line}`)
}

/** Cuts or pads a text to exactly the width. */
export function padded(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const shown = cut(text, width)
  const room = ' '.repeat(width - widthOf(shown))
  return align === 'left' ? `${shown}${room}` : `${room}${shown}`
}

/** The fewest cells of a name that is cut. */
const MIN_NAME_CELLS = 12

/** Joins texts and cuts them to a width: a name in the middle, then the end. */
export function joined(texts: readonly StyledText[], width: number): string {
  const surplus = widthOfAll(texts) - width
  let left = width
  return texts
    .map((one) => (one.isName && surplus > 0 ? { ...one, text: shorterBy(one.text, surplus) } : one))
    .map(({ text, paint = plain }) => {
      const shown = cut(text, left)
      left -= widthOf(shown)
      return shown === '' ? '' : paint(shown)
    })
    .join('')
}

const widthOfAll = (texts: readonly StyledText[]): number =>
  texts.reduce((sum, { text }) => sum + widthOf(safe(text)), 0)

const shorterBy = (name: string, cells: number): string =>
  cutMiddle(name, Math.max(MIN_NAME_CELLS, widthOf(safe(name)) - cells))

/** Joins texts on the left and texts on the right. The right side is left out if there is no room for all of it. */
export function spread(left: readonly StyledText[], right: readonly StyledText[], width: number): string {
  const [leftWidth, rightWidth] = [widthOfAll(left), widthOfAll(right)]
  const room = width - rightWidth - GAP
  if (room < Math.min(leftWidth, MIN_LEFT_CELLS)) return joined(left, width)
  const gap = ' '.repeat(Math.max(0, room - leftWidth) + GAP)
  return `${joined(left, room)}${gap}${joined(right, rightWidth)}`
}

/** The cells between the two sides. */
const GAP = 2
/** The right side is left out if the left side would get fewer cells than this and does not fit. */
const MIN_LEFT_CELLS = 20
