import type { StorePart, StoreSetup } from '../../store/layout.ts'

/** The plan to set up an event store. */
export interface StoreInitPlan {
  readonly kind: StoreSetup['kind']
  /** The file or database, without a password. */
  readonly location: string
  /** The tables, indexes and missing columns, each with whether it exists. */
  readonly parts: readonly StorePart[]
}

/**
 * Plans the setup of an event store. Only reads. Throws `STORE_MISMATCH` if a table with the name of an event store table has a
 * different layout.
 */
export async function planStoreInit(setup: StoreSetup): Promise<StoreInitPlan> {
  return { kind: setup.kind, location: setup.location, parts: await setup.inspect() }
}

/** Creates the missing parts, all or none of them, and returns the created ones. */
export async function applyStoreInit(setup: StoreSetup): Promise<{ readonly created: readonly StorePart[] }> {
  return { created: await setup.create() }
}
