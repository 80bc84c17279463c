/** The size of the terminal, in cells. */
export interface Size {
  readonly columns: number
  readonly rows: number
}

interface ListLayout {
  /** Whether there are empty lines between the parts. */
  readonly gap: boolean
  /** The visible rows of the list. */
  readonly list: number
}

interface OpenLayout extends ListLayout {
  /** Lines for members, without their header; 0 leaves the part out. */
  readonly members: number
}

/** From this many rows on, there are empty lines between the parts. */
const MIN_ROWS_FOR_GAPS = 20
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
  return { gap, members, list: Math.max(1, rows - OTHER_ROWS_OF_PARTITIONS - part - (gap ? 1 : 0)) }
}
