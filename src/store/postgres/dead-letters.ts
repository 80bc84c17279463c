import { writeDetails } from '../dead-letter-text.ts'
import type { DeadLetterStatus, DeadLetters } from '../event-store.ts'
import { type DeadLetterRow, toDeadLetter } from '../rows.ts'
import { checkDeadLetter, checkLimit, checkText, isRowId, toColumns } from '../stored-form.ts'
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
      const { streamId, topic, originalTimestamp, error, details, retryCount = 0 } = entry
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
          writeDetails(topic, details),
          retryCount,
        ],
      )
      return rows[0]?.id as string
    },
    async list({ status, limit = 100, after = '0' } = {}) {
      checkLimit(limit)
      if (!isRowId(after)) return []
      const { rows } = await query<DeadLetterRow>(
        `SELECT ${COLUMNS} FROM failed_events WHERE ($1::text IS NULL OR status = $1) AND id > $2::bigint ORDER BY id LIMIT $3::bigint`,
        [status, after, limit],
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
  }
}
