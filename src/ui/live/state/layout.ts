/** The size of the terminal, in cells. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

interface ListLayout {
  /** Whether there are empty lines between the parts, and a line with the views and the bus. */
  readonly gap: boolean
  /** The visible rows of the list. */
  readonly list: number
}

interface OpenLayout extends ListLayout {
  /** Lines for members, without their header; 0 leaves the part out. */
  readonly members: number
}

/** From this many rows on, there is a line with the views and the bus, and there are empty lines between the parts. */
export const MIN_ROWS_FOR_GAPS = 20
/** From this many rows on, the members are listed. */
const MIN_ROWS_FOR_MEMBERS = 14

/** The rows beside the list of groups: title, header, message and keys. */
const OTHER_ROWS_OF_GROUPS = 4
/** The rows beside the list of partitions: title, two lines of numbers, header, message and keys. */
const OTHER_ROWS_OF_PARTITIONS = 6

/** Returns the layout of the list of groups. */
export function groupsLayout({ rows }: Size): ListLayout {
  const gap = rows >= MIN_ROWS_FOR_GAPS
  return { gap, list: Math.max(1, rows - OTHER_ROWS_OF_GROUPS - (gap ? 1 : 0)) }
}

/**
 * Returns the layout of an open group with `memberCount` members. Members take at most a sixth of the screen, because most
 * groups have fewer members than partitions.
 */
export function openLayout({ rows }: Size, memberCount: number): OpenLayout {
  const gap = rows >= MIN_ROWS_FOR_GAPS
  const members = rows < MIN_ROWS_FOR_MEMBERS ? 0 : Math.min(memberCount, Math.max(2, Math.floor(rows / 6)))
  const part = members === 0 ? 0 : members + 1 + (gap ? 1 : 0)
  return { gap, members, list: Math.max(1, rows - OTHER_ROWS_OF_PARTITIONS - part - (gap ? 2 : 0)) }
}

/** The rows beside a text that fills the screen: title, the line of the bus or a gap, message and keys. */
const otherRowsOfText = ({ rows }: Size): number => (rows >= MIN_ROWS_FOR_GAPS ? 4 : 3)

/** Returns the visible rows of the list of events, below its header, and those of an opened record. */
export function tailLayout(size: Size): { readonly list: number; readonly detail: number } {
  const detail = Math.max(1, size.rows - otherRowsOfText(size))
  return { list: Math.max(1, detail - 1), detail }
}

/** Returns the visible lines of the help. */
export const helpHeight = (size: Size): number => Math.max(1, size.rows - otherRowsOfText(size))

/** Returns the visible lines of a plan. */
export const resetLayout = (size: Size): { readonly plan: number } => ({
  plan: Math.max(1, size.rows - otherRowsOfText(size)),
})

/** Returns the cells of a line. One cell is left free on either side. */
export const textWidth = ({ columns }: Size): number => Math.max(1, columns - 2)
