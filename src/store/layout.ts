import { advice, type Hint } from '../bus/hints.ts'
import type { StoreBacklog } from './backlog.ts'
import { storeMismatch } from './errors.ts'
import type { DeadLetters, EventStore } from './event-store.ts'
import { storeHints } from './hints.ts'

/** The type of a column, independent of the database. A column with `?` may be NULL. */
type ColumnType = 'text' | 'integer' | 'bigint' | 'bytes' | 'json' | 'time'
type Column = ColumnType | `${ColumnType}?`

interface TableLayout {
  readonly columns: Readonly<Record<string, Column>>
  /** The columns that must be unique together, because every write relies on it. */
  readonly key: readonly string[]
  /** Columns that earlier versions of crbus did not have. They may be NULL, and are added to an existing table. */
  readonly added?: readonly string[]
}

/** The columns of an event, in every table that stores events. */
const event = { event_type: 'text', event_version: 'integer', event_data: 'bytes', metadata: 'json?' } as const

// Spelled out, because `keyof typeof tables` would put all columns into the published types.
/** The name of a table of an event store. */
export type TableName = 'events' | 'snapshots' | 'failed_events' | 'crbus_outbox' | 'crbus_timers'

/**
 * The tables of a store. `events`, `snapshots` and `failed_events` are tables of Composable Rust, which services in both
 * languages may share; the others belong to crbus.
 */
const tables = {
  events: {
    columns: { stream_id: 'text', version: 'bigint', ...event, created_at: 'time' },
    key: ['stream_id', 'version'],
  },
  snapshots: {
    columns: { stream_id: 'text', version: 'bigint', state_data: 'bytes', created_at: 'time' },
    key: ['stream_id'],
  },
  failed_events: {
    columns: {
      id: 'bigint',
      stream_id: 'text',
      ...event,
      original_timestamp: 'time',
      error_message: 'text',
      error_details: 'text?',
      retry_count: 'integer',
      first_failed_at: 'time',
      last_failed_at: 'time',
      status: 'text',
      resolved_at: 'time?',
      resolved_by: 'text?',
      resolution_notes: 'text?',
    },
    key: ['id'],
  },
  crbus_outbox: {
    columns: {
      id: 'bigint',
      owner: 'text',
      stream_id: 'text?',
      topic: 'text',
      record_key: 'text?',
      ...event,
      attempts: 'integer',
      created_at: 'time',
    },
    key: ['id'],
    added: ['record_key'],
  },
  crbus_timers: {
    columns: { owner: 'text', id: 'text', stream_id: 'text', due_at: 'time', ...event },
    key: ['owner', 'id'],
  },
} as const satisfies Readonly<Record<TableName, TableLayout>>

export const tableNames = Object.keys(tables) as TableName[]

/** A table, index or column of a store, as `PostgresEventStore.init` reports it. */
export interface StorePart {
  /** A column is listed only if a table that an earlier version of crbus created lacks the column. */
  readonly kind: 'table' | 'index' | 'column'
  /** The name of the table, index or column. */
  readonly name: string
  /** The table that the part belongs to; for a table, the table itself. */
  readonly table: TableName
  /** False if the part is missing, so that `create` would create it. */
  readonly exists: boolean
}

/**
 * Inspects a store and creates its tables. Does not alter existing tables, except that it adds columns to the tables of crbus.
 */
export interface StoreSetup {
  readonly kind: 'sqlite' | 'postgres'
  /** The location of the store, without a password. */
  readonly location: string
  /** Lists the parts of the store without changing anything. Rejects with `STORE_MISMATCH` if a table has a different layout. */
  inspect(): Promise<readonly StorePart[]>
  /**
   * Reads what waits in the store, for all owners, and who holds their leases. Takes no lease and changes nothing. All tables
   * must exist.
   */
  backlog(): Promise<StoreBacklog>
  /** Opens the dead letters, which are closed with the setup. Their table must exist. */
  deadLetters(): DeadLetters
  /**
   * Creates the missing parts, all or none, and returns them. Rejects with `STORE_MISMATCH` if a table has a different layout.
   */
  create(): Promise<readonly StorePart[]>
  /** Opens the store. Its tables must exist: only a file gets those that are missing. The caller closes the store. */
  open(): Promise<EventStore>
  [Symbol.asyncDispose](): Promise<void>
}

