import { type Columns, fitColumns, headerLine, rowLine } from '../columns/fit-columns.ts'
import { type Keyed, type ScrollList, visibleRows } from '../state/scroll-list.ts'
import { cut, wrapCells } from '../text/fit-text.ts'
import type { Palette } from '../text/palette.ts'

interface Table<Row extends Keyed> {
  readonly list: ScrollList<Row>
  readonly columns: Columns<Row>
  /** The text if there are no rows. */
  readonly empty: string
  /** The number of visible rows. */
  readonly height: number
  readonly width: number
  /** Whether the rows are dimmed, because their figures are stale. */
  readonly isStale?: boolean
}

/** Marks the selected row, also without colors. */
const MARK = '› '
const BLANK = '  '

/** Returns a header and the visible rows below it. */
export function tableLines<Row extends Keyed>(table: Table<Row>, palette: Palette): readonly string[] {
  const { list, columns, empty, height, width, isStale = false } = table
  const inner = width - MARK.length
  const rows = visibleRows(list, height)
  if (rows.length === 0) return wrapCells(empty, inner).map((line) => cut(`${BLANK}${line}`, width))
  const fitted = fitColumns(columns, inner)
  const paint = isStale ? palette.quiet : undefined
  const texts = rows.map((row, at) => {
    const isSelected = list.top + at === list.at
    const line = rowLine(fitted, row, inner, isSelected ? palette.selected : paint)
    return `${isSelected ? MARK : BLANK}${line}`
  })
  return [palette.quiet(`${BLANK}${headerLine(fitted, inner)}`), ...texts]
}
