import { join } from 'node:path'
import type { EventBus } from '../bus/event-bus.ts'
import type { StoreSetup } from '../store/layout.ts'
import type { BusAddress } from './bus-address.ts'
import { UsageError } from './errors.ts'
import type { StoreAddress } from './store-address.ts'

/** Opens the bus at an address. A driver is loaded when it is chosen, so that nothing pays for the others. */
export async function connect(address: BusAddress): Promise<EventBus> {
  if (address.kind === 'kafka') {
    const { RedpandaEventBus } = await import('../drivers/kafka/redpanda-event-bus.ts')
    return new RedpandaEventBus({ brokers: address.brokers })
  }
  const { EmbeddedEventBus } = await import('../drivers/embedded/embedded-event-bus.ts')
  return new EmbeddedEventBus({ path: join(address.folder, 'bus.db') })
}

/** Reaches the event store at an address, to make its tables. */
export async function openStoreSetup(address: StoreAddress): Promise<StoreSetup> {
  if (address.kind === 'unknown') {
    throw new UsageError(`${address.variable}, where the event store is, ${address.reason}`, [
      '--store postgres://user:password@host/database',
      '--store data/store.db',
      'crbus config',
    ])
  }
  const { openStoreSetup: open } = await import('../store/open.ts')
  return open(address.kind === 'postgres' ? address.url : address.path)
}
