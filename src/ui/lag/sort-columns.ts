import type { GroupLag } from '../../operations/lag/report.ts'
import type { ListColumn } from '../text/list-columns.ts'
import { severityOf } from './verdict-order.ts'

/** A column by its value alone, because reports format their own cells. */
const column = (header: string, sortBy: NonNullable<ListColumn<GroupLag>['sortBy']>): ListColumn<GroupLag> => ({
  header,
  cell: () => '',
  sortBy,
})

/** Returns the columns that groups can be sorted by. There are rates if the report compares two measurements. */
export const lagSortColumns = (isSampled: boolean): readonly ListColumn<GroupLag>[] => [
  column('GROUP', ({ group }) => group),
  column('STATE', ({ state }) => state),
  column('MEMBERS', ({ memberCount }) => memberCount),
  column('TOPICS', ({ topics }) => topics.length),
  column('LAG', ({ lag }) => lag),
  column('AGE', ({ age }) => age),
  ...(isSampled
    ? [
        column('IN/S', ({ rates }) => rates?.in),
        column('OUT/S', ({ rates }) => rates?.out),
        column('CATCH-UP', ({ rates }) => rates?.catchUp),
      ]
    : []),
  column('VERDICT', ({ verdict }) => severityOf(verdict)),
]
