import { existsSync, mkdirSync, realpathSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { EventStoreError, storeClosed, storeUnavailable } from '../errors.ts'
import type { StorePart } from '../layout.ts'
import { createTables, inspectTables } from './layout.ts'

/** How long to wait for another process's transaction. */
const BUSY_PATIENCE_MS = 10_000

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

/**
 * Opens the file, making it, its folder and its tables when they are not there.
 *
 * `synchronous = FULL`: a commit is on the disk when it is answered. What the bus has of a store's events must still be
 * in the store after a power failure.
 */
function openDatabase(path: string) {
  if (path !== MEMORY) makeFolder(dirname(path))
  const database = new DatabaseSync(path, { timeout: BUSY_PATIENCE_MS })
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16000')
    const isWhole = inspectTables(database, path).every(({ exists }) => exists)
    const created = isWhole ? [] : transact(database, () => createTables(database, path))
    return { database, created }
  } catch (error) {
    database.close()
    throw error
  }
}

/** Folder by folder: Node's own `recursive` never returns where a file system refuses with ENOENT, as /proc does. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  const parent = dirname(folder)
  if (parent !== folder) makeFolder(parent)
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
}

/** Takes the write lock at once, so that nothing read in it is old when it comes to writing. */
function transact<T>(database: DatabaseSync, change: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = change()
    database.exec('COMMIT')
    return result
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

/** SQLite's primary result codes (https://sqlite.org/rescode.html); the extended ones have more above the low byte. */
const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_FULL = 13

export const isBusy = (error: unknown): boolean => primaryCode(error) === SQLITE_BUSY

const primaryCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined

/** Does something with a file; what the file throws comes out as an `EventStoreError`. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    // A mistake in the code is none of the file's.
    if (error instanceof EventStoreError || error instanceof TypeError) throw error
    const said = error instanceof Error ? error.message : String(error)
    const [reason, suggestion] = reasons.get(primaryCode(error)) ?? [
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
