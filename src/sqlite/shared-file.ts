import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeFolder } from '../files/make-folder.ts'

/** A database in one file that several processes have open at once. */

/** How long to wait for another process's transaction. */
export const BUSY_PATIENCE_MS = 10_000

/**
 * Opens the file, making it and its folder when they are not there, with a log that readers and a writer share. `prepare`
 * is what has to be done before anybody uses it; when it throws, the file is closed again.
 */
export function openShared(
  path: string,
  synchronous: 'NORMAL' | 'FULL',
  prepare: (database: DatabaseSync) => void,
): DatabaseSync {
  if (path !== ':memory:') makeFolder(dirname(path), 0o700)
  const database = new DatabaseSync(path, { timeout: BUSY_PATIENCE_MS })
  try {
    database.exec(
      `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000`,
    )
    prepare(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Runs a change as one transaction, taking the write lock at once: it never has to be given up half-way, and nothing read
 * in it is old when it comes to writing.
 */
export function transact<T>(database: DatabaseSync, change: () => T): T {
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

/** Some of SQLite's primary result codes: https://sqlite.org/rescode.html */
export const SQLITE_BUSY = 5
export const SQLITE_CORRUPT = 11
export const SQLITE_FULL = 13

/** Why SQLite threw; `undefined` when it was not SQLite. The extended codes have more above the low byte. */
export const resultCode = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
