import type { GroupLag, LagReport, LagSummary, PartitionLag } from '../../operations/lag/lag.ts'
import { printable } from '../text/printable.ts'
import { type LagHistory, placeKey } from './lag-history.ts'
import type { Member } from './members.ts'
import { severityOf } from './verdict-order.ts'

export const sortOrders = ['worst', 'lag', 'age', 'name'] as const
export type SortOrder = (typeof sortOrders)[number]

interface Row<Summary extends LagSummary> {
  readonly key: string
  /** Harmless for a terminal. */
  readonly name: string
  readonly lag: Summary
  /** The lag at the last looks, oldest first. */
  readonly trend: readonly number[]
  /** What else a filter finds it by. */
  readonly found: string
}

export type GroupRow = Row<GroupLag>

export interface PlaceRow extends Row<PartitionLag> {
  /** Who reads it; `-` for nobody. */
  readonly reader: string
}

interface Listing {
  readonly sort: SortOrder
  /** Part of a name, of who reads, of a state or a verdict; empty: everything. */
  readonly filter: string
}

export function groupRows({ groups }: LagReport, history: LagHistory, listing: Listing): readonly GroupRow[] {
  const byName = groups.toSorted((a, b) => (a.group < b.group ? -1 : 1))
  const rows = byName.map((group) => ({
    key: group.group,
    name: printable(group.group),
    lag: group,
    trend: history.get(group.group)?.lag ?? [],
    found: `${group.state} ${group.verdict ?? ''}`,
  }))
  return listed(rows, listing)
}

export function placeRows(
  group: GroupLag,
  history: LagHistory,
  members: ReadonlyMap<string, Member>,
  listing: Listing,
): readonly PlaceRow[] {
  const trends = history.get(group.group)?.places
  const byName = group.topics.toSorted((a, b) => (a.topic < b.topic ? -1 : 1))
  const rows = byName.flatMap(({ topic, partitions }) => {
    const name = printable(topic)
    return partitions.map((place) => {
      const key = placeKey(topic, place.partition)
      const member = place.member === undefined ? undefined : members.get(place.member)
      const reader = member === undefined ? '-' : `#${member.number} ${member.client}`
      const found = `${key} ${reader} ${place.member ?? ''} ${place.host ?? ''} ${place.verdict ?? ''}`
      return { key, name, lag: place, trend: trends?.get(key) ?? [], reader, found }
    })
  })
  return listed(rows, listing)
}

/** Those a filter lets through, in order; rows that are alike in it stay in order of name. */
function listed<One extends Row<LagSummary>>(rows: readonly One[], { sort, filter }: Listing): readonly One[] {
  const wanted = filter.toLowerCase()
  const kept =
    wanted === '' ? rows : rows.filter(({ name, found }) => `${name} ${found}`.toLowerCase().includes(wanted))
  return sort === 'name' ? kept : kept.toSorted((a, b) => compare[sort](a.lag, b.lag))
}

type Order = (a: LagSummary, b: LagSummary) => number

/** The largest first; what is not known last. */
const byLag: Order = (a, b) => descending(a.lag ?? -1n, b.lag ?? -1n)
const byAge: Order = (a, b) => descending(a.age ?? -1, b.age ?? -1)
const descending = <Value extends bigint | number>(a: Value, b: Value): number => (a === b ? 0 : a > b ? -1 : 1)

const compare: Readonly<Record<Exclude<SortOrder, 'name'>, Order>> = {
  worst: (a, b) => severityOf(a.verdict) - severityOf(b.verdict) || byLag(a, b),
  lag: byLag,
  age: byAge,
}
