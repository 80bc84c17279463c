import type { StoreBacklog } from '../../store/backlog.ts'
import type { StoreSetup } from '../../store/layout.ts'

/** What waits in an event store, or why it could not be measured. */
export type StoreFigures =
  | { readonly ok: true; readonly backlog: StoreBacklog }
  /** The store cannot be reached or has other tables. */
  | { readonly ok: false; readonly error: unknown }
  /** Tables of an event store are missing. */
  | { readonly ok: false; readonly missing: readonly string[]; readonly location: string }

/** Measures an event store and closes it. Resolves with `undefined` if there is none. Never rejects. */
export async function measureStore(open: () => Promise<StoreSetup | undefined>): Promise<StoreFigures | undefined> {
  try {
    const setup = await open()
    if (setup === undefined) return undefined
    await using store = setup
    const parts = await store.inspect()
    const missing = parts.filter(({ kind, exists }) => kind === 'table' && !exists).map(({ name }) => name)
    if (missing.length > 0) return { ok: false, missing, location: store.location }
    return { ok: true, backlog: await store.backlog() }
  } catch (error) {
    return { ok: false, error }
  }
}
