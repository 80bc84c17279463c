import { formatCount } from '../../lag/short-values.ts'
import { type Column, type Columns, fitColumns, headerLine, rowLine } from '../columns/fit-columns.ts'
import { nameColumn, numberColumn } from '../columns/lag-columns.ts'
import type { Member } from '../state/members.ts'
import type { Palette } from '../text/palette.ts'

/** Lists the members of a group below a header. If they do not fit, the last line says how many more there are. */
export function memberLines(
  members: readonly Member[],
  lines: number,
  palette: Palette,
  width: number,
): readonly string[] {
  const columns = fitColumns(memberColumns(members), width)
  const isWhole = members.length <= lines
  const shown = isWhole ? members : members.slice(0, lines - 1)
  return [
    palette.quiet(headerLine(columns, width)),
    ...shown.map((member) => rowLine(columns, member, width)),
    ...(isWhole ? [] : [palette.quiet(`and ${members.length - shown.length} more`)]),
  ]
}

function memberColumns(members: readonly Member[]): Columns<Member> {
  const name = nameColumn('MEMBER', 16, members, ({ number, client }) => `#${number} ${client}`)
  const host: Column<Member> = nameColumn('HOST', 8, members, (member) => member.host)
  const partitions: Column<Member> = numberColumn('PARTITIONS', 10, (member) => member.partitions, String)
  const lag: Column<Member> = numberColumn('LAG', 7, (member) => member.lag, formatCount)
  const id: Column<Member> = nameColumn('ID', 12, members, (member) => member.id)
  return { shown: [name, host, partitions, lag, id], ranked: [name, lag, partitions, host, id] }
}
