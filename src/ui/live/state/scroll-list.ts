import type { Key } from './keys.ts'

/** A row that is recognized by its key after the rows were replaced. */
export interface Keyed {
  readonly key: string
}

/** A list of which some rows are visible and one is selected. */
export interface ScrollList<Row extends Keyed> {
  readonly rows: readonly Row[]
  /**
   * The key of the selected row: if the row moves, it stays selected. Absent: the first row is selected, even if another row
   * becomes the first.
   */
  readonly key: string | undefined
  /** The index of the selected row. */
  readonly at: number
  /** The index of the first visible row. */
  readonly top: number
}

export const emptyList: ScrollList<never> = { rows: [], key: undefined, at: 0, top: 0 }

/** Replaces the rows. The selected row stays selected; if it no longer exists, the row at its index is selected. `height` is the number of visible rows. */
export function withRows<Row extends Keyed>(
  list: ScrollList<Row>,
  rows: readonly Row[],
  height: number,
): ScrollList<Row> {
  const found = list.key === undefined ? 0 : rows.findIndex(({ key }) => key === list.key)
  return selected({ ...list, rows }, found === -1 ? list.at : found, height)
}

/** Moves the selection down by rows, or up if `by` is negative. Returns the same object if the selection cannot move. */
export function moved<Row extends Keyed>(list: ScrollList<Row>, by: number, height: number): ScrollList<Row> {
  const next = selected(list, list.at + by, height)
  return next.at === list.at ? list : next
}

/** Selects the row at an index and scrolls just far enough to show it. */
function selected<Row extends Keyed>(list: ScrollList<Row>, wanted: number, height: number): ScrollList<Row> {
  const { rows } = list
  const at = Math.max(0, Math.min(wanted, rows.length - 1))
  const top = Math.max(at - height + 1, Math.min(list.top, at, rows.length - height), 0)
  return { rows, key: at === 0 ? undefined : rows[at]?.key, at, top }
}

/** Returns the visible rows. */
export const visibleRows = <Row extends Keyed>({ rows, top }: ScrollList<Row>, height: number): readonly Row[] =>
  rows.slice(top, top + height)

/** Returns by how many rows a key moves the selection of a list; `undefined` if it is another key. */
export function moveBy(key: Key, height: number): number | undefined {
  switch (typeof key === 'string' ? key : key.text) {
    case 'up':
    case 'k':
      return -1
    case 'down':
    case 'j':
      return 1
    case 'pageUp':
      return -height
    case 'pageDown':
      return height
    case 'home':
    case 'g':
      return -Infinity
    case 'end':
    case 'G':
      return Infinity
    default:
      return undefined
  }
}
