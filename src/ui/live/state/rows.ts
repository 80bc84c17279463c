import { compareNumbers, compareText } from '../../../bus/compare.ts'
import type { GroupLag, LagReport, LagSummary, PartitionLag } from '../../../operations/lag/report.ts'
import { verdictCell } from '../../lag/verdict-cell.ts'
import { severityOf } from '../../lag/verdict-order.ts'
import { printable } from '../../text/printable.ts'
import { type LagHistory, partitionKey } from './lag-history.ts'
import type { Member } from './members.ts'
import { rowFilter } from './row-filter.ts'

export const sortOrders = ['worst', 'lag', 'age', 'name'] as const
export type SortOrder = (typeof sortOrders)[number]

interface Row<Summary extends LagSummary> {
  readonly key: string
  /** Safe for a terminal. */
  readonly name: string
  readonly lag: Summary
  /** The verdict, with the number of partitions that have it if some do not; `-` without a verdict. */
  readonly verdict: string
  /** The last lags, oldest first. */
  readonly trend: readonly number[]
  /** The text that a filter matches besides the name. */
  readonly searchText: string
}

export type GroupRow = Row<GroupLag>

export interface PartitionRow extends Row<PartitionLag> {
  /** The name of the topic as it is. */
  readonly topic: string
  /** The member that reads the partition; `-` if no member does. */
  readonly reader: string
}

interface Listing {
  readonly sort: SortOrder
  /** A text or a glob that a name, member, state or verdict of the row must match; see `rowFilter`. */
  readonly filter: string
}

/** Returns the rows of the list of groups. */
export function groupRows({ groups }: LagReport, history: LagHistory, listing: Listing): readonly GroupRow[] {
  const byName = groups.toSorted((a, b) => compareText(a.group, b.group))
  const rows = byName.map((group) => ({
    key: group.group,
    name: printable(group.group),
    lag: group,
    verdict: verdictOf(group),
    trend: history.get(group.group)?.lag ?? [],
    searchText: `${group.state} ${group.verdict ?? ''}`,
  }))
  return listed(rows, listing)
}

/** Returns the verdict of a group as text: `stalled 1/3`, or `-` without a verdict. */
export const verdictOf = ({ verdict, topics }: GroupLag): string =>
  verdictCell(
    verdict,
    topics.flatMap(({ partitions }) => partitions),
  ) || '-'

/** Returns the rows of the list of partitions of a group. */
export function partitionRows(
  group: GroupLag,
  history: LagHistory,
  members: ReadonlyMap<string, Member>,
  listing: Listing,
): readonly PartitionRow[] {
  const trends = history.get(group.group)?.partitions
  const byName = group.topics.toSorted((a, b) => compareText(a.topic, b.topic))
  const rows = byName.flatMap(({ topic, partitions }) => {
    const name = printable(topic)
    return partitions.map((partition) => {
      const key = partitionKey(topic, partition.partition)
      const member = partition.memberId === undefined ? undefined : members.get(partition.memberId)
      const reader = member === undefined ? '-' : `#${member.number} ${member.client}`
      const searchText = `${key} ${reader} ${partition.memberId ?? ''} ${partition.host ?? ''} ${partition.verdict ?? ''}`
      const verdict = partition.verdict ?? '-'
      return { key, name, topic, lag: partition, verdict, trend: trends?.get(key) ?? [], reader, searchText }
    })
  })
  return listed(rows, listing)
}

/** Returns the rows that match the filter, sorted. Rows that compare equal stay in the order of their names. */
function listed<One extends Row<LagSummary>>(rows: readonly One[], { sort, filter }: Listing): readonly One[] {
  const kept = rows.filter(rowFilter(filter))
  return sort === 'name' ? kept : kept.toSorted((a, b) => compare[sort](a.lag, b.lag))
}

type Order = (a: LagSummary, b: LagSummary) => number

/** These orders have the largest value first and unknown values last. */
const byLag: Order = (a, b) => compareNumbers(b.lag ?? -1n, a.lag ?? -1n)
const byAge: Order = (a, b) => compareNumbers(b.age ?? -1, a.age ?? -1)

const compare: Readonly<Record<Exclude<SortOrder, 'name'>, Order>> = {
  worst: (a, b) => severityOf(a.verdict) - severityOf(b.verdict) || byLag(a, b),
  lag: byLag,
  age: byAge,
}
