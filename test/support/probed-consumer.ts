import { serializedEvent } from '../../src/bus/event.ts'
import type { EventBus } from '../../src/bus/event-bus.ts'
import { messageId } from '../../src/codecs/message-id.ts'

/** How a consumer behaves: correctly, or with one fault. */
export type Behavior =
  | 'good'
  /** Does not recognize events that it has handled. */
  | 'handles-duplicates'
  /** Acknowledges large batches and handles only their first events. */
  | 'loses-bursts'
  /** Leaves out events whose timestamps are older than an hour. */
  | 'drops-late'
  /** Leaves out an order whose cancellation came before. */
  | 'needs-order'
  /** Publishes a dead letter for late events. */
  | 'dead-letters'
  /** Acknowledges nothing. */
  | 'commits-nothing'
  /** Publishes effects without a correlation id, with the cause only. */
  | 'without-correlation'

/** The most events of a batch that a consumer handles that loses bursts. */
const MAX_HANDLED = 10
const HOUR_MS = 3_600_000

export interface ConsumerTopics {
  readonly input: string
  readonly output: string
  readonly deadLetters: string
}

/**
 * Starts a consumer in this process. It publishes `Pay.v1` for `OrderPlaced.v1`, and `Refund.v1` for `OrderCancelled.v1`. Resolves
 * with a function that stops it.
 */
export async function startConsumer(
  bus: EventBus,
  group: string,
  topics: ConsumerTopics,
  behavior: Behavior,
): Promise<() => Promise<void>> {
  const { input, output, deadLetters } = topics
  const stream = await bus.subscribe([input], { group, autoOffsetReset: 'earliest' })
  const handled = new Set<string>()
  const cancelled = new Set<string>()
  const run = async () => {
    for (let batch = await stream.takeBatch(); batch !== undefined; batch = await stream.takeBatch()) {
      const items = behavior === 'loses-bursts' ? batch.items.slice(0, MAX_HANDLED) : batch.items
      for (const received of items) {
        if (!received.ok) continue
        const { event, record } = received
        const { eventType, data, metadata } = event
        const id = messageId(event)
        if (handled.has(id) && behavior !== 'handles-duplicates') continue
        handled.add(id)
        const isLate = Date.now() - Number(record.timestamp) > HOUR_MS
        if (isLate && behavior === 'drops-late') continue
        const entity = JSON.parse(Buffer.from(data).toString()).order_id as string
        if (eventType === 'OrderCancelled.v1') cancelled.add(entity)
        else if (behavior === 'needs-order' && cancelled.has(entity)) continue
        const { correlationId } = metadata ?? {}
        const type = eventType === 'OrderCancelled.v1' ? 'Refund.v1' : 'Pay.v1'
        const caused = { causationId: id, ...(behavior !== 'without-correlation' && { correlationId }) }
        if (isLate && behavior === 'dead-letters') await bus.publish(deadLetters, event)
        else await bus.publish(output, serializedEvent(type, data, caused))
      }
      if (behavior !== 'commits-nothing') batch.acknowledge()
    }
  }
  const running = run()
  return async () => {
    await stream.close()
    await running
  }
}
