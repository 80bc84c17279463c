import { existsSync } from 'node:fs'
import { advice } from '../bus/hints.ts'
import { EventStoreError } from '../store/errors.ts'
import { storeHints } from '../store/hints.ts'
import type { EventStore } from '../store/event-store.ts'
import type { StoreSetup } from '../store/layout.ts'
import type { Config } from './config/config.ts'
import { shownStore } from './config/store-address.ts'
import type { Context } from './process/context.ts'

/** Opens the event store that the configuration names. Without one, opens that beside the embedded bus, if its file exists. */
export async function openExistingStore(
  { store }: Pick<Config, 'store'>,
  { openStoreSetup }: Pick<Context, 'openStoreSetup'>,
): Promise<StoreSetup | undefined> {
  const isAbsent = store.from === 'default' && store.value.kind === 'sqlite' && !existsSync(store.value.path)
  return isAbsent ? undefined : openStoreSetup(store.value)
}

/** Opens the event store as {@link openExistingStore} does. Throws `STORE_NOT_READY` if there is none. */
export async function requireStore(config: Pick<Config, 'store'>, context: Context): Promise<StoreSetup> {
  const setup = await openExistingStore(config, context)
  const missing = setup === undefined ? undefined : (await setup.inspect()).find(({ name }) => name === 'events')
  if (setup !== undefined && missing?.exists === true) return setup
  await setup?.[Symbol.asyncDispose]()
  const { location } = setup ?? { location: shownStore(config.store.value) }
  const hints = [storeHints.setUp(), advice('name the store of the service with --store')]
  throw new EventStoreError('STORE_NOT_READY', `there is no event store at ${location}`, { hints })
}

/**
 * Opens the event store that the configuration names, for a command that only reads. `undefined` if there is none, or if tables are
 * missing, which opening would create. An address that only a project's crbus.json names is not opened: the user's password would
 * be sent there.
 */
export async function openStoreToRead(
  config: Pick<Config, 'store'>,
  context: Pick<Context, 'openStoreSetup'>,
): Promise<EventStore | undefined> {
  const { value: address } = config.store
  if (address.kind === 'unknown' || (address.kind === 'postgres' && address.isFromProjectOnly)) return undefined
  await using setup = await openExistingStore(config, context)
  const parts = await setup?.inspect()
  if (parts === undefined || parts.some(({ exists }) => !exists)) return undefined
  const { openEventStore } = await import('../store/open.ts')
  return openEventStore(address.kind === 'sqlite' ? address.path : address.url)
}
