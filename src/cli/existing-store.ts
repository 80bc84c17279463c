import { existsSync } from 'node:fs'
import { advice } from '../bus/hints.ts'
import { EventStoreError } from '../store/errors.ts'
import type { EventStore } from '../store/event-store.ts'
import { storeHints } from '../store/hints.ts'
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

/** An event store to read. `unread` says why there is none although one is configured. */
export interface StoreToRead extends AsyncDisposable {
  readonly store?: EventStore | undefined
  readonly unread?: string | undefined
}

/**
 * Opens the event store that the configuration names, for a command that can do without it and only reads. It is not opened if tables
 * are missing, which opening would create, or if only a project's crbus.json names its address, where the user's password would be
 * sent.
 */
export async function openStoreToRead(
  config: Pick<Config, 'store'>,
  context: Pick<Context, 'openStoreSetup'>,
): Promise<StoreToRead> {
  const { value: address } = config.store
  const without = (unread?: string): StoreToRead => ({ unread, [Symbol.asyncDispose]: async () => {} })
  if (address.kind === 'unknown') return without(`${address.variable} ${address.reason}`)
  if (address.kind === 'postgres' && address.isFromProjectOnly) {
    return without("only a project's crbus.json names it; set CRBUS_STORE or --store to the same address")
  }
  try {
    await using setup = await openExistingStore(config, context)
    const parts = await setup?.inspect()
    if (setup === undefined || parts === undefined) return without()
    if (parts.some(({ exists }) => !exists)) return without('tables or columns are missing: crbus store init')
    const store = await setup.open()
    return { store, [Symbol.asyncDispose]: () => store.close() }
  } catch (error) {
    if (error instanceof EventStoreError) return without(error.message)
    throw error
  }
}
