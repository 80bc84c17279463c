import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { connectionFailed, EventBusError } from '../../bus/errors.ts'

/** The layout below. A file of a later one is refused, since an older crbus would not understand it. */
const LAYOUT = 1

/** How long to wait for another process's transaction. */
const BUSY_PATIENCE_MS = 10_000

/**
 * A record's row id is its partition's id and its offset in one number, so that appending is always at the end of a
 * partition's stretch of the table and a range of offsets is a range of ids. 2^36 offsets a partition and 2^17
 * partitions a file fit the 53 bits a JavaScript number keeps exactly.
 */
export const OFFSETS_PER_PARTITION = 2 ** 36

const tables = `
CREATE TABLE topics (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, config TEXT NOT NULL);
CREATE TABLE partitions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  topic_id INTEGER NOT NULL REFERENCES topics ON DELETE CASCADE,
  partition INTEGER NOT NULL,
  next_offset INTEGER NOT NULL DEFAULT 0,
  UNIQUE (topic_id, partition)
);
CREATE TABLE records (
  id INTEGER PRIMARY KEY,
  timestamp INTEGER NOT NULL,
  key BLOB,
  value BLOB,
  headers TEXT
);
CREATE TABLE groups (name TEXT PRIMARY KEY, generation INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
CREATE TABLE members (
  group_name TEXT NOT NULL REFERENCES groups ON DELETE CASCADE,
  member_id TEXT NOT NULL,
  client_id TEXT NOT NULL,
  topics TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (group_name, member_id)
) WITHOUT ROWID;
CREATE TABLE claims (
  group_name TEXT NOT NULL,
  partition_id INTEGER NOT NULL REFERENCES partitions ON DELETE CASCADE,
  member_id TEXT NOT NULL,
  PRIMARY KEY (group_name, partition_id),
  FOREIGN KEY (group_name, member_id) REFERENCES members ON DELETE CASCADE
) WITHOUT ROWID;
CREATE TABLE offsets (
  group_name TEXT NOT NULL REFERENCES groups ON DELETE CASCADE,
  partition_id INTEGER NOT NULL REFERENCES partitions ON DELETE CASCADE,
  next_offset INTEGER NOT NULL,
  PRIMARY KEY (group_name, partition_id)
) WITHOUT ROWID;
CREATE VIEW log AS
  SELECT t.name AS topic, p.partition, r.id % ${OFFSETS_PER_PARTITION} AS "offset", r.timestamp, r.key, r.value, r.headers
  FROM records r JOIN partitions p ON p.id = r.id / ${OFFSETS_PER_PARTITION} JOIN topics t ON t.id = p.topic_id;
`

/**
 * Opens the file, making it and its folder when they are not there.
 *
 * `synchronous = NORMAL` under WAL: what was acknowledged survives any death of the process, and of the machine all but
 * the last moments. It is the trade Kafka makes with its own default, which never waits for the disk.
 */
export function openDatabase(path: string): DatabaseSync {
  makeFolder(dirname(path))
  const database = new DatabaseSync(path, { timeout: BUSY_PATIENCE_MS })
  try {
    database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -16000',
    )
    prepareTables(database, path)
    return database
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

function prepareTables(database: DatabaseSync, path: string): void {
  const readLayout = () => Number(database.prepare('PRAGMA user_version').get()?.user_version)
  if (readLayout() === 0) {
    transact(database, () => {
      // Another process may have made them since.
      if (readLayout() === 0) database.exec(`${tables} PRAGMA user_version = ${LAYOUT}`)
    })
  }
  const layout = readLayout()
  if (layout === LAYOUT) return
  throw connectionFailed(`${path} was written by a newer crbus (layout ${layout}; this one knows ${LAYOUT})`, {
    suggestions: ['update crbus', 'name another folder with --data-dir'],
  })
}

/** Runs a change as one transaction, taking the write lock at once so that it never has to be given up half-way. */
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

/** Does something with the file; whatever it throws is an `EventBusError`. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asBusError(error, path)
  }
}

/** SQLite's primary result codes (https://sqlite.org/rescode.html); the extended ones have more above the low byte. */
const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11

function asBusError(error: unknown, path: string): EventBusError {
  if (error instanceof EventBusError) return error
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined
  if (code === SQLITE_BUSY) {
    const reason = `another process has kept the embedded bus at ${path} to itself for ${BUSY_PATIENCE_MS / 1000} s`
    return connectionFailed(reason, { cause: error, suggestions: ['try again when that process is done'] })
  }
  const reason = error instanceof Error ? error.message : String(error)
  if (code === SQLITE_CORRUPT) {
    return connectionFailed(`the embedded bus at ${path} is damaged: ${reason}`, {
      cause: error,
      suggestions: ['bring the file back from a copy', `sqlite3 ${path} .recover`],
    })
  }
  return connectionFailed(`the embedded bus at ${path} cannot be used: ${reason}`, {
    cause: error,
    suggestions: ['name another folder with --data-dir', 'check that the file is a crbus one and may be written'],
  })
}
