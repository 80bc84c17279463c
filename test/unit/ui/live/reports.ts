import type { GroupLag, LagReport, PartitionLag } from '../../../../src/operations/lag/report.ts'

/** Makes a partition without lag; `more` overrides its fields. */
export const partitionLag = (partition: number, more: Partial<PartitionLag> = {}): PartitionLag => ({
  partition,
  committed: 0n,
  start: 0n,
  end: more.lag ?? 0n,
  lag: 0n,
  age: undefined,
  rates: undefined,
  verdict: 'ok',
  memberId: undefined,
  clientId: undefined,
  host: undefined,
  ...more,
})

/** Makes a group without lag; `more` overrides its fields. */
export const group = (name: string, more: Partial<GroupLag> = {}): GroupLag => ({
  group: name,
  state: 'Stable',
  memberCount: 1,
  lag: 0n,
  age: undefined,
  rates: undefined,
  verdict: 'ok',
  topics: [],
  ...more,
})

/** Makes a group that reads one topic. */
export const groupOf = (name: string, partitions: readonly PartitionLag[], more: Partial<GroupLag> = {}): GroupLag =>
  group(name, {
    topics: [{ topic: 'order-events', lag: 0n, age: undefined, rates: undefined, verdict: 'ok', partitions }],
    ...more,
  })

export const report = (...groups: readonly GroupLag[]): LagReport => ({ sample: 10_000, groups })
