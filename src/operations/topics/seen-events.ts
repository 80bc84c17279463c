import { compareNumbers } from '../../bus/compare.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { viewOf } from '../events/event-view.ts'
import { newestSlices } from './newest-slices.ts'

/** An event type that was found on a topic. */
export interface SeenEvent {
  /** As published, for example `OrderPlaced.v1`. */
  readonly eventType: string
  /** The fields and values of the newest event; empty if its payload is not an object in CBOR or JSON. */
  readonly fields: ReadonlyMap<string, unknown>
}

/**
 * Finds the event types among the newest `sample` records of a topic, in the order of their first timestamps. Throws
 * `TOPIC_NOT_FOUND` if the topic does not exist.
 */
export async function seenEvents(bus: EventBus, topic: string, sample = 1000): Promise<readonly SeenEvent[]> {
  const slices = newestSlices(topic, await bus.log.ranges(topic), sample)
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
    .sort(([, a], [, b]) => compareNumbers(a.first, b.first))
    .map(([eventType, { fields }]) => ({ eventType, fields }))
}

function fieldsOf(value: unknown): ReadonlyMap<string, unknown> {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)
  return new Map(isMap ? Object.entries(value) : [])
}
