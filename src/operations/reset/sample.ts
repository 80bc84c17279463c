import type { EventBus } from '../../bus/event-bus.ts'
import { partitionName } from '../../bus/names/names.ts'
import type { BusRecord } from '../../bus/record.ts'
import type { Isolation } from '../../bus/topic-log.ts'
import { decodeRecord } from '../../codecs/event-record.ts'
import { type LeftOut, readOver } from '../events/read-over.ts'

/** A stretch of a partition that a reset would replay or skip, as the group reads it; not empty. */
export interface Stretch {
  readonly topic: string
  readonly partition: number
  readonly from: bigint
  readonly to: bigint
  readonly isolation: Isolation
}

export interface StretchTimes {
  readonly first: bigint | null
  readonly last: bigint | null
}

/** What was read of a stretch, by which its records are counted. */
interface StretchCount {
  /** Offsets that were read through, and records found at them: fewer where compaction or transactions left gaps. */
  readonly offsets: bigint
  readonly records: bigint
  /** Whether some of the offsets hold records that cannot be read. */
  readonly isUnreadable: boolean
}

export interface ResetSample {
  /** How many events were looked at. */
  readonly sampled: number
  /** Event types among them, most frequent first. */
  readonly types: readonly { readonly eventType: string; readonly count: number }[]
  /** Different correlation ids among them. */
  readonly conversations: number
  /** Different `saga_id`s in the metadata among them. */
  readonly sagas: number
}

/** What the ends of stretches say: exact times, and types by sample. */
export async function sampleStretches(
  bus: EventBus,
  stretches: readonly Stretch[],
  signal?: AbortSignal,
  sample = 1000,
): Promise<{
  readonly times: readonly (StretchTimes & StretchCount)[]
  readonly sample: ResetSample
  readonly unreadable: readonly LeftOut[]
}> {
  const each = BigInt(Math.max(1, Math.floor(sample / Math.max(1, 2 * stretches.length))))
  const heads = stretches.map(({ from, to, ...place }) => ({ ...place, from, to: from + each < to ? from + each : to }))
  const tails = stretches.map(({ to, ...place }, index) => {
    const after = heads[index]?.to ?? to
    return { ...place, from: to - each > after ? to - each : after, to }
  })
  const parts = [heads, tails.filter(({ from, to }) => from < to)].flatMap((slices) =>
    (['committed', 'uncommitted'] as const).map((isolation) => ({
      isolation,
      slices: slices.filter((slice) => slice.isolation === isolation),
    })),
  )
  const count = counter()
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
        count.add(record)
      }
    }
  }
  const timeOf = (record: BusRecord | undefined) => (record && record.timestamp !== -1n ? record.timestamp : null)
  return {
    times: stretches.map((stretch, index) => {
      const key = partitionName(stretch)
      const offsets = [heads[index], tails[index]].reduce((sum, part) => (part ? sum + part.to - part.from : sum), 0n)
      return {
        first: timeOf(firsts.get(key)),
        last: timeOf(lasts.get(key)),
        offsets,
        records: records.get(key) ?? 0n,
        isUnreadable: unreadable.some((place) => partitionName(place) === key),
      }
    }),
    sample: count.result(),
    unreadable,
  }
}

function counter() {
  const types = new Map<string, number>()
  const conversations = new Set<string>()
  const sagas = new Set<string>()
  let sampled = 0
  return {
    add({ value, headers }: BusRecord): void {
      sampled += 1
      const decoded = value === null ? undefined : decodeRecord({ value, headers })
      const eventType = value === null ? '(tombstone)' : decoded?.ok ? decoded.event.eventType : '(undecodable)'
      types.set(eventType, (types.get(eventType) ?? 0) + 1)
      const metadata = decoded?.ok ? decoded.event.metadata : undefined
      if (metadata?.correlationId) conversations.add(metadata.correlationId)
      if (typeof metadata?.extra?.saga_id === 'string') sagas.add(metadata.extra.saga_id)
    },
    result: (): ResetSample => ({
      sampled,
      types: [...types].map(([eventType, count]) => ({ eventType, count })).sort((a, b) => b.count - a.count),
      conversations: conversations.size,
      sagas: sagas.size,
    }),
  }
}
