import type { GroupLag, LagReport } from '../../../operations/lag/report.ts'

/** How many measurements are kept. */
export const HISTORY_LENGTH = 60

/** The last values of a group, oldest first; `NaN` where a value was unknown. */
interface GroupHistory {
  readonly lag: readonly number[]
  /** Events per second. */
  readonly in: readonly number[]
  readonly out: readonly number[]
  /** The lag of each partition, by `partitionKey`. */
  readonly partitions: ReadonlyMap<string, readonly number[]>
}

/** The last values of each group, by its name. */
export type LagHistory = ReadonlyMap<string, GroupHistory>

export const partitionKey = (topic: string, partition: number): string => `${topic}/${partition}`

/** Adds a report to the history, and drops groups that no longer exist. */
export const remember = (history: LagHistory, { groups }: LagReport): LagHistory =>
  new Map(groups.map((group) => [group.group, withReport(history.get(group.group), group)]))

function withReport(before: GroupHistory | undefined, { lag, rates, topics }: GroupLag): GroupHistory {
  return {
    lag: appended(before?.lag, lag),
    in: appended(before?.in, rates?.in),
    out: appended(before?.out, rates?.out),
    partitions: new Map(
      topics.flatMap(({ topic, partitions }) =>
        partitions.map((partition) => {
          const key = partitionKey(topic, partition.partition)
          return [key, appended(before?.partitions.get(key), partition.lag)] as const
        }),
      ),
    ),
  }
}

const appended = (values: readonly number[] = [], value: bigint | number | undefined): readonly number[] => [
  ...values.slice(1 - HISTORY_LENGTH),
  value === undefined ? Number.NaN : Number(value),
]
