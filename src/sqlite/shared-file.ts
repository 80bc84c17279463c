import { randomUUID } from 'node:crypto'
import { lstatSync, realpathSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { refuseSpecial } from '../files/cause.ts'
import { makeFolder, refuseUndecodable, removeFolders } from '../files/make-folder.ts'
import { placeNew } from '../files/write-whole.ts'
import { isUnwritable } from './fault.ts'
import { openSqlite } from './load-sqlite.ts'

/** Milliseconds to wait for the transaction of another process. */
export const BUSY_PATIENCE_MS = 10_000

/** Set by a statement, because Node 22.15 ignores the `timeout` option of `DatabaseSync`. */
const SET_BUSY_TIMEOUT = `PRAGMA busy_timeout = ${BUSY_PATIENCE_MS}`

/**
 * Opens a database file that several processes use at once, in WAL mode. Creates the file and its folder when they are missing.
 * `prepare` runs before the database is used; when it throws, the database is closed again.
 *
 * When an existing file or its log cannot be written (a read-only folder or file system, a full disk), opens the file for
 * reading only; see {@link openFrozen}.
 */
export function openShared(
  path: string,
  synchronous: 'NORMAL' | 'FULL',
  prepare: (database: DatabaseSync) => void,
): DatabaseSync {
  const settings = `${SET_BUSY_TIMEOUT}; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000`
  if (path !== ':memory:') {
    refuseUndecodable(path)
    refuseSpecial(path)
    const isCreated = isAbsent(path) && createPrepared(path, (part) => prepared(openSqlite(part), settings, prepare))
    if (isCreated) return prepared(openSqlite(path), settings, () => {})
  }
  try {
    return prepared(openSqlite(path), settings, prepare)
  } catch (error) {
    if (!isUnwritable(error) || !isWholeWithoutLog(path)) throw error
    return prepared(openFrozen(path), 'PRAGMA cache_size = -16000', prepare)
  }
}

/**
 * Creates a prepared database file atomically, so that a full disk does not leave an empty file. Returns false when another
 * process has created it meanwhile.
 */
function createPrepared(path: string, prepareNew: (part: string) => DatabaseSync): boolean {
  const made = makeFolder(dirname(path), 0o700)
  const part = join(dirname(path), `.crbus-${randomUUID()}.part`)
  try {
    const database = prepareNew(part)
    try {
      // Closing also moves the log into the file but does not report a failure to do so.
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } finally {
      database.close()
    }
    placeNew(part, path)
    return true
  } catch (error) {
    for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(`${part}${ending}`, { force: true })
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    removeFolders(made)
    throw error
  }
}

/** Opens an existing file for reading only, even when it or its folder is not writable. */
export function openToRead(path: string): DatabaseSync {
  refuseSpecial(path)
  const database = openSqlite(path, { readOnly: true })
  try {
    // Opening does not read the file yet.
    database.exec(`${SET_BUSY_TIMEOUT}; SELECT 1 FROM sqlite_schema LIMIT 1`)
    return database
  } catch (error) {
    database.close()
    if (!isUnwritable(error) || !isWholeWithoutLog(path)) throw error
    return openFrozen(path)
  }
}

/** Whether nothing is at the path. A dangling link does not count as absent: SQLite creates the file at its target. */
const isAbsent = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) === undefined

function prepared(database: DatabaseSync, settings: string, prepare: (database: DatabaseSync) => void): DatabaseSync {
  try {
    database.exec(settings)
    prepare(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * Opens a file for reading without a log and without locks. Even for reading, SQLite needs a log and its index beside the file,
 * which it cannot create here. Later changes by other processes are not seen (https://sqlite.org/uri.html, "immutable").
 */
function openFrozen(path: string): DatabaseSync {
  const file = realpathSync(path)
  const url = pathToFileURL(file)
  url.searchParams.set('immutable', '1')
  const stateOf = () => {
    const { ino, size, mtimeMs } = statSync(file)
    return `${ino} ${size} ${mtimeMs}`
  }
  const before = stateOf()
  const database = openSqlite(url, { readOnly: true })
  changedSinceOpened.set(database, () => stateOf() !== before)
  return database
}

const changedSinceOpened = new WeakMap<DatabaseSync, () => boolean>()

/**
 * Whether another process has changed a file since {@link openFrozen} opened it, so that reads may be inconsistent. Always false
 * for a file that was opened with locks.
 */
export const hasThawed = (database: DatabaseSync): boolean => changedSinceOpened.get(database)?.() ?? false

/** Whether the file exists and its log is empty, so that reading without the log misses no data of a killed writer. */
function isWholeWithoutLog(path: string): boolean {
  const size = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0
  return path !== ':memory:' && size(path) > 0 && size(`${realpathSync(path)}-wal`) === 0
}

/**
 * Runs a change as one transaction. Takes the write lock at the beginning, so that the transaction cannot fail on a lock later
 * and its reads are current when it writes.
 */
export function transact<T>(database: DatabaseSync, change: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = change()
    database.exec('COMMIT')
    return result
  } catch (error) {
    rollBack(database)
    throw error
  }
}

/** Rolls back unless SQLite already did, as after a full disk. Node 22.15 lacks `isTransaction`, so errors are ignored. */
function rollBack(database: DatabaseSync): void {
  if (database.isTransaction === false) return
  try {
    database.exec('ROLLBACK')
  } catch {
    // SQLite has already rolled back. The caller throws the error that caused it.
  }
}
