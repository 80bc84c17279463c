import type { StorePart, StoreSetup } from '../../store/layout.ts'

/** The tables and indexes of an event store, each with whether it exists. */
export interface StoreInitPlan {
  readonly kind: StoreSetup['kind']
  /** Without a password. */
  readonly location: string
  readonly parts: readonly StorePart[]
}

/** Plans the setup of an event store. Reads only. `STORE_MISMATCH` when a table of that name has another layout. */
export async function planStoreInit(setup: StoreSetup): Promise<StoreInitPlan> {
  return { kind: setup.kind, location: setup.location, parts: await setup.inspect() }
}

/** Creates the missing parts, all or none of them, and returns those it created. */
export async function applyStoreInit(setup: StoreSetup): Promise<{ readonly created: readonly StorePart[] }> {
  return { created: await setup.create() }
}
