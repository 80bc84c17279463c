import {
  checkTables,
  type FoundTable,
  missingColumns,
  type StorePart,
  type TableName,
  type TypeNames,
  tableNames,
} from '../layout.ts'
import { type Connections, type Query, type Row, transact } from './connection/connections.ts'

const EVENT = 'event_type TEXT NOT NULL, event_version INTEGER NOT NULL, event_data BYTEA NOT NULL, metadata JSONB'
const TIME = 'TIMESTAMPTZ NOT NULL DEFAULT now()'

/** The first three tables are those of Composable Rust after its migrations 001, 002, 004 and 005. */
const statements: Readonly<Record<TableName, readonly string[]>> = {
  events: [
    `CREATE TABLE events (
       stream_id TEXT NOT NULL, version BIGINT NOT NULL, event_type TEXT NOT NULL, event_data BYTEA NOT NULL,
       metadata JSONB, created_at ${TIME}, event_version INTEGER NOT NULL DEFAULT 1, PRIMARY KEY (stream_id, version))`,
    'CREATE INDEX idx_events_created ON events (created_at)',
    'CREATE INDEX idx_events_type ON events (event_type)',
    'CREATE INDEX idx_events_type_version ON events (event_type, event_version)',
  ],
  snapshots: [
    `CREATE TABLE snapshots (
       stream_id TEXT PRIMARY KEY, version BIGINT NOT NULL, state_data BYTEA NOT NULL, created_at ${TIME})`,
  ],
  failed_events: [
    `CREATE TABLE failed_events (
       id BIGSERIAL PRIMARY KEY, stream_id TEXT NOT NULL, ${EVENT}, original_timestamp TIMESTAMPTZ NOT NULL,
       error_message TEXT NOT NULL, error_details TEXT, retry_count INTEGER NOT NULL DEFAULT 0,
       first_failed_at ${TIME}, last_failed_at ${TIME}, status TEXT NOT NULL DEFAULT 'pending',
       resolved_at TIMESTAMPTZ, resolved_by TEXT, resolution_notes TEXT,
       CONSTRAINT failed_events_status_check CHECK (status IN ('pending', 'processing', 'resolved', 'discarded')))`,
    `CREATE INDEX idx_failed_events_status_failed_at ON failed_events (status, first_failed_at) WHERE status = 'pending'`,
    'CREATE INDEX idx_failed_events_stream ON failed_events (stream_id)',
    'CREATE INDEX idx_failed_events_type ON failed_events (event_type)',
    'CREATE INDEX idx_failed_events_type_version ON failed_events (event_type, event_version)',
    'CREATE INDEX idx_failed_events_timestamp ON failed_events (first_failed_at DESC)',
  ],
  crbus_outbox: [
    `CREATE TABLE crbus_outbox (
       id BIGSERIAL PRIMARY KEY, owner TEXT NOT NULL, stream_id TEXT, topic TEXT NOT NULL, ${EVENT},
       attempts INTEGER NOT NULL DEFAULT 0, created_at ${TIME}, record_key TEXT)`,
    'CREATE INDEX idx_crbus_outbox_owner ON crbus_outbox (owner, id)',
  ],
  crbus_timers: [
    `CREATE TABLE crbus_timers (
       owner TEXT NOT NULL, id TEXT NOT NULL, stream_id TEXT NOT NULL, due_at TIMESTAMPTZ NOT NULL, ${EVENT},
       PRIMARY KEY (owner, id))`,
    'CREATE INDEX idx_crbus_timers_due ON crbus_timers (owner, due_at)',
  ],
}

/** Lists the parts of a store and whether they exist. Throws `STORE_MISMATCH` if a table has a different layout. */
export async function inspectTables(query: Query, location: string): Promise<StorePart[]> {
  const found = await describeTables(query)
  checkTables([...found.values()], types, location)
  const indexes = await query<Row<'name' | 'index'>>(
    `SELECT t.name, c.relname AS index ${FROM_TABLES} JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid`,
    [tableNames],
  )
  const known = new Set([...found.keys(), ...indexes.rows.map(({ name, index }) => `${name}.${index}`)])
  const parts = tableNames.flatMap((table) =>
    statements[table].map((sql): StorePart => {
      const [, kind, name = ''] = /^CREATE (TABLE|INDEX) (\w+)/.exec(sql) ?? []
      return kind === 'TABLE'
        ? { kind: 'table', name, table, exists: known.has(name) }
        : { kind: 'index', name, table, exists: known.has(`${table}.${name}`) }
    }),
  )
  return [...parts, ...missingColumns([...found.values()])]
}

/** Creates the missing parts, all or none, and returns them. */
export async function createMissing(connections: Connections): Promise<readonly StorePart[]> {
  const { location } = connections
  for (;;) {
    const created = await connections.use((query) => transact(query, () => createTables(query, location)))
    if (created !== undefined) return created
    // Postgres has aborted the transaction as a deadlock victim, because creating an index can deadlock with a writer: retry.
  }
}

async function createTables(query: Query, location: string): Promise<StorePart[]> {
  // Take a lock, because services that start at the same time would fail if both created the same table.
  await query(`SELECT pg_advisory_xact_lock(hashtext('crbus store init'))`)
  const missing = (await inspectTables(query, location)).filter(({ exists }) => !exists)
  for (const { kind, name, table } of missing) {
    // The columns that newer versions add are texts that may be NULL.
    if (kind === 'column') await query(`ALTER TABLE ${table} ADD COLUMN ${name} TEXT`)
    else {
      const prefix = `CREATE ${kind.toUpperCase()} ${name} `
      for (const sql of statements[table]) if (sql.startsWith(prefix)) await query(sql)
    }
  }
  return missing
}

/** Selects the tables with the names `$1` that the search path of the connection finds, as its statements do. */
const FROM_TABLES = 'FROM (SELECT name, to_regclass(quote_ident(name)) AS oid FROM unnest($1::text[]) AS n(name)) t'

/** The kinds of objects that are not tables, by `relkind`. */
const kinds: Readonly<Record<string, string>> = { v: 'view', m: 'materialized view', f: 'foreign table', S: 'sequence' }

const types: TypeNames = {
  text: ['text', 'character varying'],
  integer: ['integer'],
  bigint: ['bigint'],
  bytes: ['bytea'],
  json: ['jsonb'],
  time: ['timestamp with time zone'],
}

async function describeTables(query: Query): Promise<Map<TableName, FoundTable>> {
  const columns = await query<Row<'name' | 'kind' | 'column' | 'type' | 'is_required' | 'has_default'>>(
    `SELECT t.name, c.relkind AS kind, a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type,
       a.attnotnull::text AS is_required, (a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '')::text AS has_default
     ${FROM_TABLES} JOIN pg_class c ON c.oid = t.oid
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
    [tableNames],
  )
  const keys = await query<Row<'name' | 'columns'>>(
    `SELECT t.name, (SELECT json_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = ANY (i.indkey))::text AS columns
     ${FROM_TABLES} JOIN pg_index i ON i.indrelid = t.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL`,
    [tableNames],
  )
  return new Map(
    [...Map.groupBy(columns.rows, ({ name }) => name as TableName)].map(([name, rows]) => [
      name,
      {
        name,
        otherKind: kinds[rows[0]?.kind ?? ''],
        columns: new Map(
          rows.map(({ column, type, is_required, has_default }) => [
            column,
            { type, isNullable: is_required === 'false', hasDefault: has_default === 'true' },
          ]),
        ),
        keys: keys.rows.filter((key) => key.name === name).map((key) => JSON.parse(key.columns) as string[]),
      },
    ]),
  )
}
