import { cellWidth, padEndCells, padStartCells } from './cell-width.ts'
import { printable } from './printable.ts'

type Row = readonly (string | number | bigint)[]

/** Rows to a part: enough for writes to be few, and no more than a moment's work. */
const PART = 1000

/**
 * Columns padded to their widest cell, in cells of the terminal, two spaces apart. Headers hold no spaces and an absent value is `-`, so the
 * lines stay parseable by `awk`. Numbers line up on the right.
 */
export const formatTable = (headers: readonly string[], rows: readonly Row[]): string =>
  [...tableParts(headers, rows)].join('')

/** The same in parts, for tables of many rows. Goes through the rows twice, first to see how wide they are. */
export function* tableParts(headers: readonly string[], rows: Iterable<Row>): Generator<string> {
  const widths = headers.map(({ length }) => length)
  const right = headers.map(() => true)
  let isEmpty = true
  for (const row of rows) {
    isEmpty = false
    for (const column of widths.keys()) {
      const cell = row[column] ?? ''
      widths[column] = Math.max(widths[column] ?? 0, cellWidth(textOf(cell)))
      if (typeof cell === 'string') right[column] = false
    }
  }
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0
        return right[column] && !isEmpty ? padStartCells(cell, width) : padEndCells(cell, width)
      })
      .join('  ')
      .trimEnd()
  let lines = [line(headers)]
  for (const row of rows) {
    lines.push(line(row.map(textOf)))
    if (lines.length < PART) continue
    yield `${lines.join('\n')}\n`
    lines = []
  }
  if (lines.length > 0) yield `${lines.join('\n')}\n`
}

const textOf = (cell: string | number | bigint): string =>
  typeof cell === 'string' ? printable(cell) || '-' : String(cell)
