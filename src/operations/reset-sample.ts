import type { EventBus } from '../bus/event-bus.ts'
import { placeOf } from '../bus/names.ts'
import type { BusRecord } from '../bus/record.ts'
import { decodeEnvelope } from '../codecs/envelope.ts'

/** A stretch of a partition that a reset would replay or skip; not empty. */
export interface Stretch {
  readonly topic: string
  readonly partition: number
  readonly from: bigint
  readonly to: bigint
}

export interface StretchTimes {
  readonly first: bigint | null
  readonly last: bigint | null
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
): Promise<{ readonly times: readonly StretchTimes[]; readonly sample: ResetSample }> {
  const each = BigInt(Math.max(1, Math.floor(sample / Math.max(1, 2 * stretches.length))))
  const heads = stretches.map(({ from, to, ...place }) => ({ ...place, from, to: from + each < to ? from + each : to }))
  const tails = stretches.map(({ to, ...place }, index) => {
    const after = heads[index]?.to ?? to
    return { ...place, from: to - each > after ? to - each : after, to }
  })
  const count = counter()
  const firsts = new Map<string, BusRecord>()
  const lasts = new Map<string, BusRecord>()
  for (const slices of [heads, tails.filter(({ from, to }) => from < to)]) {
    if (slices.length === 0) continue
    for await (const batch of bus.log.read(slices, { signal })) {
      for (const record of batch) {
        const key = placeOf(record)
        if (!firsts.has(key)) firsts.set(key, record)
        lasts.set(key, record)
        count.add(record)
      }
    }
  }
  const timeOf = (record: BusRecord | undefined) => (record && record.timestamp !== -1n ? record.timestamp : null)
  return {
    times: stretches.map((stretch) => {
      const key = placeOf(stretch)
      return { first: timeOf(firsts.get(key)), last: timeOf(lasts.get(key)) }
    }),
    sample: count.result(),
  }
}

function counter() {
  const types = new Map<string, number>()
  const conversations = new Set<string>()
  const sagas = new Set<string>()
  let sampled = 0
  return {
    add({ value }: BusRecord): void {
      sampled += 1
      const decoded = value === null ? undefined : decodeEnvelope(value)
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
