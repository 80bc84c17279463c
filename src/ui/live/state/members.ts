import { compareText } from '../../../bus/compare.ts'
import type { GroupLag } from '../../../operations/lag/report.ts'
import { printable } from '../../text/printable.ts'

/** A member that owns partitions. */
export interface Member {
  /** Safe for a terminal, like all texts here. */
  readonly id: string
  /** Identifies the member on the screen, where there is no room for its id. Counted from 1 in the order of names. */
  readonly number: number
  readonly client: string
  readonly host: string
  readonly partitions: number
  /** The sum of the lags of its partitions. */
  readonly lag: bigint
}

/** Returns the members of a group that own partitions by their ids, in the order of their names. */
export function membersOf({ topics }: GroupLag): ReadonlyMap<string, Member> {
  const owned = topics.flatMap(({ partitions }) => partitions.filter(({ memberId }) => memberId !== undefined))
  const members = [...Map.groupBy(owned, ({ memberId = '' }) => memberId)].map(([id, partitions]) => ({
    key: id,
    id: printable(id),
    client: printable(partitions[0]?.clientId ?? ''),
    host: printable(partitions[0]?.host ?? ''),
    partitions: partitions.length,
    lag: partitions.reduce((sum, { lag = 0n }) => sum + lag, 0n),
  }))
  const nameOf = ({ client, id }: { readonly client: string; readonly id: string }) => `${client} ${id}`
  const sorted = members.toSorted((a, b) => compareText(nameOf(a), nameOf(b)))
  return new Map(sorted.map(({ key, ...member }, at) => [key, { ...member, number: at + 1 }]))
}
