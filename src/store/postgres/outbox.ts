import { writeDetails } from '../dead-letter-text.ts'
import type { Outbox } from '../event-store.ts'
import { type MessageRow, toPending } from '../rows.ts'
import { checkLimit, checkName, checkReason, checkText, isRowId } from '../stored-form.ts'
import type { Connections, Row } from './connection/connections.ts'
import type { Leases } from './connection/lease.ts'
import { EVENT, time } from './writing/columns.ts'

/**
 * Deletes messages without waiting for the disk: if a deletion is lost, the message is only published again. The setting
 * `synchronous_commit` applies to this statement only.
 */
const DELETE_PUBLISHED = `WITH setting AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
  DELETE FROM crbus_outbox USING setting WHERE owner = $1 AND id = ANY ($2::bigint[])`
const COUNT_ATTEMPT = 'UPDATE crbus_outbox SET attempts = attempts + 1 WHERE owner = $1 AND id = ANY ($2::bigint[])'

export function postgresOutbox({ query }: Connections, leases: Leases): Outbox {
  const change = async (sql: string, owner: string, ids: readonly string[]) => {
    checkText('the owner', owner)
    await query(sql, [owner, ids.filter(isRowId)])
  }
  return {
    async pending(owner, limit, except = []) {
      checkText('the owner', owner)
      checkLimit(limit)
      const { rows } = await query<MessageRow>(
        `SELECT id, topic, record_key, attempts, ${time('created_at')}, ${EVENT} FROM crbus_outbox
         WHERE owner = $1 AND id <> ALL ($3::bigint[]) ORDER BY id LIMIT $2::bigint`,
        [owner, limit, [...except].filter(isRowId)],
        'crbus-pending',
      )
      return rows.map(toPending)
    },
    async depth(owner) {
      checkText('the owner', owner)
      const { rows } = await query<Row<'messages' | 'oldest'>>(
        `SELECT count(*) AS messages, ${time('min(created_at)', 'oldest')} FROM crbus_outbox WHERE owner = $1`,
        [owner],
      )
      const { messages, oldest } = rows[0] ?? {}
      return oldest ? { messages: Number(messages), oldest: new Date(oldest) } : { messages: Number(messages) }
    },
    published: (owner, ids) => change(DELETE_PUBLISHED, owner, ids),
    failed: (owner, ids) => change(COUNT_ATTEMPT, owner, ids),
    async bury(owner, id, reason) {
      checkText('the owner', owner)
      checkReason(reason)
      if (!isRowId(id)) return
      const { rows } = await query<Row<'topic'> & { readonly record_key: string | null }>(
        'SELECT topic, record_key FROM crbus_outbox WHERE owner = $1 AND id = $2',
        [owner, id],
      )
      const [found] = rows
      if (found === undefined) return
      await query(
        `WITH m AS (DELETE FROM crbus_outbox WHERE owner = $1 AND id = $2 RETURNING *)
         INSERT INTO failed_events (stream_id, event_type, event_version, event_data, metadata, original_timestamp, error_message, error_details, retry_count)
         SELECT coalesce(stream_id, topic), event_type, event_version, event_data, metadata, created_at, $3, $4, attempts FROM m`,
        [owner, id, reason.message, writeDetails(found.topic, reason.details, found.record_key ?? undefined)],
      )
    },
    async lease(owner) {
      checkName('the owner', owner)
      return leases.take(owner)
    },
  }
}
