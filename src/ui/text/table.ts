import { cellWidth } from './cell-width.ts'
import { printable } from './printable.ts'

type Cell = string | number | bigint
type Row = readonly Cell[]

/** Rows to a part: enough for writes to be few, and no more than a moment's work. */
const PART = 1000

/**
 * Columns padded to their widest cell, in cells of the terminal, two spaces apart. Headers hold no spaces and an absent
 * value is `-`, so the lines stay parseable by `awk`. Numbers line up on the right.
 */
export const formatTable = (headers: readonly string[], rows: readonly Row[]): string =>
  [...tableParts(headers, rows)].join('')

/** The same in parts, for tables of many rows. Goes through the rows twice, first to see how wide they are. */
export function* tableParts(headers: readonly string[], rows: Iterable<Row>): Generator<string> {
  const columns = headers.map((header) => new Column(header))
  let isEmpty = true
  for (const row of rows) {
    isEmpty = false
    for (const [at, column] of columns.entries()) column.fit(row[at] ?? '')
  }
  const line = (cells: Row) =>
    cells
      .map((cell, at) => columns[at]?.padded(cell, isEmpty))
      .join('  ')
      .trimEnd()
  let lines = [line(headers)]
  for (const row of rows) {
    lines.push(line(row))
    if (lines.length < PART) continue
    yield `${lines.join('\n')}\n`
    lines = []
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`
}

class Column {
  #width: number
  #isRight = true
  // Names and words of a column are mostly those of the row above.
  #cell: Cell | undefined
  #text = ''
  #cells = 0

  constructor(header: string) {
    this.#width = header.length
  }

  fit(cell: Cell): void {
    this.#show(cell)
    if (this.#cells > this.#width) this.#width = this.#cells
    if (typeof cell === 'string') this.#isRight = false
  }

  padded(cell: Cell, isEmpty: boolean): string {
    this.#show(cell)
    const length = this.#width + this.#text.length - this.#cells
    return this.#isRight && !isEmpty ? this.#text.padStart(length) : this.#text.padEnd(length)
  }

  #show(cell: Cell): void {
    if (cell === this.#cell) return
    this.#cell = cell
    this.#text = typeof cell === 'string' ? printable(cell) || '-' : String(cell)
    this.#cells = typeof cell === 'string' ? cellWidth(this.#text) : this.#text.length
  }
}
