import { join } from 'node:path'
import type { EventBus } from '../../bus/event-bus.ts'
import type { StoreSetup } from '../../store/layout.ts'
import { UsageError } from '../errors.ts'
import type { OpenOptions } from '../process/context.ts'
import type { BusAddress } from './bus-address.ts'
import type { StoreAddress } from './store-address.ts'

/**
 * Opens the bus at an address. A driver is loaded when it is chosen, so that nothing pays for the others. An embedded
 * bus whose file is missing is made by its first change and is empty until then; publishing to it creates the topic.
 */
export async function connect(address: BusAddress, options: OpenOptions = {}): Promise<EventBus> {
  const { onMissing, onTopicCreated, logger } = options
  if (address.kind === 'kafka') {
    const { RedpandaEventBus } = await import('../../drivers/kafka/redpanda-event-bus.ts')
    return new RedpandaEventBus({ brokers: address.brokers, maxBatchBytes: address.maxBatchBytes, logger })
  }
  const { EmbeddedEventBus } = await import('../../drivers/embedded/embedded-event-bus.ts')
  const { isMissing } = await import('../../drivers/embedded/made-on-change.ts')
  const path = join(address.folder, 'bus.db')
  if (isMissing(path)) onMissing?.(path)
  return new EmbeddedEventBus({ path, makeOnChange: true, createTopics: true, onTopicCreated, logger })
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
  const { openStoreSetup: open } = await import('../../store/open.ts')
  if (address.kind === 'sqlite') return open(address.path)
  return open(address.url, address.isStrangers ? strangers : undefined)
}

/** Why a store that only a project's file names is reached by its address alone. */
const strangers = {
  whyNoPassword: "PGPASSWORD and ~/.pgpass are not for an address that only a project's crbus.json names",
  suggestions: [
    'set CRBUS_STORE, or --store, to the same address',
    'a profile with this store in ~/.config/crbus/config.json',
    'put a password that need not stay secret into the address in crbus.json',
  ],
}
