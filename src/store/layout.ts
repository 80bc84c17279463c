import { storeMismatch } from './errors.ts'

/** What a column holds, whatever the database calls it. With `?` it may be NULL. */
type ColumnType = 'text' | 'integer' | 'bigint' | 'bytes' | 'json' | 'time'
type Column = ColumnType | `${ColumnType}?`

interface TableLayout {
  readonly columns: Readonly<Record<string, Column>>
  /** What no two rows have in common, on which every write relies. */
  readonly key: readonly string[]
  /** Columns that tables of earlier versions of crbus lack. They may be NULL, and are added to such a table. */
  readonly added?: readonly string[]
}

/** Columns of every table that holds events. */
const event = { event_type: 'text', event_version: 'integer', event_data: 'bytes', metadata: 'json?' } as const

// Spelled out, because `keyof typeof tables` would put all columns into the published types.
export type TableName = 'events' | 'snapshots' | 'failed_events' | 'crbus_outbox' | 'crbus_timers'

/**
 * The tables of a store. `events`, `snapshots` and `failed_events` are Composable Rust's own, which its services and ours
 * may share; the others are crbus's.
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
  /** A column is listed only where one of crbus's own tables was made by an earlier version and lacks it. */
  readonly kind: 'table' | 'index' | 'column'
  readonly name: string
  /** The table it is, or belongs to. */
  readonly table: TableName
  /** False: crbus would create it. */
  readonly exists: boolean
}

/** Makes the tables of one store. What is there is not altered, but for columns that are added to crbus's own tables. */
export interface StoreSetup {
  readonly kind: 'sqlite' | 'postgres'
  /** Where it is, without a password. */
  readonly location: string
  /** Looks, without changing anything. `STORE_MISMATCH` when a table is there and is another one. */
  inspect(): Promise<readonly StorePart[]>
  /** Creates what is missing, all of it or nothing, and answers what that was. `STORE_MISMATCH` as above. */
  create(): Promise<readonly StorePart[]>
  [Symbol.asyncDispose](): Promise<void>
}

/** The columns that found tables lack because an earlier version of crbus made them. */
export function missingColumns(found: readonly FoundTable[]): StorePart[] {
  return found.flatMap(({ name, columns }) => {
    const { added = [] }: TableLayout = tables[name]
    return added
      .filter((column) => !columns.has(column))
      .map((column): StorePart => ({ kind: 'column', name: column, table: name, exists: false }))
  })
}

/** A column by a word of a database's message that says that it is missing. */
export const isAddedColumn = (message: string): boolean =>
  Object.values<TableLayout>(tables).some(({ added = [] }) => added.some((column) => message.includes(column)))

/** A table as it was found. */
export interface FoundTable {
  readonly name: TableName
  /** What it is when it is no table, such as `view`. */
  readonly otherwise?: string | undefined
  readonly columns: ReadonlyMap<string, FoundColumn>
  /** The columns of every unique index and key. */
  readonly keys: readonly (readonly string[])[]
}

interface FoundColumn {
  /** The database's own name. */
  readonly type: string
  readonly isNullable: boolean
  /** A row can be inserted without saying it. */
  readonly hasDefault: boolean
}

/** What a database calls the types that a column may be of, the usual one first. */
export type TypeNames = Readonly<Record<ColumnType, readonly [string, ...string[]]>>

/** `STORE_MISMATCH` when one of these is no table of ours, with all that differs. */
export function checkTables(found: readonly FoundTable[], names: TypeNames, location: string): void {
  const differing = found
    .map((table) => [table.name, differences(table, names)] as const)
    .filter(([, list]) => list.length > 0)
  if (differing.length === 0) return
  const lines = differing.map(([name, list]) => `table '${name}' of ${location} is another one: ${list.join(', ')}`)
  throw storeMismatch(lines.join('\n'), { suggestions: suggestionsFor(differing) })
}

function differences({ name, otherwise, columns, keys }: FoundTable, names: TypeNames): string[] {
  if (otherwise !== undefined) return [`it is a ${otherwise}`]
  const layout: TableLayout = tables[name]
  const wanted = Object.entries(layout.columns)
  const lacking = wanted
    .map(([column]) => column)
    .filter((column) => !columns.has(column) && !layout.added?.includes(column))
  const list = lacking.length === 0 ? [] : [`it lacks ${lacking.join(', ')}`]
  for (const [column, type] of wanted) {
    const known = columns.get(column)
    if (known === undefined) continue
    const [usual, ...others] = names[type.replace('?', '') as ColumnType]
    if (known.type !== usual && !others.includes(known.type)) list.push(`${column} is ${known.type} and not ${usual}`)
    if (type.endsWith('?') && !known.isNullable) list.push(`${column} may not be null`)
  }
  for (const [column, { isNullable, hasDefault }] of columns) {
    const isUnknown = !Object.hasOwn(layout.columns, column)
    if (isUnknown && !isNullable && !hasDefault) list.push(`it has ${column}, which has to be filled`)
  }
  const hasKey = keys.some((key) => key.length === layout.key.length && layout.key.every((part) => key.includes(part)))
  if (!hasKey && lacking.length === 0) list.push(`${layout.key.join(', ')} is not unique`)
  return list
}

function suggestionsFor(differing: readonly (readonly [TableName, readonly string[]])[]): string[] {
  const isOld = differing.every(([name, list]) => name === 'events' && list.join() === 'it lacks event_version')
  if (isOld) return ["run the service's own migrations first: Composable Rust's 004 adds event_version"]
  return [
    'name another database: --store postgres://…/another',
    'or another schema of it: --store "postgres://…?options=-csearch_path%3Dcrbus"',
  ]
}
