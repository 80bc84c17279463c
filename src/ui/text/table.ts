import { cellWidth } from './cell-width.ts'
import { printable } from './printable.ts'

type Cell = string | number | bigint
type Row = readonly Cell[]

/** Rows per part: large enough to need few writes, small enough to format quickly. */
const PART_ROWS = 1000

/**
 * Formats a table. Columns are padded to their widest cell, measured in terminal cells, and separated by two spaces. Headers
 * contain no spaces and an empty value is `-`, so that `awk` can parse the lines. Numbers are aligned to the right.
 */
export const formatTable = (headers: readonly string[], rows: readonly Row[]): string =>
  [...tableParts(headers, rows)].join('')

/** Formats a large table in parts. Iterates over the rows twice, first to measure the columns. */
export function* tableParts(headers: readonly string[], rows: Iterable<Row>): Generator<string> {
  const columns = headers.map((header) => new Column(header))
  let hasRows = false
  for (const row of rows) {
    hasRows = true
    for (const [at, column] of columns.entries()) column.fit(row[at] ?? '')
  }
  const line = (cells: Row) =>
    cells
      .map((cell, at) => columns[at]?.padded(cell, hasRows))
      .join('  ')
      .trimEnd()
  let lines = [line(headers)]
  for (const row of rows) {
    lines.push(line(row))
    if (lines.length < PART_ROWS) continue
    yield `${lines.join('\n')}\n`
    lines = []
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`
}

/** A column of a table: its width, and how to align its cells. */
class Column {
  #width: number
  #isNumeric = true
  // The last cell with its text and width, cached because consecutive rows often have the same value.
  #lastCell: Cell | undefined
  #lastText = ''
  #lastWidth = 0

  constructor(header: string) {
    this.#width = header.length
  }

  /** Widens the column for a cell. */
  fit(cell: Cell): void {
    this.#measure(cell)
    if (this.#lastWidth > this.#width) this.#width = this.#lastWidth
    if (typeof cell === 'string') this.#isNumeric = false
  }

  /** Pads a cell. A table without rows has no numbers to align, so its headers are aligned to the left. */
  padded(cell: Cell, hasRows: boolean): string {
    this.#measure(cell)
    // `padStart` and `padEnd` count characters, but the width counts terminal cells.
    const length = this.#width + this.#lastText.length - this.#lastWidth
    return this.#isNumeric && hasRows ? this.#lastText.padStart(length) : this.#lastText.padEnd(length)
  }

  #measure(cell: Cell): void {
    if (cell === this.#lastCell) return
    this.#lastCell = cell
    this.#lastText = typeof cell === 'string' ? printable(cell) || '-' : String(cell)
    this.#lastWidth = typeof cell === 'string' ? cellWidth(this.#lastText) : this.#lastText.length
  }
}
