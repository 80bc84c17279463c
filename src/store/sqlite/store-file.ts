import { realpathSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { advice } from '../../bus/hints.ts'
import { faultOf } from '../../sqlite/fault.ts'
import { BUSY_TIMEOUT_MS, openShared, transact } from '../../sqlite/shared-file.ts'
import { EventStoreError, storeClosed, storeUnavailable } from '../errors.ts'
import type { StorePart } from '../layout.ts'
import { createTables, inspectTables } from './layout.ts'

/** The path of a store in memory. */
export const MEMORY = ':memory:'

/** An open SQLite file that contains a store. Throws only `EventStoreError`s. */
export class StoreFile {
  readonly database: DatabaseSync
  /** The path without symbolic links, so that all processes use the same path for the lock files. */
  readonly path: string
  /** The tables, indexes and columns that were missing and that the constructor has created. */
  readonly created: readonly StorePart[]

  constructor(path: string) {
    const { database, created } = guarded(path, () => openDatabase(path))
    this.database = database
    this.created = created
    this.path = path === MEMORY ? path : realpathSync(path)
  }

  /** Runs reads outside a transaction, so only a single statement reads a consistent snapshot. */
  read<T>(work: () => T): T {
    if (!this.database.isOpen) throw storeClosed()
    return guarded(this.path, work)
  }

  /** Runs changes in one transaction. */
  change<T>(work: () => T): T {
    return this.read(() => transact(this.database, work))
  }

  /**
   * Runs changes in one transaction without waiting for the disk: a power failure may undo these changes, but no earlier
   * ones.
   */
  changeWithoutSync<T>(work: () => T): T {
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

/** Opens a file. Creates the file, its folders and its tables if they are missing, and returns the created parts. */
function openDatabase(path: string) {
  let created: readonly StorePart[] = []
  // FULL, because events that were published must still be in the store after a power failure.
  const database = openShared(path, 'FULL', (opened) => {
    // `openShared` calls this again if another process has created the file at the same time.
    created = []
    if (inspectTables(opened, path).every(({ exists }) => exists)) return
    created = transact(opened, () => createTables(opened, path))
  })
  return { database, created }
}

/** Runs work on a file and converts SQLite's errors to an `EventStoreError`. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    // A TypeError is a mistake in the program, not a failure of the file.
    if (error instanceof EventStoreError || error instanceof TypeError) throw error
    const { reason, hints } = faultOf(error, path, BUSY_TIMEOUT_MS)
    throw storeUnavailable(`the event store at ${path} ${reason}`, {
      cause: error,
      hints: hints.length > 0 ? hints : [advice('name another file')],
    })
  }
}
