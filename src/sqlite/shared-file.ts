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

/** A database in one file that several processes have open at once. */

/** How long to wait for another process's transaction. */
export const BUSY_PATIENCE_MS = 10_000

/** A statement and not the `timeout` of `DatabaseSync`, which Node 22.15 ignores. */
const PATIENCE = `PRAGMA busy_timeout = ${BUSY_PATIENCE_MS}`

/**
 * Opens the file, making it and its folder when they are not there, with a log that readers and a writer share. `prepare`
 * is what has to be done before anybody uses it; when it throws, the file is closed again.
 *
 * A file that is there and cannot be written, nor its log beside it (a read-only folder or file system, a full disk), is
 * opened as it is, for reading: see {@link openFrozen}.
 */
export function openShared(
  path: string,
  synchronous: 'NORMAL' | 'FULL',
  prepare: (database: DatabaseSync) => void,
): DatabaseSync {
  const settings = `${PATIENCE}; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000`
  if (path !== ':memory:') {
    refuseUndecodable(path)
    refuseSpecial(path)
    const isMade = isAbsent(path) && makePrepared(path, (part) => prepared(openSqlite(part), settings, prepare))
    if (isMade) return prepared(openSqlite(path), settings, () => {})
  }
  try {
    return prepared(openSqlite(path), settings, prepare)
  } catch (error) {
    if (!isUnwritable(error) || !isWholeWithoutLog(path)) throw error
    return prepared(openFrozen(path), 'PRAGMA cache_size = -16000', prepare)
  }
}

/**
 * Makes a file that is not there, prepared or not at all: a disk that is full must not leave an empty one. False when
 * another process has made it meanwhile.
 */
function makePrepared(path: string, prepareNew: (part: string) => DatabaseSync): boolean {
  const made = makeFolder(dirname(path), 0o700)
  const part = join(dirname(path), `.crbus-${randomUUID()}.part`)
  try {
    const database = prepareNew(part)
    try {
      // Closing moves what is in the log to the file as well, and does not say when it could not.
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

/** Opens a file that is there for reading alone, also where it may not be written. */
export function openToRead(path: string): DatabaseSync {
  refuseSpecial(path)
  const database = openSqlite(path, { readOnly: true })
  try {
    // Opening reads nothing yet.
    database.exec(`${PATIENCE}; SELECT 1 FROM sqlite_schema LIMIT 1`)
    return database
  } catch (error) {
    database.close()
    if (!isUnwritable(error) || !isWholeWithoutLog(path)) throw error
    return openFrozen(path)
  }
}

/** A link that leads nowhere is there: the file is made where it leads. */
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
 * Opens a file without its log and without locks, for reading. SQLite needs a log and an index of it beside the file even
 * to read, and cannot make them here. What others write later is not seen (https://sqlite.org/uri.html, "immutable").
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
  frozen.set(database, () => stateOf() !== before)
  return database
}

const frozen = new WeakMap<DatabaseSync, () => boolean>()

/**
 * Whether another process has changed a file since it was opened without locks, so that what was read of it may not fit
 * together. Never of a file that was opened as usual.
 */
export const hasThawed = (database: DatabaseSync): boolean => frozen.get(database)?.() ?? false

/** Whether the file is there and its log holds nothing: what a killed writer left in the log would be missing. */
function isWholeWithoutLog(path: string): boolean {
  const size = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0
  return path !== ':memory:' && size(path) > 0 && size(`${realpathSync(path)}-wal`) === 0
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
    rollBack(database)
    throw error
  }
}

/** SQLite itself ends a transaction after some errors, as of a full disk. Node 22.15 cannot tell (`isTransaction`). */
function rollBack(database: DatabaseSync): void {
  if (database.isTransaction === false) return
  try {
    database.exec('ROLLBACK')
  } catch {
    // No transaction is active. The caller throws the error that ended it.
  }
}
