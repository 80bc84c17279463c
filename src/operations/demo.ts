import { serializedEvent } from '../bus/event.ts'
import type { EventBus } from '../bus/event-bus.ts'
import { topicFor } from '../bus/names.ts'

/** What a run of the demo ended with. */
export interface DemoSummary {
  readonly checkouts: number
  readonly completed: number
  /** Checkouts whose payment failed and whose order was cancelled for it. */
  readonly compensated: number
  readonly events: number
  /** One of the conversations, to look at. */
  readonly example: string
}

export const demoTopics: readonly string[] = ['order', 'payment', 'inventory'].map(topicFor)

interface DemoRequest {
  readonly checkouts: number
  /** Milliseconds between two events. */
  readonly pause: number
  readonly now: () => number
  readonly random: () => number
  readonly signal: AbortSignal
}

const goods = ['teapot', 'notebook', 'lamp', 'backpack', 'headphones'] as const

/**
 * Publishes a checkout flow: an order, its stock reserved, its payment, and what follows from that. About one payment in
 * four fails, and its order and reservation are taken back.
 */
export async function runDemo(
  bus: EventBus,
  { checkouts, pause, now, random, signal }: DemoRequest,
): Promise<DemoSummary> {
  const run = Math.floor(random() * 1e9).toString(36)
  const counts = { completed: 0, compensated: 0, events: 0, started: 0 }
  const publish = async (aggregate: string, type: string, correlationId: string, body: object) => {
    if (signal.aborted) return
    const metadata = { correlationId, timestamp: new Date(now()).toISOString() }
    await bus.publish(topicFor(aggregate), serializedEvent(type, Buffer.from(JSON.stringify(body)), metadata))
    counts.events += 1
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
  for (let number = 1; number <= checkouts && !signal.aborted; number += 1) {
    const id = `${run}-${number}`
    const correlation = `checkout-${id}`
    const order_id = `order-${id}`
    const item = goods[Math.floor(random() * goods.length)] as string
    const total_cents = 500 + Math.floor(random() * 20_000)
    counts.started += 1
    await publish('order', 'OrderPlaced.v1', correlation, { order_id, item, total_cents })
    await publish('inventory', 'StockReserved.v1', correlation, { order_id, item, quantity: 1 })
    // The third always fails, so that even a short run shows a compensation.
    if (number === 3 || random() < 0.25) {
      await publish('payment', 'PaymentFailed.v1', correlation, { order_id, total_cents, reason: 'card declined' })
      await publish('inventory', 'StockReleased.v1', correlation, { order_id, item, quantity: 1 })
      await publish('order', 'OrderCancelled.v1', correlation, { order_id, reason: 'payment failed' })
      counts.compensated += 1
    } else {
      await publish('payment', 'PaymentCompleted.v1', correlation, { order_id, total_cents })
      await publish('order', 'OrderCompleted.v1', correlation, { order_id })
      counts.completed += 1
    }
  }
  const { completed, compensated, events, started } = counts
  return { checkouts: started, completed, compensated, events, example: `checkout-${run}-${Math.min(3, started)}` }
}
