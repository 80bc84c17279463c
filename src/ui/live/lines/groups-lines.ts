import { groupColumns } from '../columns/group-columns.ts'
import { partitionColumns } from '../columns/partition-columns.ts'
import { groupsLayout, openLayout, textWidth } from '../state/layout.ts'
import type { DashboardState, OpenGroup } from '../state/views/dashboard-state.ts'
import type { Palette } from '../text/palette.ts'
import { memberLines } from './member-lines.ts'
import { tableLines } from './table-lines.ts'
import { openFigures } from './title-lines.ts'

const NO_MATCH = 'nothing matches the filter'

/** Returns the lines of the list of groups. `nothing` is the text while there is no group. */
export function groupsLines(state: DashboardState, nothing: string, palette: Palette): readonly string[] {
  const { groups, size, report, hidden, staleSince, filter } = state
  const isAllAsleep = filter === '' && hidden > 0
  const empty =
    report.groups.length === 0 ? nothing : isAllAsleep ? 'all groups are asleep; press a to show them' : NO_MATCH
  const table = { list: groups, columns: groupColumns(groups.rows, palette), empty, height: groupsLayout(size).list }
  return tableLines({ ...table, width: textWidth(size), isStale: staleSince !== undefined }, palette)
}

/** Returns the lines of an open group: its figures, its members and its partitions. */
export function openLines(state: DashboardState, open: OpenGroup, palette: Palette): readonly string[] {
  const { size, staleSince } = state
  const { group, members, partitions } = open
  const { gap, list, members: listed } = openLayout(size, members.size)
  const width = textWidth(size)
  const columns = partitionColumns(partitions.rows, group.topics.length, palette)
  const empty = open.filter === '' ? 'the group has committed nothing and reads nothing' : NO_MATCH
  const table = { list: partitions, columns, empty, height: list, width, isStale: staleSince !== undefined }
  return [
    ...openFigures(state, open, palette, width),
    ...(gap && listed > 0 ? [''] : []),
    ...(listed === 0 ? [] : memberLines([...members.values()], listed, palette, width)),
    ...(gap ? [''] : []),
    ...tableLines(table, palette),
  ]
}
