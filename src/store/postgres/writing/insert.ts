import type { CommitPlan } from '../../commit-plan.ts'
import { isSentAgain } from '../../dead-letter-text.ts'
import { eventArrays } from './columns.ts'

/** How rows of one table are passed to a statement: as one array for each column. */
interface RowKind<Row> {
  /** The type of each column, in the order of the arrays. */
  readonly columns: Readonly<Record<string, string>>
  readonly arrays: (rows: readonly Row[]) => readonly unknown[]
}

const EVENT = { event_type: 'text', event_version: 'integer', event_data: 'bytea', metadata: 'text' }

export const events: RowKind<CommitPlan['events'][number]> = {
  columns: { stream_id: 'text', version: 'bigint', ...EVENT },
  arrays: (rows) => [rows.map(({ streamId }) => streamId), rows.map(({ version }) => version), ...eventArrays(rows)],
}

type TimerToWrite = CommitPlan['timers'] extends ReadonlyMap<string, infer T> ? T : never

export const timers: RowKind<TimerToWrite> = {
  columns: { id: 'text', stream_id: 'text', due_at: 'timestamptz', ...EVENT },
  arrays: (rows) => [
    rows.map(({ id }) => id),
    rows.map(({ streamId }) => streamId),
    rows.map(({ due }) => due.toISOString()),
    ...eventArrays(rows),
  ],
}

export const messages: RowKind<CommitPlan['messages'][number]> = {
  columns: { stream_id: 'text', topic: 'text', record_key: 'text', ...EVENT },
  arrays: (rows) => [
    rows.map(({ streamId }) => streamId),
    rows.map(({ topic }) => topic),
    rows.map(({ key }) => key),
    ...eventArrays(rows),
  ],
}

type RejectedToWrite = CommitPlan['rejected'] extends ReadonlyMap<string, infer T> ? T : never

export const rejected: RowKind<RejectedToWrite> = {
  columns: {
    stream_id: 'text',
    original_timestamp: 'timestamptz',
    error_message: 'text',
    error_details: 'text',
    head: 'text',
    ...EVENT,
  },
  arrays: (rows) => [
    rows.map(({ streamId }) => streamId),
    rows.map(({ originalTimestamp }) => originalTimestamp.toISOString()),
    rows.map(({ error }) => error),
    rows.map(({ details }) => details),
    rows.map(({ head }) => head),
    ...eventArrays(rows),
  ],
}

/**
 * Returns the SQL that unnests the arrays of a kind into rows. `first` is the number of the parameter with the first array. The
 * column `row_index` numbers the rows.
 */
const unnestRows = (kind: RowKind<never>, first: number): string => {
  const names = Object.keys(kind.columns)
  const arrays = Object.values(kind.columns).map((type, index) => `$${first + index}::${type}[]`)
  return `unnest(${arrays}) WITH ORDINALITY AS given(${names}, row_index)`
}

// The functions below return SQL. `owner` is the number of the parameter with the owner, `first` the number of the parameter with
// the first array. Rows are inserted in the order of their keys, so that concurrent writers to the same streams wait for each
// other without a deadlock.

export const insertEvents = (first: number, where = ''): string =>
  `INSERT INTO events (${Object.keys(events.columns)})
   SELECT stream_id, version, event_type, event_version, event_data, metadata::jsonb
   FROM ${unnestRows(events, first)} ${where} ORDER BY stream_id, version`

export const setTimers = (owner: number, first: number, where = ''): string =>
  `INSERT INTO crbus_timers (owner, ${Object.keys(timers.columns)})
   SELECT $${owner}, id, stream_id, due_at, event_type, event_version, event_data, metadata::jsonb
   FROM ${unnestRows(timers, first)} ${where} ORDER BY id
   ON CONFLICT (owner, id) DO UPDATE SET stream_id = excluded.stream_id, due_at = excluded.due_at,
     event_type = excluded.event_type, event_version = excluded.event_version, event_data = excluded.event_data,
     metadata = excluded.metadata`

export const insertMessages = (owner: number, first: number, where = ''): string =>
  `INSERT INTO crbus_outbox (owner, ${Object.keys(messages.columns)})
   SELECT $${owner}, stream_id, topic, record_key, event_type, event_version, event_data, metadata::jsonb
   FROM ${unnestRows(messages, first)} ${where} ORDER BY row_index`

const IS_SENT_AGAIN = isSentAgain((text) => `starts_with(coalesce(resolution_notes, ''), '${text}')`)

/** Leaves out rows that exist, unless their event was sent again since then. The caller holds a lock, because no unique key refuses a row that two writers insert. */
export const insertRejected = (first: number): string =>
  `INSERT INTO failed_events (stream_id, original_timestamp, error_message, error_details, event_type, event_version, event_data, metadata)
   SELECT stream_id, original_timestamp, error_message, error_details, event_type, event_version, event_data, metadata::jsonb
   FROM ${unnestRows(rejected, first)} WHERE NOT EXISTS (
     SELECT FROM failed_events f WHERE f.stream_id = given.stream_id AND starts_with(f.error_details, given.head)
       AND NOT ${IS_SENT_AGAIN}) ORDER BY row_index`
