import { compareNumbers } from '../../bus/compare.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { LogSlice } from '../../bus/topic-log.ts'
import { decodeEnvelope } from '../../codecs/envelope.ts'
import { eventTypeLabel, UNREADABLE } from '../events/event-type-label.ts'
import { readSkippingUnreadable, type SkippedRange } from '../events/skip-unreadable.ts'
import type { LagReport, TopicLag } from './report.ts'

/** The events of a topic that wait for a group, by event type. */
export interface WaitingTypes {
  readonly group: string
  readonly topic: string
  /** Number of waiting events on all partitions. */
  readonly lag: bigint
  /** Number of events that `types` was counted from: the first waiting ones of each partition. */
  readonly sampled: number
  /** Most frequent first. Unreadable events are counted by their offsets. */
  readonly types: readonly { readonly eventType: string; readonly count: number }[]
}

/** Counts waiting events by event type. Reads at most `limit` records for each group and topic that lags. */
export async function countWaiting(
  bus: EventBus,
  { groups }: LagReport,
  { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
): Promise<readonly WaitingTypes[]> {
  const counted: WaitingTypes[] = []
  for (const { group, topics } of groups) {
    for (const topic of topics) {
      const slices = waitingSlices(topic, limit)
      if (slices.length === 0) continue
      const lag = waitingOf(topic)
      const counts = new Map<string, number>()
      let sampled = 0
      const add = (eventType: string, count: number) => counts.set(eventType, (counts.get(eventType) ?? 0) + count)
      const onUnreadable = ({ offset, next }: SkippedRange) => void add(UNREADABLE, Number(next - offset))
      for (const { isolation, slices: own } of byIsolation(slices, topic)) {
        for await (const batch of readSkippingUnreadable(bus.log, own, { signal, isolation }, onUnreadable)) {
          sampled += batch.length
          for (const { value } of batch) add(eventTypeLabel(value === null ? undefined : decodeEnvelope(value)), 1)
        }
      }
      const types = [...counts].map(([eventType, count]) => ({ eventType, count }))
      counted.push({ group, topic: topic.topic, lag, sampled, types: types.sort((a, b) => b.count - a.count) })
    }
  }
  return counted
}

/**
 * Splits slices at the last stable offset. Records after it are read uncommitted, because a committed read would wait for them.
 */
function byIsolation(slices: readonly (LogSlice & { readonly to: bigint })[], { partitions }: TopicLag) {
  const stableOf = new Map(partitions.map(({ partition, lastStable }) => [partition, lastStable]))
  const parts = slices.map(({ from, to, ...partition }) => {
    const stable = stableOf.get(partition.partition) ?? to
    const cut = stable < from ? from : stable > to ? to : stable
    return { committed: { ...partition, from, to: cut }, uncommitted: { ...partition, from: cut, to } }
  })
  return (['committed', 'uncommitted'] as const)
    .map((isolation) => ({ isolation, slices: parts.map((own) => own[isolation]).filter(({ from, to }) => from < to) }))
    .filter((own) => own.slices.length > 0)
}

/** Sums up the lag of the partitions of a topic. */
const waitingOf = ({ partitions }: TopicLag): bigint => partitions.reduce((sum, { lag = 0n }) => sum + lag, 0n)

/**
 * Returns the first waiting offsets of each partition, `limit` in all. Partitions get equal shares, and large ones what small
 * ones leave.
 */
function waitingSlices({ topic, partitions }: TopicLag, limit: number): (LogSlice & { readonly to: bigint })[] {
  const lagging = partitions.flatMap(({ partition, committed, start = 0n, end = 0n }) => {
    const from = committed === undefined || committed < start ? start : committed
    return committed !== undefined && from < end ? [{ topic, partition, from, to: end }] : []
  })
  let remaining = BigInt(limit)
  return lagging
    .sort((a, b) => compareNumbers(a.to - a.from, b.to - b.from))
    .map((slice, at) => {
      const share = remaining / BigInt(lagging.length - at)
      const to = slice.to - slice.from > share ? slice.from + share : slice.to
      remaining -= to - slice.from
      return { ...slice, to }
    })
    .filter(({ from, to }) => from < to)
}
