import type { AddressOnly } from '../address-only.ts'
import type { StoreSetup } from '../layout.ts'
import { Connections } from './connection/connections.ts'
import { createMissing, inspectTables } from './layout.ts'

/** The time-out of one statement: one hour, because creating an index of a large table takes long. */
const TIMEOUT_MS = 60 * 60_000

export function postgresSetup(url: string, addressOnly?: AddressOnly): StoreSetup {
  const connections = new Connections({ url, timeout: TIMEOUT_MS, addressOnly })
  const { location } = connections
  return {
    kind: 'postgres',
    location,
    inspect: () => connections.use((query) => inspectTables(query, location)),
    create: () => createMissing(connections),
    [Symbol.asyncDispose]: () => connections.close(),
  }
}
