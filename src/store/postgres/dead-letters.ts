import { writeDetails } from '../dead-letter-text.ts'
import type { DeadLetterStatus, DeadLetters } from '../event-store.ts'
import { type DeadLetterRow, toDeadLetter } from '../rows.ts'
import { checkDeadLetter, checkDeadLetterChange, checkLimit, checkText, isRowId, toColumns } from '../stored-form.ts'
import type { Connections, Row } from './connection/connections.ts'
import { EVENT, time } from './writing/columns.ts'

const times = ['original_timestamp', 'first_failed_at', 'last_failed_at', 'resolved_at']
  .map((column) => time(column))
  .join(', ')
const COLUMNS = `id, stream_id, ${EVENT}, ${times}, error_message, error_details, retry_count, status, resolved_by, resolution_notes`

/** A condition: the dead letter `$1` is neither resolved nor discarded. */
const IS_OPEN = `id = $1::bigint AND status IN ('pending', 'processing')`

export function postgresDeadLetters({ query }: Connections): DeadLetters {
  const closeAs = async (status: DeadLetterStatus, id: string, by: string, notes?: string) => {
    checkText('the name of the person or program', by)
    if (notes !== undefined) checkText('the notes', notes)
    if (!isRowId(id)) return false
    const { count } = await query(
      `UPDATE failed_events SET status = $2, resolved_at = now(), resolved_by = $3, resolution_notes = $4 WHERE ${IS_OPEN}`,
      [id, status, by, notes],
    )
    return count > 0
  }
  return {
    async add(entry) {
      checkDeadLetter(entry)
      const { streamId, topic, key, originalTimestamp, error, details, retryCount = 0 } = entry
      const { eventType, eventVersion, data, metadata } = toColumns(entry.event)
      const { rows } = await query<Row<'id'>>(
        `INSERT INTO failed_events (stream_id, event_type, event_version, event_data, metadata, original_timestamp, error_message, error_details, retry_count)
         VALUES ($1, $2, $3, $4, $5::jsonb, $6::timestamptz, $7, $8, $9) RETURNING id`,
        [
          streamId,
          eventType,
          eventVersion,
          data,
          metadata,
          originalTimestamp.toISOString(),
          error,
          writeDetails(topic, details, key),
          retryCount,
        ],
      )
      return rows[0]?.id as string
    },
    async list({ status, limit = 100, after = '0' } = {}) {
      checkLimit(limit)
      if (!isRowId(after)) return []
      const { rows } = await query<DeadLetterRow>(
        `SELECT ${COLUMNS} FROM failed_events WHERE ($1::text[] IS NULL OR status = ANY ($1)) AND id > $2::bigint ORDER BY id LIMIT $3::bigint`,
        [status === undefined ? null : [status].flat(), after, limit],
      )
      return rows.map(toDeadLetter)
    },
    async get(id) {
      if (!isRowId(id)) return undefined
      const { rows } = await query<DeadLetterRow>(`SELECT ${COLUMNS} FROM failed_events WHERE id = $1::bigint`, [id])
      return rows[0] && toDeadLetter(rows[0])
    },
    async count(status) {
      const { rows } = await query<Row<'count'>>(
        'SELECT count(*) AS count FROM failed_events WHERE $1::text IS NULL OR status = $1',
        [status],
      )
      return Number(rows[0]?.count)
    },
    async retried(id) {
      if (!isRowId(id)) return false
      const { count } = await query(
        `UPDATE failed_events SET retry_count = retry_count + 1, last_failed_at = now(), status = 'pending' WHERE ${IS_OPEN}`,
        [id],
      )
      return count > 0
    },
    resolve: (id, by, notes) => closeAs('resolved', id, by, notes),
    discard: (id, by, notes) => closeAs('discarded', id, by, notes),
    async change(changes) {
      for (const one of changes) checkDeadLetterChange(one)
      const known = changes.filter(({ id }) => isRowId(id))
      if (known.length === 0) return new Set()
      // One statement is one transaction. Rows are locked in the order of their ids, so that two callers do not deadlock.
      const { rows } = await query<Row<'id'>>(
        `WITH given AS (SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
           AS g(id, old_status, old_notes, new_status, by, notes)),
         held AS (SELECT f.id FROM failed_events f JOIN given g ON g.id = f.id ORDER BY f.id FOR UPDATE OF f)
         UPDATE failed_events f SET status = g.new_status, resolved_by = g.by, resolution_notes = g.notes,
           resolved_at = CASE WHEN g.new_status IN ('resolved', 'discarded') THEN now() END
         FROM given g JOIN held h ON h.id = g.id
         WHERE f.id = g.id AND f.status = g.old_status AND f.resolution_notes IS NOT DISTINCT FROM g.old_notes
         RETURNING f.id`,
        [
          known.map(({ id }) => id),
          known.map(({ from }) => from.status),
          known.map(({ from }) => from.notes ?? null),
          known.map(({ to }) => to.status),
          known.map(({ to }) => (to.status === 'pending' ? null : to.by)),
          known.map(({ to }) => (to.status === 'pending' ? null : (to.notes ?? null))),
        ],
      )
      return new Set(rows.map(({ id }) => id))
    },
  }
}
