import { cellWidth } from './cell-width.ts'
import { printable } from './printable.ts'

type Cell = string | number | bigint
type Row = readonly Cell[]

/** Rows per part: enough for few writes, and little work at a time. */
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
    if (lines.length < PART_ROWS) continue
    yield `${lines.join('\n')}\n`
    lines = []
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`
}

class Column {
  #width: number
  #isRight = true
  // Caches the last cell, because consecutive rows often have the same value.
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
