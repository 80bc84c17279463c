import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { connectionFailed, EventBusError, type EventBusErrorDetails, transportError } from '../../bus/errors.ts'
import { advice } from '../../bus/hints.ts'
import { faultOf, isBusy } from '../../sqlite/fault.ts'
import { BUSY_TIMEOUT_MS, openShared, transact } from '../../sqlite/shared-file.ts'
import { driverHints } from '../hints.ts'

/** The version of the tables below, stored as `user_version`. A file with another version is refused. */
const LAYOUT = 1

/**
 * The row id of a record is the id of its partition times this number plus its offset, so a range of offsets is a range of row
 * ids, and records are appended at the end of that range. 2^36 offsets per partition and 2^17 partitions per file fit the 53
 * bits of an exact JavaScript integer.
 */
export const OFFSETS_PER_PARTITION = 2 ** 36

/** `generation` counts the rebalances of a group; a member that has seen a smaller number takes part in a rebalance. */
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
 * Opens the file, and creates it and its folder if they are missing.
 *
 * With `synchronous = NORMAL` in WAL mode, committed transactions survive a crash of the process; after a crash of the machine
 * the last ones may be lost. Kafka makes the same trade-off: by default, a broker does not wait for the disk.
 */
export const openDatabase = (path: string): DatabaseSync =>
  openShared(path, 'NORMAL', (database) => prepareTables(database, path))

function prepareTables(database: DatabaseSync, path: string): void {
  if (layoutOf(database) === 0) {
    transact(database, () => {
      // Another process may have created the tables meanwhile.
      if (layoutOf(database) === 0) database.exec(`${tables} PRAGMA user_version = ${LAYOUT}`)
    })
  }
  checkLayout(database, path)
}

/** Returns the version of the tables; 0 for a file without tables. */
const layoutOf = (database: DatabaseSync): number => Number(database.prepare('PRAGMA user_version').get()?.user_version)

/** Throws `CONNECTION_FAILED` for a file of a newer crbus. */
export function checkLayout(database: DatabaseSync, path: string): void {
  const layout = layoutOf(database)
  if (layout === LAYOUT || layout === 0) return
  throw connectionFailed(
    `${path} was written by a newer crbus (layout ${layout}; this crbus supports layout ${LAYOUT})`,
    {
      hints: [advice('update crbus'), driverHints.chooseFolder()],
    },
  )
}

/** Runs work on the file and turns every error into an `EventBusError`. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asBusError(error, path)
  }
}

/** Whether an error means that another process has locked the file, so that a retry may succeed. */
export const isLocked = (error: unknown): error is EventBusError =>
  error instanceof EventBusError && isBusy(error.cause)

/** Returns the inode of a file, or `undefined` if the path does not exist, as for a database in memory. */
export const inodeOf = (path: string): bigint | undefined =>
  statSync(path, { bigint: true, throwIfNoEntry: false })?.ino

function asBusError(error: unknown, path: string): EventBusError {
  if (error instanceof EventBusError) return error
  const { kind, reason, hints } = faultOf(error, path, BUSY_TIMEOUT_MS)
  const text = `the embedded bus at ${path} ${reason}`
  switch (kind) {
    case 'full':
      // Callers retry a `DiskFullError`: a change of an existing file may succeed once there is space. Creating a file is not
      // retried.
      if (inodeOf(path) === undefined) return new EventBusError('REFUSED', text, { cause: error, hints })
      return new DiskFullError(text, { cause: error, hints })
    case 'read-only':
      // A retry may succeed: Linux remounts a file system read-only after a disk error, until an administrator remounts it.
      return new EventBusError('REFUSED', text, { cause: error, hints, isPassing: true })
    case 'input-output':
      return transportError(text, { cause: error, hints })
    case 'busy':
      return connectionFailed(
        `another process has locked the embedded bus at ${path} for ${BUSY_TIMEOUT_MS / 1000} s`,
        { cause: error, hints: [advice('try again when that process has finished')] },
      )
    case 'unopenable':
      return new EventBusError('REFUSED', text, {
        cause: error,
        hints: [...hints, driverHints.chooseFolder()],
      })
    case 'damaged':
      return connectionFailed(text, { cause: error, hints })
    default:
      return connectionFailed(text, {
        cause: error,
        hints: [...hints, driverHints.chooseFolder()],
      })
  }
}

/** The error for a full disk. Earlier commits are kept, and a retry may succeed once there is space again. */
export class DiskFullError extends EventBusError {
  constructor(message: string, details: EventBusErrorDetails) {
    super('TRANSPORT_ERROR', `Transport error: ${message}`, details)
  }
}
