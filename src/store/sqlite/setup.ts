import { resolve } from 'node:path'
import { EventBusError } from '../../bus/errors.ts'
import { faultOf } from '../../sqlite/fault.ts'
import { BUSY_TIMEOUT_MS } from '../../sqlite/shared-file.ts'
import { EventStoreError } from '../errors.ts'
import type { StoreSetup } from '../layout.ts'
import { readBacklog } from './backlog.ts'
import { sqliteDeadLetters } from './dead-letters.ts'
import { inspectFile } from './layout.ts'
import { SqliteEventStore } from './sqlite-event-store.ts'
import { guarded, MEMORY, StoreFile } from './store-file.ts'

export function sqliteSetup(path: string): StoreSetup {
  const location = path === MEMORY ? path : resolve(path)
  let opened: StoreFile | undefined
  return {
    kind: 'sqlite',
    location,
    inspect: async () => refusing(location, () => guarded(location, () => inspectFile(location))),
    backlog: async () => guarded(location, () => readBacklog(location)),
    deadLetters() {
      opened ??= new StoreFile(location)
      return sqliteDeadLetters(opened)
    },
    async create() {
      const file = refusing(location, () => new StoreFile(location))
      file.close()
      return file.created
    },
    open: async () => new SqliteEventStore({ path: location }),
    [Symbol.asyncDispose]: async () => opened?.close(),
  }
}

/** Converts the error of a file that cannot be created, opened or written to `REFUSED`, as for all files that crbus creates. */
function refusing<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof EventStoreError) || error.cause === undefined) throw error
    const { message, hints, cause } = error
    const { kind } = faultOf(cause, path, BUSY_TIMEOUT_MS)
    if (kind !== 'unopenable' && kind !== 'read-only' && kind !== 'full') throw error
    throw new EventBusError('REFUSED', message, { hints, cause })
  }
}
