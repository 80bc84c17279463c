/** The terminal, in cells. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

interface ListLayout {
  /** Empty lines between the parts. */
  readonly gap: boolean
  /** Rows of the list that are seen. */
  readonly list: number
}

interface OpenLayout extends ListLayout {
  /** Lines for members, their header not counted; none: the part is left out. */
  readonly members: number
}

/** From so many rows on there is room for empty lines, and for a part about members. */
const ROOMY = 20
const MEMBERS = 14

/** Title, header, messages, keys. */
const AROUND_GROUPS = 4
/** Title, two lines of figures, header, messages, keys. */
const AROUND_PLACES = 6

export function groupsLayout({ rows }: Size): ListLayout {
  const gap = rows >= ROOMY
  return { gap, list: Math.max(1, rows - AROUND_GROUPS - (gap ? 1 : 0)) }
}

/** Members take a sixth of the screen at most, as they are fewer than partitions. */
export function openLayout({ rows }: Size, count: number): OpenLayout {
  const gap = rows >= ROOMY
  const members = rows < MEMBERS ? 0 : Math.min(count, Math.max(2, Math.floor(rows / 6)))
  const part = members === 0 ? 0 : members + 1 + (gap ? 1 : 0)
  return { gap, members, list: Math.max(1, rows - AROUND_PLACES - part - (gap ? 1 : 0)) }
}
