import { type Paint, type Piece, padded, plain } from './pieces.ts'

/** A column of a table of rows. */
export interface Column<Row> {
  readonly title: string
  /** Cells it needs, and cells it can use. */
  readonly min: number
  readonly max: number
  /** Cells with which it reads well. Default: those it needs. */
  readonly good?: number
  readonly align?: 'right'
  cell(row: Row, width: number): Piece
}

export interface Columns<Row> {
  /** From left to right. */
  readonly shown: readonly Column<Row>[]
  /**
   * The same by importance: the last is the first to go when there is no room for all. One that is named again has
   * what is good for it before those after it get any.
   */
  readonly ranked: readonly Column<Row>[]
}

export interface FittedColumn<Row> {
  readonly column: Column<Row>
  readonly width: number
}

/** From this width on columns are two spaces apart. */
const WIDE = 100

const gapOf = (width: number): string => (width < WIDE ? ' ' : '  ')

/**
 * The columns there is room for; what is left over is shared by those that can use it. The most important is always
 * there, however narrow it gets.
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

/** The line above the rows. */
export const headerLine = <Row>(columns: readonly FittedColumn<Row>[], width: number): string =>
  columns.map(({ column, width: own }) => padded(column.title, own, column.align)).join(gapOf(width))

/** A row; the paint of the whole takes the place of those of its cells. */
export const rowLine = <Row>(columns: readonly FittedColumn<Row>[], row: Row, width: number, whole?: Paint): string => {
  const cells = columns.map(({ column, width: own }) => {
    const { text, paint = plain } = column.cell(row, own)
    const shown = padded(text, own, column.align)
    return whole === undefined ? paint(shown) : shown
  })
  const line = cells.join(gapOf(width))
  return whole === undefined ? line : whole(line)
}
