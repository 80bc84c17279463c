import { randomUUID } from 'node:crypto'
import { existsSync, lstatSync, realpathSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { refuseSpecial } from '../files/cause.ts'
import { makeFolder, refuseUndecodable, removeFolders } from '../files/make-folder.ts'
import { placeNew } from '../files/write-whole.ts'
import { isUnwritable } from './fault.ts'
import { openSqlite } from './load-sqlite.ts'

/** How long a statement waits for the transaction of another process, in milliseconds. */
export const BUSY_TIMEOUT_MS = 10_000

/** Sets the time-out by a statement, because Node 22.15 ignores the `timeout` option of `DatabaseSync`. */
const SET_BUSY_TIMEOUT = `PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`

/**
 * Opens a database file that several processes use at once, in WAL mode. Creates the file and its folder if they are missing.
 * An existing file that cannot be written, or whose write-ahead log cannot (a read-only folder or file system, a full disk), is
 * opened for reading only; see {@link openImmutable}.
 *
 * @param synchronous The setting of SQLite that decides whether a commit waits for the disk.
 * @param prepare Creates the tables. If it throws, the database is closed again. Called once more with the next database if the
 *   file cannot be written or if another process creates the file at the same time.
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
    const isCreated =
      isAbsent(path) && createAtomically(path, (part) => initialize(openSqlite(part), settings, prepare))
    if (isCreated) return initialize(openSqlite(path), settings, () => {})
  }
  try {
    return initialize(openSqlite(path), settings, prepare)
  } catch (error) {
    if (!isUnwritable(error) || !isCompleteWithoutLog(path)) throw error
    return initialize(openImmutable(path), 'PRAGMA cache_size = -16000', prepare)
  }
}

/**
 * Creates a database file with its tables under a temporary name and then renames it, so that a full disk does not leave an empty
 * file. Returns false if another process has created the file meanwhile.
 */
function createAtomically(path: string, prepareNew: (part: string) => DatabaseSync): boolean {
  const createdFolders = makeFolder(dirname(path), 0o700)
  const part = join(dirname(path), `.crbus-${randomUUID()}.part`)
  try {
    const database = prepareNew(part)
    try {
      // Closing also copies the write-ahead log into the file, but does not report a failure to do so.
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } finally {
      database.close()
    }
    placeNew(part, path)
    return true
  } catch (error) {
    for (const ending of ['', '-wal', '-shm', '-journal']) rmSync(`${part}${ending}`, { force: true })
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    removeFolders(createdFolders)
    throw error
  }
}

/**
 * Runs reads on an existing file, also if the file or its folder is not writable. Leaves no log beside a file that no other
 * process has open. The reads may run twice.
 */
export function readShared<T>(path: string, read: (database: DatabaseSync) => T): T {
  refuseSpecial(path)
  if (isComplete(path)) {
    const database = openImmutable(path)
    try {
      const result = read(database)
      if (!hasChangedSinceOpened(database)) return result
    } catch (error) {
      if (!hasChangedSinceOpened(database)) throw error
    } finally {
      database.close()
    }
    // Another process has changed the file meanwhile: read again with its locks.
  }
  const database = openToRead(path)
  try {
    return read(database)
  } finally {
    database.close()
  }
}

/** Whether a file has neither a write-ahead log nor a journal, as after its last process has closed it. */
const isComplete = (path: string): boolean => {
  const file = realpathSync(path)
  return statSync(file).size > 0 && !existsSync(`${file}-wal`) && !existsSync(`${file}-journal`)
}

function openToRead(path: string): DatabaseSync {
  const database = openSqlite(path, { readOnly: true })
  try {
    // Opening does not read the file yet.
    database.exec(`${SET_BUSY_TIMEOUT}; SELECT 1 FROM sqlite_schema LIMIT 1`)
    return database
  } catch (error) {
    database.close()
    if (!isUnwritable(error) || !isCompleteWithoutLog(path)) throw error
    return openImmutable(path)
  }
}

/** Whether nothing is at the path. False for a broken link, because SQLite can create the file at the target of the link. */
const isAbsent = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) === undefined

/** Applies settings to an open database and runs `prepare`. Closes the database if either fails. */
function initialize(database: DatabaseSync, settings: string, prepare: (database: DatabaseSync) => void): DatabaseSync {
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
 * Opens a file for reading as immutable: without a write-ahead log and without locks (https://sqlite.org/uri.html, "immutable").
 * Otherwise SQLite creates a log and its index beside the file even for reading, which is not possible here. Later changes by
 * other processes are not seen.
 */
function openImmutable(path: string): DatabaseSync {
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
 * Whether another process has changed a file since {@link openImmutable} opened it, so that reads may be inconsistent. False for
 * a file that was opened with locks.
 */
export const hasChangedSinceOpened = (database: DatabaseSync): boolean => changedSinceOpened.get(database)?.() ?? false

/** Whether the file exists and its write-ahead log is empty or missing, so that reading without the log misses no data. */
function isCompleteWithoutLog(path: string): boolean {
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

/** Rolls back unless SQLite already has, as after a full disk. Node 22.15 cannot tell, because it lacks `isTransaction`. */
function rollBack(database: DatabaseSync): void {
  if (database.isTransaction === false) return
  try {
    database.exec('ROLLBACK')
  } catch {
    // SQLite has already rolled back. The caller throws the error that caused it.
  }
}
