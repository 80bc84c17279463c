import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import type { BusRecord } from '../../bus/record.ts'
import { type JsonTime, toJsonTime } from '../../bus/time/json-time.ts'
import type { Isolation } from '../../bus/topic-log.ts'
import { decodeRecord } from '../../codecs/event-record.ts'
import { eventTypeLabel } from '../events/event-type-label.ts'
import { readSkippingUnreadable, type SkippedRange } from '../events/skip-unreadable.ts'

/** The offsets of a partition that a reset replays or skips, with the isolation level for reading them. Never empty. */
export interface AffectedRange {
  readonly topic: string
  readonly partition: number
  readonly from: bigint
  readonly to: bigint
  readonly isolation: Isolation
}

/** Timestamps of the first and the last event; `null` if there is no event or it has no timestamp. */
export interface EventTimes {
  readonly firstEventAt: JsonTime | null
  readonly lastEventAt: JsonTime | null
}

/** The result of reading a range. */
export interface ReadCount extends EventTimes {
  /** Number of offsets read. */
  readonly offsets: bigint
  /** Number of records found at these offsets. Compaction and transactions leave offsets without a record. */
  readonly records: bigint
  /** Whether some of the offsets hold unreadable records. */
  readonly isUnreadable: boolean
}

/** A sample of the events that a reset replays or skips. */
export interface ResetSample {
  /** Number of events read. */
  readonly sampled: number
  /** Event types of these events, most frequent first. */
  readonly types: readonly { readonly eventType: string; readonly count: number }[]
  /** Number of different correlation ids of these events. */
  readonly conversationCount: number
  /** Number of different `saga_id`s in their metadata. */
  readonly sagaCount: number
}

/** Reads about `sample` records at the two ends of all ranges, which gives the first and last times exactly, and event types. */
export async function sampleRanges(
  bus: EventBus,
  ranges: readonly AffectedRange[],
  signal?: AbortSignal,
  sample = 1000,
): Promise<{
  /** One for each range, in the same order. */
  readonly counts: readonly ReadCount[]
  readonly sample: ResetSample
  readonly unreadable: readonly SkippedRange[]
}> {
  const perEnd = BigInt(Math.max(1, Math.floor(sample / Math.max(1, 2 * ranges.length))))
  const heads = ranges.map(({ from, to, ...range }) => ({
    ...range,
    from,
    to: from + perEnd < to ? from + perEnd : to,
  }))
  const tails = ranges.map(({ to, ...range }, index) => {
    const after = heads[index]?.to ?? to
    return { ...range, from: to - perEnd > after ? to - perEnd : after, to }
  })
  const parts = [heads, tails.filter(({ from, to }) => from < to)].flatMap((slices) =>
    (['committed', 'uncommitted'] as const).map((isolation) => ({
      isolation,
      slices: slices.filter((slice) => slice.isolation === isolation),
    })),
  )
  const counter = sampleCounter()
  const firsts = new Map<string, BusRecord>()
  const lasts = new Map<string, BusRecord>()
  const records = new Map<string, bigint>()
  const unreadable: SkippedRange[] = []
  for (const { isolation, slices } of parts) {
    const onUnreadable = (skipped: SkippedRange) => void unreadable.push(skipped)
    for await (const batch of readSkippingUnreadable(bus.log, slices, { signal, isolation }, onUnreadable)) {
      for (const record of batch) {
        const key = partitionName(record)
        if (!firsts.has(key)) firsts.set(key, record)
        lasts.set(key, record)
        records.set(key, (records.get(key) ?? 0n) + 1n)
        counter.add(record)
      }
    }
  }
  const timeOf = (record: BusRecord | undefined) => (record ? toJsonTime(record.timestamp) : null)
  const unreadableKeys = new Set(unreadable.map(partitionName))
  return {
    counts: ranges.map((range, index) => {
      const key = partitionName(range)
      const offsets = [heads[index], tails[index]].reduce((sum, part) => (part ? sum + part.to - part.from : sum), 0n)
      return {
        firstEventAt: timeOf(firsts.get(key)),
        lastEventAt: timeOf(lasts.get(key)),
        offsets,
        records: records.get(key) ?? 0n,
        isUnreadable: unreadableKeys.has(key),
      }
    }),
    sample: counter.result(),
    unreadable,
  }
}

/** Counts the event types, conversations and sagas of records. */
function sampleCounter() {
  const types = new Map<string, number>()
  const conversations = new Set<string>()
  const sagas = new Set<string>()
  let sampled = 0
  return {
    add({ value, headers }: BusRecord): void {
      sampled += 1
      const decoded = value === null ? undefined : decodeRecord({ value, headers })
      const eventType = eventTypeLabel(decoded)
      types.set(eventType, (types.get(eventType) ?? 0) + 1)
      const metadata = decoded?.ok ? decoded.event.metadata : undefined
      if (metadata?.correlationId) conversations.add(metadata.correlationId)
      if (typeof metadata?.extra?.saga_id === 'string') sagas.add(metadata.extra.saga_id)
    },
    result: (): ResetSample => ({
      sampled,
      types: [...types].map(([eventType, count]) => ({ eventType, count })).sort((a, b) => b.count - a.count),
      conversationCount: conversations.size,
      sagaCount: sagas.size,
    }),
  }
}
