import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import type { BusRecord } from '../../bus/record.ts'
import { type JsonTime, toJsonTime } from '../../bus/time/json-time.ts'
import type { Isolation } from '../../bus/topic-log.ts'
import { decodeRecord } from '../../codecs/event-record.ts'
import { eventTypeLabel } from '../events/event-type-label.ts'
import { type LeftOut, readOver } from '../events/read-over.ts'

/** Offsets of a partition that a reset would replay or skip, with the isolation level of the group; never empty. */
export interface AffectedRange {
  readonly topic: string
  readonly partition: number
  readonly from: bigint
  readonly to: bigint
  readonly isolation: Isolation
}

/** Timestamps of the first and the last event; `null` without events or without a timestamp. */
export interface EventTimes {
  readonly firstEventAt: JsonTime | null
  readonly lastEventAt: JsonTime | null
}

/** What was read of a range. */
export interface ReadCount extends EventTimes {
  /** Offsets read. */
  readonly offsets: bigint
  /** Records found at these offsets: fewer where compaction or transactions left gaps. */
  readonly records: bigint
  /** Whether some of the offsets hold records that cannot be read. */
  readonly isUnreadable: boolean
}

export interface ResetSample {
  /** Number of events read. */
  readonly sampled: number
  /** Event types among them, most frequent first. */
  readonly types: readonly { readonly eventType: string; readonly count: number }[]
  /** Number of different correlation ids among them. */
  readonly conversationCount: number
  /** Number of different `saga_id`s in their metadata. */
  readonly sagaCount: number
}

/** Reads the two ends of each range: exact times of the first and last events, and event types from the sample. */
export async function sampleRanges(
  bus: EventBus,
  ranges: readonly AffectedRange[],
  signal?: AbortSignal,
  sample = 1000,
): Promise<{
  /** One for each range, in the order given. */
  readonly counts: readonly ReadCount[]
  readonly sample: ResetSample
  readonly unreadable: readonly LeftOut[]
}> {
  const each = BigInt(Math.max(1, Math.floor(sample / Math.max(1, 2 * ranges.length))))
  const heads = ranges.map(({ from, to, ...range }) => ({ ...range, from, to: from + each < to ? from + each : to }))
  const tails = ranges.map(({ to, ...range }, index) => {
    const after = heads[index]?.to ?? to
    return { ...range, from: to - each > after ? to - each : after, to }
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
  const unreadable: LeftOut[] = []
  for (const { isolation, slices } of parts) {
    const leaveOut = (leftOut: LeftOut) => void unreadable.push(leftOut)
    for await (const batch of readOver(bus.log, slices, { signal, isolation }, leaveOut)) {
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
