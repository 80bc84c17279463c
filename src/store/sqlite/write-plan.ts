import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { CommitPlan } from '../commit-plan.ts'
import { isSentAgain } from '../dead-letter-text.ts'
import { EVENT_COLUMNS } from './layout.ts'

const IS_SENT_AGAIN = isSentAgain((text) => `ifnull(resolution_notes, '') GLOB '${text}*'`)

/** Prepares the statements that write a plan. Returns a function that writes a plan in the caller's transaction. */
export function planWriter(database: DatabaseSync): (owner: string, plan: CommitPlan, now: string) => void {
  const prepare = (sql: string): StatementSync => database.prepare(sql)
  const addEvent = prepare(
    `INSERT INTO events (stream_id, version, ${EVENT_COLUMNS}, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const addMessage = prepare(
    `INSERT INTO crbus_outbox (owner, stream_id, topic, record_key, ${EVENT_COLUMNS}, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const removeTimer = prepare('DELETE FROM crbus_timers WHERE owner = ? AND id = ?')
  const setTimer = prepare(
    `INSERT OR REPLACE INTO crbus_timers (owner, id, stream_id, due_at, ${EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const addRejected = prepare(
    `INSERT INTO failed_events (stream_id, ${EVENT_COLUMNS}, original_timestamp, error_message, error_details, first_failed_at, last_failed_at)
     SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9 WHERE NOT EXISTS (
       SELECT 1 FROM failed_events WHERE stream_id = ?1 AND substr(error_details, 1, length(?10)) = ?10
       AND NOT ${IS_SENT_AGAIN})`,
  )
  return (owner, { events, messages, fired, timers, rejected }, now) => {
    for (const { streamId, version, eventType, eventVersion, data, metadata } of events) {
      addEvent.run(streamId, version, eventType, eventVersion, data, metadata, now)
    }
    for (const { streamId, topic, key, eventType, eventVersion, data, metadata } of messages) {
      addMessage.run(owner, streamId, topic, key, eventType, eventVersion, data, metadata, now)
    }
    for (const id of fired.keys()) removeTimer.run(owner, id)
    for (const { id, streamId, due, eventType, eventVersion, data, metadata } of timers.values()) {
      setTimer.run(owner, id, streamId, due.toISOString(), eventType, eventVersion, data, metadata)
    }
    for (const { streamId, eventType, eventVersion, data, metadata, ...letter } of rejected.values()) {
      const { originalTimestamp, error, details, head } = letter
      const createdAt = originalTimestamp.toISOString()
      addRejected.run(streamId, eventType, eventVersion, data, metadata, createdAt, error, details, now, head)
    }
  }
}
