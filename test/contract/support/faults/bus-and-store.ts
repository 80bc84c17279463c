import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { EventBus } from '../../../../src/bus/event-bus.ts'
import { EmbeddedEventBus } from '../../../../src/drivers/embedded/embedded-event-bus.ts'
import { RedpandaEventBus } from '../../../../src/drivers/kafka/redpanda-event-bus.ts'
import type { EventStore } from '../../../../src/store/event-store.ts'
import { openEventStore } from '../../../../src/store/open.ts'
import { PostgresEventStore } from '../../../../src/store/postgres/postgres-event-store.ts'
import { newSchema } from '../postgres-schema.ts'

/** A bus and an empty event store, which are closed when the test ends. */
export interface BusAndStore {
  readonly bus: EventBus
  readonly store: EventStore
  /** The address of the store. */
  readonly location: string
}

/** Opens an embedded bus and a store in new files. */
export async function embeddedPair(): Promise<BusAndStore> {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-pair-'))
  const location = join(folder, 'store.db')
  const bus = new EmbeddedEventBus({ path: join(folder, 'bus.db') })
  const store = await openEventStore(location)
  onTestFinished(async () => {
    await bus.close()
    await store.close()
    rmSync(folder, { recursive: true })
  })
  return { bus, store, location }
}

/** Opens a connection to brokers, and a store in a new schema of Postgres. */
export async function serverPair(brokers: string, postgres: string): Promise<BusAndStore> {
  const location = await newSchema(postgres)
  const store = new PostgresEventStore({ url: location })
  await store.init()
  const bus = new RedpandaEventBus({ brokers })
  onTestFinished(async () => {
    await bus.close()
    await store.close()
  })
  return { bus, store, location }
}
