/** How many terminal cells a column takes. */
interface ColumnWidth {
  /** The cells of its widest text. */
  readonly width: number
  /** The fewest cells that it needs. */
  readonly min: number
  /** Whether it is left out before the other columns. */
  readonly isExtra: boolean
}

interface FittedWidth<Column> {
  readonly column: Column
  readonly width: number
}

/** The cells that a long text takes at most if the table does not fit: one long name then does not widen all rows. */
const maxCells = (room: number): number => Math.max(40, Math.floor(room / 3))

/**
 * Returns the columns that fit into `room` cells, with `gap` cells between two, and their widths. The widest columns are narrowed
 * first, all to the same width. If the columns do not fit even at their smallest, extra columns are left out, then others, each
 * time the last one. The first one is always included.
 */
export function fitWidths<Column extends ColumnWidth>(
  columns: readonly Column[],
  room: number,
  gap: number,
): readonly FittedWidth<Column>[] {
  const shown = columnsThatFit(columns, room, gap)
  const left = room - gap * (shown.length - 1)
  const isWhole = shown.reduce((sum, { width }) => sum + width, 0) <= left
  const most = isWhole ? left : maxCells(room)
  // Widening the last column moves no other column, so that it may take all the room there is.
  const widthOf = ({ width, min }: Column, at: number, level: number) =>
    Math.min(width, Math.max(min, at === shown.length - 1 ? level : Math.min(level, most)))
  for (let level = left; level > 0; level -= 1) {
    const widths = shown.map((column, at) => ({ column, width: widthOf(column, at, level) }))
    if (widths.reduce((sum, { width }) => sum + width, 0) <= left) return widths
  }
  // Only the first column is left, and it is wider than the terminal.
  return shown.map((column) => ({ column, width: Math.max(1, room) }))
}

function columnsThatFit<Column extends ColumnWidth>(
  columns: readonly Column[],
  room: number,
  gap: number,
): readonly Column[] {
  const needed = columns.reduce((sum, { min }) => sum + min + gap, -gap)
  if (needed <= room || columns.length < 2) return columns
  const lastExtra = columns.findLastIndex(({ isExtra }, at) => isExtra && at > 0)
  return columnsThatFit(columns.toSpliced(lastExtra === -1 ? columns.length - 1 : lastExtra, 1), room, gap)
}
