import { realpathSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { faultOf } from '../../sqlite/fault.ts'
import { BUSY_PATIENCE_MS, openShared, transact } from '../../sqlite/shared-file.ts'
import { EventStoreError, storeClosed, storeUnavailable } from '../errors.ts'
import type { StorePart } from '../layout.ts'
import { createTables, inspectTables } from './layout.ts'

export const MEMORY = ':memory:'

/** An open file with a store in it. Whatever is thrown out of here is an `EventStoreError`. */
export class StoreFile {
  readonly database: DatabaseSync
  /** Without symbolic links, so that all who share the file call it the same. */
  readonly path: string

  /** The tables and indexes that were missing. */
  readonly created: readonly StorePart[]

  constructor(path: string) {
    const { database, created } = guarded(path, () => openDatabase(path))
    this.database = database
    this.created = created
    this.path = path === MEMORY ? path : realpathSync(path)
  }

  /** Reads; what is read is of one moment when it is one statement. */
  read<T>(work: () => T): T {
    if (!this.database.isOpen) throw storeClosed()
    return guarded(this.path, work)
  }

  /** Changes, as one transaction. */
  change<T>(work: () => T): T {
    return this.read(() => transact(this.database, work))
  }

  /** The same, without waiting for the disk: a power failure may undo it, and everything before it stays. */
  changeSoon<T>(work: () => T): T {
    return this.read(() => {
      this.database.exec('PRAGMA synchronous = NORMAL')
      try {
        return transact(this.database, work)
      } finally {
        this.database.exec('PRAGMA synchronous = FULL')
      }
    })
  }

  close(): void {
    if (this.database.isOpen) guarded(this.path, () => this.database.close())
  }
}

/** Opens the file, making it, its folder and its tables when they are not there. Answers what was missing. */
function openDatabase(path: string) {
  let created: readonly StorePart[] = []
  // Written through to the disk: what the bus has of a store's events must be in the store after a power failure.
  const database = openShared(path, 'FULL', (opened) => {
    created = []
    if (inspectTables(opened, path).every(({ exists }) => exists)) return
    created = transact(opened, () => createTables(opened, path))
  })
  return { database, created }
}

/** Does something with a file; what the file throws comes out as an `EventStoreError`. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    // A mistake in the code is none of the file's.
    if (error instanceof EventStoreError || error instanceof TypeError) throw error
    const { reason, suggestions } = faultOf(error, path, BUSY_PATIENCE_MS)
    throw storeUnavailable(`the event store at ${path} ${reason}`, {
      cause: error,
      suggestions: suggestions.length > 0 ? suggestions : ['name another file'],
    })
  }
}
