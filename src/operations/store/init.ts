import type { StorePart, StoreSetup } from '../../store/layout.ts'

/** What setting up an event store would create, and what of it is there. */
export interface StoreInitPlan {
  readonly kind: StoreSetup['kind']
  /** Without a password. */
  readonly location: string
  readonly parts: readonly StorePart[]
}

/** Looks, and changes nothing. `STORE_MISMATCH` when a table of a store's names is there and is another one. */
export async function planStoreInit(setup: StoreSetup): Promise<StoreInitPlan> {
  return { kind: setup.kind, location: setup.location, parts: await setup.inspect() }
}

/** Creates what is missing by now, all of it or nothing, and answers what that was. */
export async function applyStoreInit(setup: StoreSetup): Promise<{ readonly created: readonly StorePart[] }> {
  return { created: await setup.create() }
}
