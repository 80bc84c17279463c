import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { CommitPlan } from '../commit-plan.ts'
import { EVENT_COLUMNS } from './layout.ts'

/** Writes what commits came to. Returns how to do it in the caller's transaction. */
export function planWriter(database: DatabaseSync): (owner: string, plan: CommitPlan, now: string) => void {
  const prepare = (sql: string): StatementSync => database.prepare(sql)
  const addEvent = prepare(
    `INSERT INTO events (stream_id, version, ${EVENT_COLUMNS}, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const addMessage = prepare(
    `INSERT INTO crbus_outbox (owner, stream_id, topic, ${EVENT_COLUMNS}, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const removeTimer = prepare('DELETE FROM crbus_timers WHERE owner = ? AND id = ?')
  const setTimer = prepare(
    `INSERT OR REPLACE INTO crbus_timers (owner, id, stream_id, due_at, ${EVENT_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  return (owner, { events, messages, fired, timers }, now) => {
    for (const { streamId, version, eventType, eventVersion, data, metadata } of events) {
      addEvent.run(streamId, version, eventType, eventVersion, data, metadata, now)
    }
    for (const { streamId, topic, eventType, eventVersion, data, metadata } of messages) {
      addMessage.run(owner, streamId, topic, eventType, eventVersion, data, metadata, now)
    }
    for (const id of fired.keys()) removeTimer.run(owner, id)
    for (const { id, streamId, due, eventType, eventVersion, data, metadata } of timers.values()) {
      setTimer.run(owner, id, streamId, due.toISOString(), eventType, eventVersion, data, metadata)
    }
  }
}
