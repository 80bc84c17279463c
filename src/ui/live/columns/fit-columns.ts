import { type Paint, padded, plain, type StyledText } from '../text/fit-text.ts'

/** A column of a table. */
export interface Column<Row> {
  readonly title: string
  /** The fewest cells that the column needs. */
  readonly min: number
  /** The most cells that the column can use. */
  readonly max: number
  /** The number of cells in which most values fit. Default: `min`. */
  readonly good?: number
  readonly align?: 'right'
  /** Returns the cell of a row; `width` is the width that the column got. */
  cell(row: Row, width: number): StyledText
}

export interface Columns<Row> {
  /** From left to right. */
  readonly shown: readonly Column<Row>[]
  /**
   * The same columns, the most important first. The last ones are left out if there is no room for all. A column may be listed
   * twice: at its second position it grows to its `good` width, before the columns after it get any cells.
   */
  readonly ranked: readonly Column<Row>[]
}

export interface FittedColumn<Row> {
  readonly column: Column<Row>
  readonly width: number
}

/** From this width on, columns are two spaces apart instead of one. */
const MIN_CELLS_FOR_WIDE_GAPS = 100

const gapOf = (width: number): string => (width < MIN_CELLS_FOR_WIDE_GAPS ? ' ' : '  ')

/**
 * Returns the columns that fit into a width. Cells that are left over are shared by the columns that can use them. The most
 * important column is always included, even if it is narrower than its minimum.
 */
export function fitColumns<Row>({ shown, ranked }: Columns<Row>, width: number): readonly FittedColumn<Row>[] {
  const gap = gapOf(width).length
  const widths = new Map<Column<Row>, number>()
  let left = width + gap
  for (const column of ranked) {
    const given = widths.get(column)
    const needs = widths.size === 0 ? Math.min(column.min, width) : column.min
    const more = given === undefined ? needs + gap : Math.min((column.good ?? column.min) - given, left)
    if (more > left) break
    widths.set(column, given === undefined ? needs : given + more)
    left -= more
  }
  const canUse = () => [...widths].filter(([{ max }, given]) => given < max).slice(0, left)
  for (let growing = canUse(); growing.length > 0; growing = canUse()) {
    for (const [column, given] of growing) widths.set(column, given + 1)
    left -= growing.length
  }
  return shown.flatMap((column) => {
    const given = widths.get(column)
    return given === undefined ? [] : [{ column, width: given }]
  })
}

/** Returns the header of a table. */
export const headerLine = <Row>(columns: readonly FittedColumn<Row>[], width: number): string =>
  columns.map(({ column, width: own }) => padded(column.title, own, column.align)).join(gapOf(width))

/** Returns a row as a line. `linePaint` paints the whole line, instead of the paints of its cells. */
export const rowLine = <Row>(
  columns: readonly FittedColumn<Row>[],
  row: Row,
  width: number,
  linePaint?: Paint,
): string => {
  const cells = columns.map(({ column, width: own }) => {
    const { text, paint = plain } = column.cell(row, own)
    const shown = padded(text, own, column.align)
    return linePaint === undefined ? paint(shown) : shown
  })
  const line = cells.join(gapOf(width))
  return linePaint === undefined ? line : linePaint(line)
}
