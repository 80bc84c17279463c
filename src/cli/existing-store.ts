import { existsSync } from 'node:fs'
import type { StoreSetup } from '../store/layout.ts'
import type { Config } from './config/config.ts'
import type { Context } from './process/context.ts'

/** Opens the event store that the configuration names. Without one, opens that beside the embedded bus, if its file exists. */
export async function openExistingStore(
  { store }: Pick<Config, 'store'>,
  { openStoreSetup }: Pick<Context, 'openStoreSetup'>,
): Promise<StoreSetup | undefined> {
  const isAbsent = store.from === 'default' && store.value.kind === 'sqlite' && !existsSync(store.value.path)
  return isAbsent ? undefined : openStoreSetup(store.value)
}
