import type { GroupLag, LagReport, PartitionLag } from '../../../../src/operations/lag/lag.ts'

/** A partition of which nothing but what is given is known. */
export const place = (partition: number, more: Partial<PartitionLag> = {}): PartitionLag => ({
  partition,
  committed: 0n,
  start: 0n,
  end: more.lag ?? 0n,
  lag: 0n,
  age: undefined,
  rates: undefined,
  verdict: 'ok',
  member: undefined,
  client: undefined,
  host: undefined,
  ...more,
})

export const group = (name: string, more: Partial<GroupLag> = {}): GroupLag => ({
  group: name,
  state: 'Stable',
  members: 1,
  lag: 0n,
  age: undefined,
  rates: undefined,
  verdict: 'ok',
  topics: [],
  ...more,
})

/** A group that reads one topic. */
export const groupOf = (name: string, partitions: readonly PartitionLag[], more: Partial<GroupLag> = {}): GroupLag =>
  group(name, {
    topics: [{ topic: 'order-events', lag: 0n, age: undefined, rates: undefined, verdict: 'ok', partitions }],
    ...more,
  })

export const report = (...groups: readonly GroupLag[]): LagReport => ({ sample: 10_000, groups })
