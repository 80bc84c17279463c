import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { connectionFailed, EventBusError, type EventBusErrorDetails, transportError } from '../../bus/errors.ts'
import { faultOf, isBusy } from '../../sqlite/fault.ts'
import { BUSY_PATIENCE_MS, openShared, transact } from '../../sqlite/shared-file.ts'

/** The layout below. A file of a later one is refused, since an older crbus would not understand it. */
const LAYOUT = 1

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
  session_timeout INTEGER,
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
export const openDatabase = (path: string): DatabaseSync =>
  openShared(path, 'NORMAL', (database) => prepareTables(database, path))

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

/** Does something with the file; whatever it throws is an `EventBusError`. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asBusError(error, path)
  }
}

/** Whether another process keeps the file to itself, which passes by itself. */
export const isLocked = (error: unknown): error is EventBusError =>
  error instanceof EventBusError && isBusy(error.cause)

/** `undefined` where there is no file, as of a database in memory. */
export const inodeOf = (path: string): bigint | undefined =>
  statSync(path, { bigint: true, throwIfNoEntry: false })?.ino

function asBusError(error: unknown, path: string): EventBusError {
  if (error instanceof EventBusError) return error
  const { kind, reason, suggestions } = faultOf(error, path, BUSY_PATIENCE_MS)
  const said = `the embedded bus at ${path} ${reason}`
  switch (kind) {
    case 'full':
      // A bus that is there may be changed when there is room again, one that could not be made is not.
      if (inodeOf(path) === undefined) return new EventBusError('REFUSED', said, { cause: error, suggestions })
      return new DiskFullError(said, { cause: error, suggestions })
    case 'read-only':
      // It may become writable again: a file system that is mounted read-only after an error of its disk.
      return new EventBusError('REFUSED', said, { cause: error, suggestions, isPassing: true })
    case 'input-output':
      return transportError(said, { cause: error, suggestions })
    case 'busy':
      return connectionFailed(
        `another process has kept the embedded bus at ${path} to itself for ${BUSY_PATIENCE_MS / 1000} s`,
        { cause: error, suggestions: ['try again when that process is done'] },
      )
    case 'unopenable':
      return new EventBusError('REFUSED', said, {
        cause: error,
        suggestions: [...suggestions, 'name another folder with --data-dir'],
      })
    case 'damaged':
      return connectionFailed(said, { cause: error, suggestions })
    default:
      return connectionFailed(said, {
        cause: error,
        suggestions: [...suggestions, 'name another folder with --data-dir'],
      })
  }
}

/** There is no room for a change. What was committed before stays, and a change may succeed when there is room again. */
export class DiskFullError extends EventBusError {
  constructor(message: string, details: EventBusErrorDetails) {
    super('TRANSPORT_ERROR', `Transport error: ${message}`, details)
  }
}
