import type { EventBus } from '../../../src/bus/event-bus.ts'

/** How another process opens a bus. */
export type BusAddress =
  | { readonly kind: 'embedded'; readonly path: string; readonly sessionTimeout: number }
  | { readonly kind: 'kafka'; readonly brokers: string }

export async function openBus(address: BusAddress): Promise<EventBus> {
  if (address.kind === 'embedded') {
    const { EmbeddedEventBus } = await import('../../../src/drivers/embedded/embedded-event-bus.ts')
    const { path, sessionTimeout } = address
    return new EmbeddedEventBus({ path, sessionTimeout })
  }
  const { RedpandaEventBus } = await import('../../../src/drivers/kafka/redpanda-event-bus.ts')
  return new RedpandaEventBus({ brokers: address.brokers })
}
