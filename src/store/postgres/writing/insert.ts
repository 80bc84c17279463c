import type { CommitPlan } from '../../commit-plan.ts'
import { eventArrays } from './columns.ts'

/** A kind of rows to insert, as one array for each column. */
interface Kind<Row> {
  /** The type of each column, in the order of the arrays. */
  readonly columns: Readonly<Record<string, string>>
  readonly arrays: (rows: readonly Row[]) => readonly unknown[]
}

const EVENT = { event_type: 'text', event_version: 'integer', event_data: 'bytea', metadata: 'text' }

export const events: Kind<CommitPlan['events'][number]> = {
  columns: { stream_id: 'text', version: 'bigint', ...EVENT },
  arrays: (rows) => [rows.map(({ streamId }) => streamId), rows.map(({ version }) => version), ...eventArrays(rows)],
}

type TimerToWrite = CommitPlan['timers'] extends ReadonlyMap<string, infer T> ? T : never

export const timers: Kind<TimerToWrite> = {
  columns: { id: 'text', stream_id: 'text', due_at: 'timestamptz', ...EVENT },
  arrays: (rows) => [
    rows.map(({ id }) => id),
    rows.map(({ streamId }) => streamId),
    rows.map(({ due }) => due.toISOString()),
    ...eventArrays(rows),
  ],
}

export const messages: Kind<CommitPlan['messages'][number]> = {
  columns: { stream_id: 'text', topic: 'text', record_key: 'text', ...EVENT },
  arrays: (rows) => [
    rows.map(({ streamId }) => streamId),
    rows.map(({ topic }) => topic),
    rows.map(({ key }) => key),
    ...eventArrays(rows),
  ],
}

type RejectedToWrite = CommitPlan['rejected'] extends ReadonlyMap<string, infer T> ? T : never

export const rejected: Kind<RejectedToWrite> = {
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
 * Unnests the arrays of a kind into rows. `first` is the number of its first parameter; the column `row_index` numbers
 * the rows.
 */
const given = (kind: Kind<never>, first: number): string => {
  const names = Object.keys(kind.columns)
  const arrays = Object.values(kind.columns).map((type, index) => `$${first + index}::${type}[]`)
  return `unnest(${arrays}) WITH ORDINALITY AS given(${names}, row_index)`
}

// The numbers are those of parameters: of the owner, and of the first array. Rows are locked in the order of their keys,
// so that
// concurrent writers of the same streams wait for one another without a deadlock.

export const insertEvents = (first: number, where = ''): string =>
  `INSERT INTO events (${Object.keys(events.columns)})
   SELECT stream_id, version, event_type, event_version, event_data, metadata::jsonb
   FROM ${given(events, first)} ${where} ORDER BY stream_id, version`

export const setTimers = (owner: number, first: number, where = ''): string =>
  `INSERT INTO crbus_timers (owner, ${Object.keys(timers.columns)})
   SELECT $${owner}, id, stream_id, due_at, event_type, event_version, event_data, metadata::jsonb
   FROM ${given(timers, first)} ${where} ORDER BY id
   ON CONFLICT (owner, id) DO UPDATE SET stream_id = excluded.stream_id, due_at = excluded.due_at,
     event_type = excluded.event_type, event_version = excluded.event_version, event_data = excluded.event_data,
     metadata = excluded.metadata`

export const insertMessages = (owner: number, first: number, where = ''): string =>
  `INSERT INTO crbus_outbox (owner, ${Object.keys(messages.columns)})
   SELECT $${owner}, stream_id, topic, record_key, event_type, event_version, event_data, metadata::jsonb
   FROM ${given(messages, first)} ${where} ORDER BY row_index`

/** Leaves out rows that exist. The caller holds a lock, since no unique key refuses a row that two writers insert. */
export const insertRejected = (first: number): string =>
  `INSERT INTO failed_events (stream_id, original_timestamp, error_message, error_details, event_type, event_version, event_data, metadata)
   SELECT stream_id, original_timestamp, error_message, error_details, event_type, event_version, event_data, metadata::jsonb
   FROM ${given(rejected, first)} WHERE NOT EXISTS (
     SELECT FROM failed_events f WHERE f.stream_id = given.stream_id AND starts_with(f.error_details, given.head)) ORDER BY row_index`
