import { randomInt } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { EventBusError } from '../bus/errors.ts'
import { faultOf } from '../sqlite/fault.ts'
import { BUSY_TIMEOUT_MS, openShared, transact } from '../sqlite/shared-file.ts'
import { indexHints } from './hints.ts'

/** The version of the tables below, stored as `user_version`. */
const LAYOUT = 1
/** Tells an index from other databases of SQLite: "crix" as the `application_id`. */
const APPLICATION = 0x63726978

/**
 * Each record has a number, in the order of indexing. `records` holds pages of the records of one partition with consecutive
 * numbers. `entries` holds pages of pairs of a hash and a number, sorted; a run is a sorted set of pages for each kind. So an
 * append writes only new pages, where an index of SQLite itself would change pages everywhere for each random hash.
 *
 * A partition whose topic was created again gets a new row. Entries of records that are gone remain until their run is merged.
 */
const tables = `
CREATE TABLE about (
  seed INTEGER NOT NULL,
  next_number INTEGER NOT NULL DEFAULT 0,
  generation INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE fields (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE);
CREATE TABLE types (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE partitions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  topic TEXT NOT NULL,
  partition INTEGER NOT NULL,
  start_offset INTEGER NOT NULL,
  next_offset INTEGER NOT NULL,
  last_offset INTEGER,
  last_timestamp INTEGER,
  last_digest BLOB,
  UNIQUE (topic, partition)
);
CREATE TABLE skipped (
  partition_id INTEGER NOT NULL REFERENCES partitions ON DELETE CASCADE,
  first_offset INTEGER NOT NULL,
  next_offset INTEGER NOT NULL
);
CREATE TABLE records (
  first_number INTEGER PRIMARY KEY,
  count INTEGER NOT NULL,
  partition_id INTEGER NOT NULL REFERENCES partitions ON DELETE CASCADE,
  first_offset INTEGER NOT NULL,
  last_offset INTEGER NOT NULL,
  min_timestamp INTEGER NOT NULL,
  max_timestamp INTEGER NOT NULL,
  data BLOB NOT NULL
);
CREATE INDEX records_by_partition ON records (partition_id, last_offset);
CREATE TABLE runs (id INTEGER PRIMARY KEY AUTOINCREMENT, count INTEGER NOT NULL);
CREATE TABLE entries (
  id INTEGER PRIMARY KEY,
  run INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  kind INTEGER NOT NULL,
  first_hash INTEGER NOT NULL,
  data BLOB NOT NULL
);
CREATE INDEX entries_by_hash ON entries (run, kind, first_hash);
`

/** What is found by hash. The kind of a chosen payload field is `field` plus the id of the field. */
export const kinds = { correlation: 1, causation: 2, message: 3, key: 4, field: 16 } as const

/** The type of a record that is not an event. */
export const NO_TYPE = 0
/** The type of an event whose type is not stored: its name is too long, or there are too many types. */
export const OTHER_TYPE = 1

/** Opens an index file, and creates it and its folder if they are missing. */
export const openIndexFile = (path: string): DatabaseSync =>
  guarded(path, () => openShared(path, 'NORMAL', (database) => prepareTables(database, path)))

function prepareTables(database: DatabaseSync, path: string): void {
  if (numberOf(database, 'user_version') === 0) {
    transact(database, () => {
      // Another process may have created the tables meanwhile.
      if (numberOf(database, 'user_version') !== 0) return
      if (database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() !== undefined) throw notAnIndex(path)
      database.exec(`${tables} PRAGMA application_id = ${APPLICATION}; PRAGMA user_version = ${LAYOUT}`)
      database.prepare('INSERT INTO about (seed) VALUES (?)').run(randomInt(2 ** 31))
    })
  }
  if (numberOf(database, 'application_id') !== APPLICATION) throw notAnIndex(path)
  const layout = numberOf(database, 'user_version')
  if (layout === LAYOUT) return
  throw new EventBusError(
    'REFUSED',
    `the event index at ${path} was written by another release of crbus (layout ${layout}; this crbus supports layout ${LAYOUT})`,
    { hints: [indexHints.deleteIndex()] },
  )
}

const numberOf = (database: DatabaseSync, pragma: 'user_version' | 'application_id'): number =>
  Number(database.prepare(`PRAGMA ${pragma}`).get()?.[pragma])

const notAnIndex = (path: string): EventBusError =>
  new EventBusError('REFUSED', `${path} is not an event index of crbus`, { hints: [indexHints.deleteIndex()] })

/** The error for an index whose content cannot be right. `what` is what was found. */
export const damaged = (path: string, what: string): EventBusError =>
  new EventBusError('REFUSED', `the event index at ${path} is damaged: ${what}`, {
    hints: [indexHints.deleteIndex()],
  })

/** Runs work on an index file and turns every error of SQLite into an `EventBusError` that names the file. */
export function guarded<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof EventBusError || error instanceof IndexChangedError) throw error
    const { kind, reason, hints } = faultOf(error, path, BUSY_TIMEOUT_MS)
    // An index can be built again, so deleting it is better advice than a backup.
    const isBroken = kind === 'damaged' || kind === 'not-sqlite' || kind === 'other'
    throw new EventBusError('REFUSED', `the event index at ${path} ${reason}`, {
      hints: isBroken ? [indexHints.deleteIndex()] : hints,
      cause: error,
    })
  }
}

/** Another process has changed the index, so that what this one has read does not follow what is indexed. */
export class IndexChangedError extends Error {
  override readonly name = 'IndexChangedError'
}
