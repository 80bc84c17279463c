import { realpathSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import {
  BUSY_PATIENCE_MS,
  openShared,
  resultCode,
  SQLITE_BUSY,
  SQLITE_CORRUPT,
  SQLITE_FULL,
  transact,
} from '../../sqlite/shared-file.ts'
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
    if (inspectTables(opened, path).every(({ exists }) => exists)) return
    created = transact(opened, () => createTables(opened, path))
  })
  return { database, created }
}

export const isBusy = (error: unknown): boolean => resultCode(error) === SQLITE_BUSY

/** Does something with a file; what the file throws comes out as an `EventStoreError`. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    // A mistake in the code is none of the file's.
    if (error instanceof EventStoreError || error instanceof TypeError) throw error
    const said = error instanceof Error ? error.message : String(error)
    const [reason, suggestion] = reasons.get(resultCode(error)) ?? [
      `cannot be used: ${said}`,
      'check that the file is a SQLite one and may be written, or name another',
    ]
    throw storeUnavailable(`the event store at ${path} ${reason}`, { cause: error, suggestions: [suggestion] })
  }
}

const reasons: ReadonlyMap<number | undefined, readonly [reason: string, suggestion: string]> = new Map([
  [
    SQLITE_BUSY,
    [
      `was kept by another process for ${BUSY_PATIENCE_MS / 1000} s`,
      'try again when that process is done with its transaction',
    ],
  ],
  [SQLITE_CORRUPT, ['is damaged', 'bring the file back from a copy']],
  [SQLITE_FULL, ['cannot grow: the disk is full', 'make room on the disk']],
])
