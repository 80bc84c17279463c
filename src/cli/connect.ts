import { join } from 'node:path'
import type { EventBus } from '../bus/event-bus.ts'
import type { BusAddress } from './bus-address.ts'

/** Opens the bus at an address. A driver is loaded when it is chosen, so that nothing pays for the others. */
export async function connect(address: BusAddress): Promise<EventBus> {
  if (address.kind === 'kafka') {
    const { RedpandaEventBus } = await import('../drivers/kafka/redpanda-event-bus.ts')
    return new RedpandaEventBus({ brokers: address.brokers })
  }
  const { EmbeddedEventBus } = await import('../drivers/embedded/embedded-event-bus.ts')
  return new EmbeddedEventBus({ path: join(address.folder, 'bus.db') })
}
