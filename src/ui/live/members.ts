import type { GroupLag } from '../../operations/lag/lag.ts'
import { printable } from '../text/printable.ts'

/** A member that owns partitions. */
export interface Member {
  /** Harmless for a terminal, as all its texts. */
  readonly id: string
  /** What it is called on the screen, where its id is too long: they count from 1 in the order of their names. */
  readonly number: number
  readonly client: string
  readonly host: string
  readonly partitions: number
  /** Events that wait on its partitions. */
  readonly lag: bigint
}

/** The members of a group by their id, in the order of their names. */
export function membersOf({ topics }: GroupLag): ReadonlyMap<string, Member> {
  const owned = topics.flatMap(({ partitions }) => partitions.filter(({ member }) => member !== undefined))
  const members = [...Map.groupBy(owned, ({ member = '' }) => member)].map(([id, places]) => ({
    key: id,
    id: printable(id),
    client: printable(places[0]?.client ?? ''),
    host: printable(places[0]?.host ?? ''),
    partitions: places.length,
    lag: places.reduce((sum, { lag = 0n }) => sum + lag, 0n),
  }))
  const nameOf = ({ client, id }: { readonly client: string; readonly id: string }) => `${client} ${id}`
  const sorted = members.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
  return new Map(sorted.map(({ key, ...member }, at) => [key, { ...member, number: at + 1 }]))
}
