import { logarithmicShare } from '../../lag/bar.ts'
import type { GroupRow } from '../state/rows.ts'
import type { Palette } from '../text/palette.ts'
import type { Column, Columns } from './fit-columns.ts'
import { lagColumns, largestLag, nameColumn, numberColumn } from './lag-columns.ts'

/** Returns the columns of the list of groups. */
export function groupColumns(rows: readonly GroupRow[], palette: Palette): Columns<GroupRow> {
  const largest = largestLag(rows)
  const columns = lagColumns(rows, palette, (lag) => logarithmicShare(lag, largest))
  const { lag, bar, age, in: incoming, out, catchUp, trend, verdict } = columns
  const name = nameColumn('GROUP', 15, rows, (row) => row.name)
  const state = nameColumn('STATE', 6, rows, (row) => row.lag.state)
  const members: Column<GroupRow> = numberColumn('MEMBERS', 7, (row) => row.lag.memberCount, String)
  return {
    shown: [name, state, members, lag, bar, age, incoming, out, catchUp, trend, verdict],
    ranked: [name, verdict, lag, age, verdict, incoming, out, bar, trend, name, catchUp, state, members],
  }
}
