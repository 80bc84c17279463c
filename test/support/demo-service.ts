import type { EventBus } from '../../src/bus/event-bus.ts'
import { parts } from '../../src/demo/service.ts'
import { createDemoTopics, demoTopics } from '../../src/operations/demo/run-demo.ts'
import type { EventStore } from '../../src/store/event-store.ts'

/**
 * Runs the service of the demo, without some of its parts, until the given number of checkouts has reached an event of the type
 * `until`. Their correlation ids are `checkout-1` and so on; the payment of every third one fails.
 */
export async function runDemoService(
  bus: EventBus,
  store: EventStore,
  { checkouts, without = [], until }: { checkouts: number; without?: readonly string[]; until: RegExp },
): Promise<void> {
  await createDemoTopics(bus)
  const onError = ({ message }: { readonly message: string }) => {
    throw new Error(message)
  }
  await using subscription = await bus.subscribe([...demoTopics], { group: 'watch', autoOffsetReset: 'latest' })
  const running = []
  for (const part of parts) {
    if (!without.includes(part.name)) running.push(await part.run({ bus, store, onError, autoOffsetReset: 'latest' }))
  }
  const order = parts.find(({ name }) => name === 'order')
  for (let number = 1; number <= checkouts; number += 1) {
    const sample = order?.sample?.(number)
    if (sample === undefined) throw new Error('the order has no sample')
    const metadata = { correlationId: `checkout-${number}`, timestamp: new Date().toISOString() }
    await bus.publish('order-commands', { ...sample, metadata })
  }
  let ended = 0
  for await (const received of subscription) {
    if (received.ok && until.test(received.event.eventType)) ended += 1
    if (ended === checkouts) break
  }
  // Ends after the relays have published everything.
  await Promise.all(running.map((part) => part.close()))
}
