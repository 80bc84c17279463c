import type { AddressOnly } from '../address-only.ts'
import type { StoreSetup } from '../layout.ts'
import { readBacklog } from './backlog.ts'
import { Connections, type ConnectionsOptions } from './connection/connections.ts'
import { postgresDeadLetters } from './dead-letters.ts'
import { createMissing, inspectTables } from './layout.ts'
import { PostgresEventStore } from './postgres-event-store.ts'

/** The time-out of a statement that reads or changes dead letters, and of connecting for it. */
const READ_TIMEOUT_MS = 10_000
/** The time-out of a statement that creates something: one hour, because creating an index of a large table takes long. */
const CREATE_TIMEOUT_MS = 60 * 60_000

export function postgresSetup(url: string, addressOnly?: AddressOnly): StoreSetup {
  const reading = new Connections({ url, timeout: READ_TIMEOUT_MS, addressOnly })
  const creating = new Connections({ url, timeout: CREATE_TIMEOUT_MS, addressOnly })
  const { location } = reading
  return {
    kind: 'postgres',
    location,
    inspect: () => reading.use((query) => inspectTables(query, location)),
    backlog: () => reading.use(readBacklog),
    deadLetters: () => postgresDeadLetters(reading),
    create: () => createMissing(creating),
    open: async () => new PostgresEventStore({ url, addressOnly } as ConnectionsOptions),
    async [Symbol.asyncDispose]() {
      await Promise.all([reading.close(), creating.close()])
    },
  }
}
