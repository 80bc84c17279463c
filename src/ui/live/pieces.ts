import stringWidth from 'string-width'
import { printable } from '../text/printable.ts'

export type Paint = (text: string) => string

/** A part of a line. Its text is made harmless when it is cut to its width, as ink writes to the terminal itself. */
export interface Piece {
  readonly text: string
  readonly paint?: Paint | undefined
}

export const plain: Paint = (text) => text

const graphemes = new Intl.Segmenter()

/** ASCII, bars and `…`: a cell each. */
const simple = /^[ -~▀-▟…]*$/

/** Cells of the terminal that a text takes. */
export const widthOf = (text: string): number => (simple.test(text) ? text.length : stringWidth(text))

const safe = (text: string): string => (simple.test(text) ? text : printable(text))

/** As much of a text's beginning as goes into so many cells, `…` for the rest. */
export function cut(given: string, width: number): string {
  const text = safe(given)
  if (widthOf(text) <= width) return text
  return width < 1 ? '' : `${beginning(segmentsOf(text), width - 1).join('')}…`
}

/** As much of both ends of a text as goes into so many cells: names that begin alike often end differently. */
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

function beginning(segments: readonly string[], width: number): readonly string[] {
  let left = width
  const first = segments.findIndex((segment) => {
    left -= widthOf(segment)
    return left < 0
  })
  return segments.slice(0, first === -1 ? undefined : first)
}

/** A text in exactly so many cells. */
export function padded(text: string, width: number, align: 'left' | 'right' = 'left'): string {
  const shown = cut(text, width)
  const room = ' '.repeat(width - widthOf(shown))
  return align === 'left' ? `${shown}${room}` : `${room}${shown}`
}

/** Pieces one after another, in so many cells at most. */
export function joined(pieces: readonly Piece[], width: number): string {
  let left = width
  return pieces
    .map(({ text, paint = plain }) => {
      const shown = cut(text, left)
      left -= widthOf(shown)
      return shown === '' ? '' : paint(shown)
    })
    .join('')
}

/** Pieces on the left and, as far as there is room for all of them, on the right. */
export function spread(left: readonly Piece[], right: readonly Piece[], width: number): string {
  const rightWidth = right.reduce((sum, { text }) => sum + widthOf(text), 0)
  const leftWidth = left.reduce((sum, { text }) => sum + widthOf(text), 0)
  const room = width - rightWidth - GAP
  if (room < Math.min(leftWidth, MOST_LEFT)) return joined(left, width)
  const gap = ' '.repeat(Math.max(0, room - leftWidth) + GAP)
  return `${joined(left, room)}${gap}${joined(right, rightWidth)}`
}

const GAP = 2
/** Cells of the left side that the right side does not take. */
const MOST_LEFT = 20
