import type { GroupLag, LagReport } from '../../operations/lag/lag.ts'

/** Looks that are remembered. */
export const REMEMBERED = 60

/** Oldest first; `NaN` where it was not known. */
interface GroupHistory {
  readonly lag: readonly number[]
  /** Events a second. */
  readonly in: readonly number[]
  readonly out: readonly number[]
  /** The lag of each partition, by `placeKey`. */
  readonly places: ReadonlyMap<string, readonly number[]>
}

/** What the last looks saw of each group. */
export type LagHistory = ReadonlyMap<string, GroupHistory>

export const placeKey = (topic: string, partition: number): string => `${topic}/${partition}`

/** With one look more; a group that is gone is forgotten. */
export const remember = (history: LagHistory, { groups }: LagReport): LagHistory =>
  new Map(groups.map((group) => [group.group, withLook(history.get(group.group), group)]))

function withLook(before: GroupHistory | undefined, { lag, rates, topics }: GroupLag): GroupHistory {
  return {
    lag: appended(before?.lag, lag),
    in: appended(before?.in, rates?.in),
    out: appended(before?.out, rates?.out),
    places: new Map(
      topics.flatMap(({ topic, partitions }) =>
        partitions.map((place) => {
          const key = placeKey(topic, place.partition)
          return [key, appended(before?.places.get(key), place.lag)] as const
        }),
      ),
    ),
  }
}

const appended = (values: readonly number[] = [], value: bigint | number | undefined): readonly number[] => [
  ...values.slice(1 - REMEMBERED),
  value === undefined ? Number.NaN : Number(value),
]
