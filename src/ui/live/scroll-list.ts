export interface Keyed {
  readonly key: string
}

/** Rows of which some are seen and one is chosen. */
export interface ScrollList<Row extends Keyed> {
  readonly rows: readonly Row[]
  /** The chosen one, wherever it moves; absent: the first, whichever that is. */
  readonly key: string | undefined
  readonly at: number
  /** The first that is seen. */
  readonly top: number
}

export const emptyList: ScrollList<never> = { rows: [], key: undefined, at: 0, top: 0 }

/** Other rows in its place: the chosen one stays chosen, or its neighbour when it is gone. */
export function withRows<Row extends Keyed>(
  list: ScrollList<Row>,
  rows: readonly Row[],
  height: number,
): ScrollList<Row> {
  const found = list.key === undefined ? 0 : rows.findIndex(({ key }) => key === list.key)
  return chosen({ ...list, rows }, found === -1 ? list.at : found, height)
}

/** So many rows down, or up when it is negative; no further than the ends, where it is the same list. */
export function moved<Row extends Keyed>(list: ScrollList<Row>, by: number, height: number): ScrollList<Row> {
  const next = chosen(list, list.at + by, height)
  return next.at === list.at ? list : next
}

/** Chooses the row at a place and scrolls as little as it takes to see it. */
function chosen<Row extends Keyed>(list: ScrollList<Row>, wanted: number, height: number): ScrollList<Row> {
  const { rows } = list
  const at = Math.max(0, Math.min(wanted, rows.length - 1))
  const top = Math.max(at - height + 1, Math.min(list.top, at, rows.length - height), 0)
  return { rows, key: at === 0 ? undefined : rows[at]?.key, at, top }
}

/** The rows that are seen. */
export const seen = <Row extends Keyed>({ rows, top }: ScrollList<Row>, height: number): readonly Row[] =>
  rows.slice(top, top + height)
