import { cellWidth } from './cell-width.ts'
import { cutLine } from './cut-line.ts'
import { cutMiddle } from './cut-middle.ts'
import { fitWidths } from './fit-widths.ts'
import { printable } from './printable.ts'

/** A text with a color. */
interface PaintedText {
  readonly text: string
  /** Adds colors, which take no cells. */
  readonly paint: (text: string) => string
}

export type Cell = string | number | bigint | PaintedText
type Row = readonly Cell[]

/** The header of a column, and how the column is shown. */
interface ColumnHeader {
  readonly title: string
  /** Aligns texts to the right, such as durations. Columns of numbers are aligned to the right in any case. */
  readonly align?: 'right'
  /** Whether cells are never shortened, such as times. Numbers never are. */
  readonly isWhole?: boolean
  /** The fewest cells to which texts are shortened, at which most of them still differ from each other. Default: 12. */
  readonly min?: number
  /** Whether the column is left out before the others where a terminal is too narrow. */
  readonly isExtra?: boolean
}

export type Header = string | ColumnHeader

/** Rows per part: large enough to need few writes, small enough to format quickly. */
const PART_ROWS = 1000
const GAP = '  '
/** The default of `min`. */
const MIN_TEXT_CELLS = 12

/**
 * Formats a table. Columns are padded to their widest cell, measured in terminal cells, and separated by two spaces. Headers
 * contain no spaces and an empty value is `-`, so that `awk` can parse the lines. Numbers are aligned to the right.
 *
 * With a `width`, that of a terminal, the widest texts are shortened in the middle. If that is not enough, some columns are left
 * out, and a line below the table names them, with what shows them: `wider`.
 */
export const formatTable = (headers: readonly Header[], rows: readonly Row[], width?: number, wider?: string): string =>
  [...tableParts(headers, rows, width, wider)].join('')

/** Formats a large table in parts. Iterates over the rows twice, first to measure the columns. */
export function* tableParts(
  headers: readonly Header[],
  rows: Iterable<Row>,
  width?: number,
  wider = '--wide',
): Generator<string> {
  const columns = headers.map((header) => new Column(typeof header === 'string' ? { title: header } : header))
  let hasRows = false
  for (const row of rows) {
    hasRows = true
    for (const [at, column] of columns.entries()) column.fit(row[at] ?? '')
  }
  const shown = width === undefined ? columns : fitted(columns, width)
  const places = shown.map((column) => ({ column, at: columns.indexOf(column) }))
  const line = (cells: Row) =>
    places
      .map(({ column, at }) => column.padded(cells[at] ?? '', hasRows))
      .join(GAP)
      .trimEnd()
  let lines = [line(columns.map(({ title }) => title || ' '))]
  for (const row of rows) {
    lines.push(line(row))
    if (lines.length < PART_ROWS) continue
    yield `${lines.join('\n')}\n`
    lines = []
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`
  const left = columns.filter((column) => !shown.includes(column)).map(({ title }) => title)
  if (left.length > 0) yield `${cutLine(`(${wider} also shows ${left.join(', ')})`, width ?? 0)}\n`
}

/** Limits columns to the width of a terminal. Returns those for which there is room. */
function fitted(columns: readonly Column[], room: number): readonly Column[] {
  return fitWidths(columns, room, GAP.length).map(({ column, width }) => {
    column.limit(width)
    return column
  })
}

/** A column of a table: its width, and how to align its cells. */
class Column {
  readonly title: string
  readonly isExtra: boolean
  readonly #isRight: boolean
  readonly #isWhole: boolean
  readonly #min: number
  #width: number
  #isNumeric = true
  // The last cell with its text and width, cached because consecutive rows often have the same value.
  #lastCell: Cell | undefined
  #lastText = ''
  #lastWidth = 0

  constructor({ title, align, isWhole = false, min = MIN_TEXT_CELLS, isExtra = false }: ColumnHeader) {
    this.title = title
    this.#isRight = align === 'right'
    this.#isWhole = isWhole
    this.#min = min
    this.isExtra = isExtra
    this.#width = title.length
  }

  get width(): number {
    return this.#width
  }

  /** The fewest cells that the column needs; its width if it is never shortened. */
  get min(): number {
    const isFixed = this.#isWhole || this.#isNumeric || this.#isRight
    return isFixed ? this.#width : Math.min(this.#width, Math.max(this.title.length, this.#min))
  }

  /** Widens the column for a cell. */
  fit(cell: Cell): void {
    this.#measure(cell)
    if (this.#lastWidth > this.#width) this.#width = this.#lastWidth
    if (typeof cell !== 'number' && typeof cell !== 'bigint') this.#isNumeric = false
  }

  /** Sets the width. Cells that are wider are shortened. */
  limit(width: number): void {
    this.#width = width
    this.#lastCell = undefined
  }

  /** Pads a cell. A table without rows has no numbers to align, so its headers are aligned to the left. */
  padded(cell: Cell, hasRows: boolean): string {
    this.#measure(cell)
    const isCut = this.#lastWidth > this.#width
    const text = isCut ? cutMiddle(this.#lastText, this.#width) : this.#lastText
    const room = ' '.repeat(Math.max(0, this.#width - (isCut ? cellWidth(text) : this.#lastWidth)))
    const shown = typeof cell === 'object' ? cell.paint(text) : text
    return (this.#isNumeric || this.#isRight) && hasRows ? `${room}${shown}` : `${shown}${room}`
  }

  #measure(cell: Cell): void {
    if (cell === this.#lastCell) return
    this.#lastCell = cell
    const text = typeof cell === 'object' ? cell.text : cell
    this.#lastText = typeof text === 'string' ? printable(text) || '-' : String(text)
    this.#lastWidth = typeof text === 'string' ? cellWidth(this.#lastText) : this.#lastText.length
  }
}
