import type { EventBus } from '../../bus/event-bus.ts'
import { stableEndOf } from '../../bus/topic-log.ts'
import { viewOf } from '../events/event-view.ts'

/** An event type as it was seen on a topic. */
export interface SeenEvent {
  /** As published, `OrderPlaced.v1`. */
  readonly eventType: string
  /** The fields of the newest one whose payload reads itself (CBOR, JSON), with their values. */
  readonly fields: ReadonlyMap<string, unknown>
}

/** The event types among the newest records of a topic, in the order they first came. `TOPIC_NOT_FOUND`. */
export async function seenEvents(bus: EventBus, topic: string, sample = 1000): Promise<readonly SeenEvent[]> {
  const ranges = await bus.log.ranges(topic)
  const each = BigInt(Math.ceil(sample / Math.max(1, ranges.length)))
  const slices = ranges
    .map(({ partition, start, ...ends }) => {
      const to = stableEndOf(ends)
      return { topic, partition, from: to - each > start ? to - each : start, to }
    })
    .filter(({ from, to }) => from < to)
  const seen = new Map<string, { fields: ReadonlyMap<string, unknown>; first: bigint }>()
  for await (const batch of bus.log.read(slices)) {
    for (const record of batch) {
      const view = viewOf(record)
      const { envelope, payload } = view
      if (!envelope?.ok) continue
      const { eventType } = envelope.event
      const first = seen.get(eventType)?.first ?? record.timestamp
      seen.set(eventType, { fields: payload?.ok ? fieldsOf(payload.value) : new Map(), first })
    }
  }
  return [...seen]
    .sort(([, a], [, b]) => Number(a.first - b.first))
    .map(([eventType, { fields }]) => ({ eventType, fields }))
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
  return new Map(isMap ? Object.entries(value) : [])
}
