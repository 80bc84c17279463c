import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { openSqlite } from '../../sqlite/load-sqlite.ts'
import { readShared } from '../../sqlite/shared-file.ts'
import {
  checkTables,
  type FoundTable,
  missingColumns,
  type StorePart,
  type TableName,
  type TypeNames,
  tableNames,
} from '../layout.ts'

/** The columns of an event, in every table that stores events. */
export const EVENT_COLUMNS = 'event_type, event_version, event_data, metadata'

const EVENT = 'event_type TEXT NOT NULL, event_version INTEGER NOT NULL, event_data BLOB NOT NULL, metadata TEXT'
/** The current time as ISO 8601 text in UTC. */
const NOW = `DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))`

/** The tables and columns have the names of the Postgres store. Times are ISO 8601 texts in UTC, which sort by time. */
const statements: Readonly<Record<TableName, readonly string[]>> = {
  events: [
    `CREATE TABLE events (stream_id TEXT NOT NULL, version INTEGER NOT NULL, ${EVENT}, created_at TEXT NOT NULL ${NOW}, PRIMARY KEY (stream_id, version))`,
    'CREATE INDEX idx_events_created ON events (created_at, stream_id, version)',
  ],
  snapshots: [
    `CREATE TABLE snapshots (stream_id TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL, state_data BLOB NOT NULL, created_at TEXT NOT NULL ${NOW})`,
  ],
  failed_events: [
    `CREATE TABLE failed_events (
       id INTEGER PRIMARY KEY AUTOINCREMENT, stream_id TEXT NOT NULL, ${EVENT}, original_timestamp TEXT NOT NULL,
       error_message TEXT NOT NULL, error_details TEXT, retry_count INTEGER NOT NULL DEFAULT 0,
       first_failed_at TEXT NOT NULL ${NOW}, last_failed_at TEXT NOT NULL ${NOW},
       status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'processing', 'resolved', 'discarded')),
       resolved_at TEXT, resolved_by TEXT, resolution_notes TEXT)`,
    'CREATE INDEX idx_failed_events_status ON failed_events (status, id)',
    'CREATE INDEX idx_failed_events_stream ON failed_events (stream_id)',
  ],
  crbus_outbox: [
    // AUTOINCREMENT never reuses an id, so that a relay with an old id cannot delete another message.
    `CREATE TABLE crbus_outbox (
       id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, stream_id TEXT, topic TEXT NOT NULL, ${EVENT},
       attempts INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL ${NOW}, record_key TEXT)`,
    'CREATE INDEX idx_crbus_outbox_owner ON crbus_outbox (owner, id)',
  ],
  crbus_timers: [
    `CREATE TABLE crbus_timers (owner TEXT NOT NULL, id TEXT NOT NULL, stream_id TEXT NOT NULL, due_at TEXT NOT NULL, ${EVENT}, PRIMARY KEY (owner, id)) WITHOUT ROWID`,
    'CREATE INDEX idx_crbus_timers_due ON crbus_timers (owner, due_at)',
  ],
}

const types: TypeNames = {
  text: ['TEXT'],
  integer: ['INTEGER'],
  bigint: ['INTEGER'],
  bytes: ['BLOB'],
  json: ['TEXT'],
  time: ['TEXT'],
}

/** Lists the parts of a store and whether the file has them. Throws `STORE_MISMATCH` if a table has a different layout. */
export function inspectTables(database: DatabaseSync, path: string): StorePart[] {
  const kinds = new Map(
    database
      .prepare('SELECT name, type FROM sqlite_schema')
      .all()
      .map(({ name, type }) => [String(name), String(type)]),
  )
  const found = tableNames
    .filter((name) => kinds.has(name))
    .map((name) => describeTable(database, name, kinds.get(name)))
  checkTables(found, types, path)
  const parts = tableNames.flatMap((table) =>
    statements[table].map((sql): StorePart => {
      const [, kind, name = ''] = /^CREATE (TABLE|INDEX) (\w+)/.exec(sql) ?? []
      return { kind: kind === 'TABLE' ? 'table' : 'index', name, table, exists: kinds.has(name) }
    }),
  )
  return [...parts, ...missingColumns(found)]
}

/** Creates the missing parts in the caller's transaction, and returns them. */
export function createTables(database: DatabaseSync, path: string): StorePart[] {
  const missing = inspectTables(database, path).filter(({ exists }) => !exists)
  for (const { kind, name, table } of missing) {
    // The columns that newer versions add are texts that may be NULL.
    if (kind === 'column') database.exec(`ALTER TABLE ${table} ADD COLUMN ${name} TEXT`)
    else {
      const prefix = `CREATE ${kind.toUpperCase()} ${name} `
      for (const sql of statements[table]) if (sql.startsWith(prefix)) database.exec(sql)
    }
  }
  return missing
}

/** Lists the parts of the store in a file without creating the file. */
export function inspectFile(path: string): StorePart[] {
  if (path !== ':memory:' && existsSync(path)) return readShared(path, (database) => inspectTables(database, path))
  const database = openSqlite(':memory:')
  try {
    return inspectTables(database, path)
  } finally {
    database.close()
  }
}

function describeTable(database: DatabaseSync, name: TableName, kind: string | undefined): FoundTable {
  if (kind !== 'table') return { name, otherKind: kind, columns: new Map(), keys: [] }
  const columns = database.prepare(`PRAGMA table_xinfo(${name})`).all()
  const primary = columns.filter(({ pk }) => Number(pk) > 0).map((column) => String(column.name))
  const unique = database
    .prepare(`PRAGMA index_list(${name})`)
    .all()
    .filter((index) => Number(index.unique) === 1 && Number(index.partial) === 0)
    .map((index) =>
      database
        .prepare('SELECT name FROM pragma_index_info(?)')
        .all(String(index.name))
        .map((column) => String(column.name)),
    )
  return {
    name,
    keys: [primary, ...unique],
    columns: new Map(
      columns.map((column) => [
        String(column.name),
        {
          type: String(column.type).toUpperCase(),
          isNullable: Number(column.notnull) === 0,
          // `hidden` is 2 or 3 for a generated column.
          hasDefault: column.dflt_value !== null || Number(column.hidden) > 1,
        },
      ]),
    ),
  }
}
