import type { EventBus } from '../../bus/event-bus.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { LogSlice } from '../../bus/topic-log.ts'
import { decodeEnvelope } from '../../codecs/envelope.ts'
import { type LeftOut, readOver } from '../events/read-over.ts'
import type { LagReport, TopicLag } from './lag.ts'

export interface WaitingTypes {
  readonly group: string
  readonly topic: string
  /** Events between the committed offsets and the ends. */
  readonly waiting: bigint
  /** How many of them, the first of each partition, `types` was counted from. */
  readonly read: number
  /** Most frequent first. Of what cannot be read, offsets are counted. */
  readonly types: readonly { readonly eventType: string; readonly count: number }[]
}

/** Counts what waits by event type: of each group and topic that is behind, at most `limit` records are read. */
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
      const waiting = waitingOf(topic)
      const counts = new Map<string, number>()
      let read = 0
      const add = (eventType: string, count: number) => counts.set(eventType, (counts.get(eventType) ?? 0) + count)
      const leaveOut = ({ offset, behind }: LeftOut) => void add('(unreadable)', Number(behind - offset))
      for (const { isolation, slices: own } of byIsolation(slices, topic)) {
        for await (const batch of readOver(bus.log, own, { signal, isolation }, leaveOut)) {
          read += batch.length
          for (const record of batch) add(typeOf(record), 1)
        }
      }
      const types = [...counts].map(([eventType, count]) => ({ eventType, count }))
      counted.push({ group, topic: topic.topic, waiting, read, types: types.sort((a, b) => b.count - a.count) })
    }
  }
  return counted
}

/** Slices of committed records, and those behind the start of an open transaction, which nobody waits for here. */
function byIsolation(slices: readonly (LogSlice & { readonly to: bigint })[], { partitions }: TopicLag) {
  const stableOf = new Map(partitions.map(({ partition, lastStable }) => [partition, lastStable]))
  const parts = slices.map(({ from, to, ...place }) => {
    const stable = stableOf.get(place.partition) ?? to
    const cut = stable < from ? from : stable > to ? to : stable
    return { committed: { ...place, from, to: cut }, uncommitted: { ...place, from: cut, to } }
  })
  return (['committed', 'uncommitted'] as const)
    .map((isolation) => ({ isolation, slices: parts.map((own) => own[isolation]).filter(({ from, to }) => from < to) }))
    .filter((own) => own.slices.length > 0)
}

const waitingOf = ({ partitions }: TopicLag): bigint => partitions.reduce((sum, { lag = 0n }) => sum + lag, 0n)

/** What each partition has waiting, shared out so that a small one leaves its part to the large ones. */
function waitingSlices({ topic, partitions }: TopicLag, limit: number): (LogSlice & { readonly to: bigint })[] {
  const behind = partitions.flatMap(({ partition, committed, start = 0n, end = 0n }) => {
    const from = committed === undefined || committed < start ? start : committed
    return committed !== undefined && from < end ? [{ topic, partition, from, to: end }] : []
  })
  let left = BigInt(limit)
  return behind
    .sort((a, b) => Number(a.to - a.from - (b.to - b.from)))
    .map((slice, at) => {
      const share = left / BigInt(behind.length - at)
      const to = slice.to - slice.from > share ? slice.from + share : slice.to
      left -= to - slice.from
      return { ...slice, to }
    })
    .filter(({ from, to }) => from < to)
}

function typeOf({ value }: BusRecord): string {
  if (value === null) return '(tombstone)'
  const decoded = decodeEnvelope(value)
  return decoded.ok ? decoded.event.eventType : '(undecodable)'
}