/** Returns the columns that tables lack because an earlier version of crbus created them. */
export function missingColumns(found: readonly FoundTable[]): StorePart[] {
  return found.flatMap(({ name, columns }) => {
    const { added = [] }: TableLayout = tables[name]
    return added
      .filter((column) => !columns.has(column))
      .map((column): StorePart => ({ kind: 'column', name: column, table: name, exists: false }))
  })
}

/** Whether a database's message about a missing column names a column that newer versions of crbus add. */
export const isAddedColumn = (message: string): boolean =>
  Object.values<TableLayout>(tables).some(({ added = [] }) => added.some((column) => message.includes(column)))

/** A table that exists in the database. */
export interface FoundTable {
  readonly name: TableName
  /** The kind of the object when it is not a table, such as `view`. */
  readonly otherKind?: string | undefined
  readonly columns: ReadonlyMap<string, FoundColumn>
  /** The columns of each unique index and key. */
  readonly keys: readonly (readonly string[])[]
}

interface FoundColumn {
  /** The name of the type in the database. */
  readonly type: string
  readonly isNullable: boolean
  /** Whether a row can be inserted without a value for the column. */
  readonly hasDefault: boolean
}

/** The names that a database has for each column type: first the name in new tables, then other names that are accepted. */
export type TypeNames = Readonly<Record<ColumnType, readonly [string, ...string[]]>>

/** Throws `STORE_MISMATCH` with all differences if a table does not have the layout of an event store table. */
export function checkTables(found: readonly FoundTable[], typeNames: TypeNames, location: string): void {
  const differing = found
    .map((table) => [table.name, differences(table, typeNames)] as const)
    .filter(([, list]) => list.length > 0)
  if (differing.length === 0) return
  const lines = differing.map(([name, list]) => `table '${name}' of ${location} has another layout: ${list.join(', ')}`)
  throw storeMismatch(lines.join('; '), { hints: hintsFor(differing) })
}

/** Describes how a table differs from the layout. Unknown columns are accepted if a row can be inserted without them. */
function differences({ name, otherKind, columns, keys }: FoundTable, typeNames: TypeNames): string[] {
  if (otherKind !== undefined) return [`it is a ${otherKind}`]
  const layout: TableLayout = tables[name]
  const wanted = Object.entries(layout.columns)
  const missing = wanted
    .map(([column]) => column)
    .filter((column) => !columns.has(column) && !layout.added?.includes(column))
  const list =
    missing.length === 0
      ? []
      : [missing.length === 1 ? `column ${missing[0]} is missing` : `columns ${missing.join(', ')} are missing`]
  for (const [column, type] of wanted) {
    const known = columns.get(column)
    if (known === undefined) continue
    const [usualName, ...otherNames] = typeNames[type.replace('?', '') as ColumnType]
    if (known.type !== usualName && !otherNames.includes(known.type))
      list.push(`${column} is ${known.type} instead of ${usualName}`)
    if (type.endsWith('?') && !known.isNullable) list.push(`${column} is NOT NULL`)
  }
  for (const [column, { isNullable, hasDefault }] of columns) {
    const isUnknown = !Object.hasOwn(layout.columns, column)
    if (isUnknown && !isNullable && !hasDefault)
      list.push(`${column} is an unknown column that is NOT NULL without a default`)
  }
  const hasKey = keys.some((key) => key.length === layout.key.length && layout.key.every((part) => key.includes(part)))
  if (!hasKey && missing.length === 0) list.push(`${layout.key.join(', ')} is not unique`)
  return list
}

function hintsFor(differing: readonly (readonly [TableName, readonly string[]])[]): Hint[] {
  const lacksEventVersion = differing.every(
    ([name, list]) => name === 'events' && list.join() === 'column event_version is missing',
  )
  if (lacksEventVersion)
    return [advice('run the migrations of the service first: migration 004 of Composable Rust adds event_version')]
  return [storeHints.otherDatabase(), storeHints.otherSchema()]
}
