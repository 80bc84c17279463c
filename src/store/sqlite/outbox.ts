import { writeDetails } from '../dead-letter-text.ts'
import type { Outbox } from '../event-store.ts'
import { type MessageRow, toPending } from '../rows.ts'
import { checkLimit, checkName, checkReason, checkText, isRowId } from '../stored-form.ts'
import { EVENT_COLUMNS } from './layout.ts'
import type { Leases } from './lease.ts'
import type { StoreFile } from './store-file.ts'

export function sqliteOutbox(file: StoreFile, leases: Leases): Outbox {
  const prepare = (sql: string) => file.database.prepare(sql)
  const pending = prepare(
    `SELECT id, topic, record_key, attempts, created_at, ${EVENT_COLUMNS} FROM crbus_outbox
     WHERE owner = ?1 AND id NOT IN (SELECT value FROM json_each(?3)) ORDER BY id LIMIT ?2`,
  )
  const depth = prepare('SELECT count(*) AS messages, min(created_at) AS oldest FROM crbus_outbox WHERE owner = ?')
  const targetOf = prepare('SELECT topic, record_key FROM crbus_outbox WHERE owner = ? AND id = ?')
  const remove = prepare('DELETE FROM crbus_outbox WHERE owner = ? AND id = ?')
  const countAttempt = prepare('UPDATE crbus_outbox SET attempts = attempts + 1 WHERE owner = ? AND id = ?')
  const copyToDeadLetters = prepare(
    `INSERT INTO failed_events (stream_id, ${EVENT_COLUMNS}, original_timestamp, error_message, error_details, retry_count, first_failed_at, last_failed_at)
     SELECT coalesce(stream_id, topic), ${EVENT_COLUMNS}, created_at, ?3, ?4, attempts, ?5, ?5 FROM crbus_outbox WHERE owner = ?1 AND id = ?2`,
  )
  const changeEach = (owner: string, ids: readonly string[], work: (id: number) => void) => {
    checkText('the owner', owner)
    file.change(() => {
      for (const id of ids) if (isRowId(id)) work(Number(id))
    })
  }
  return {
    async pending(owner, limit, except = []) {
      checkText('the owner', owner)
      checkLimit(limit)
      const exceptIds = `[${[...except].filter(isRowId)}]`
      return file.read(() => (pending.all(owner, limit, exceptIds) as unknown as MessageRow[]).map(toPending))
    },
    async depth(owner) {
      checkText('the owner', owner)
      const { messages, oldest } = file.read(() => depth.get(owner)) as { messages: number; oldest: string | null }
      return oldest === null ? { messages } : { messages, oldest: new Date(oldest) }
    },
    async published(owner, ids) {
      checkText('the owner', owner)
      // Without waiting for the disk: a message whose deletion is lost is only published again.
      file.changeWithoutSync(() => {
        for (const id of ids) if (isRowId(id)) remove.run(owner, Number(id))
      })
    },
    async failed(owner, ids) {
      changeEach(owner, ids, (id) => countAttempt.run(owner, id))
    },
    async bury(owner, id, reason) {
      checkReason(reason)
      changeEach(owner, [id], (row) => {
        const found = targetOf.get(owner, row)
        if (found === undefined) return
        const key = found.record_key === null ? undefined : String(found.record_key)
        const details = writeDetails(String(found.topic), reason.details, key)
        copyToDeadLetters.run(owner, row, reason.message, details, new Date().toISOString())
        remove.run(owner, row)
      })
    },
    async lease(owner) {
      checkName('the owner', owner)
      return file.read(() => leases.take(owner))
    },
  }
}
