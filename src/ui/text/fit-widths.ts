/** How many terminal cells a column takes. */
interface ColumnWidth {
  /** The cells of its widest text. */
  readonly width: number
  /** The fewest cells that it needs. */
  readonly min: number
}

/**
 * Returns the widths of the columns that fit into `room` cells, with `gap` cells between two. The widest columns are narrowed
 * first, all to the same width. If the columns do not fit even at their smallest, the last ones are left out. The first one is
 * always included.
 */
export function fitWidths(columns: readonly ColumnWidth[], room: number, gap: number): readonly number[] {
  const count = columnsThatFit(columns, room, gap)
  const shown = columns.slice(0, count)
  const left = room - gap * (count - 1)
  const widthsAt = (most: number) => shown.map(({ width, min }) => Math.min(width, Math.max(min, most)))
  for (let most = left; most > 0; most -= 1) {
    const widths = widthsAt(most)
    if (widths.reduce((sum, width) => sum + width, 0) <= left) return widths
  }
  // Only the first column is left, and it is wider than the terminal.
  return [Math.max(1, room)]
}

function columnsThatFit(columns: readonly ColumnWidth[], room: number, gap: number): number {
  let left = room + gap
  const first = columns.findIndex(({ min }) => {
    left -= min + gap
    return left < 0
  })
  return first === -1 ? columns.length : Math.max(1, first)
}
