import { writeDetails } from '../dead-letter-text.ts'
import type { DeadLetterChange, DeadLetterStatus, DeadLetters } from '../event-store.ts'
import { type DeadLetterRow, toDeadLetter } from '../rows.ts'
import { checkDeadLetter, checkDeadLetterChange, checkLimit, checkText, isRowId, toColumns } from '../stored-form.ts'
import { EVENT_COLUMNS } from './layout.ts'
import type { StoreFile } from './store-file.ts'

/** A condition: the dead letter `?1` is neither resolved nor discarded. */
const IS_OPEN = `id = ?1 AND status IN ('pending', 'processing')`

export function sqliteDeadLetters(file: StoreFile): DeadLetters {
  const prepare = (sql: string) => file.database.prepare(sql)
  const add = prepare(
    `INSERT INTO failed_events (stream_id, ${EVENT_COLUMNS}, original_timestamp, error_message, error_details, retry_count, first_failed_at, last_failed_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?10, ?10)`,
  )
  const list = prepare(
    'SELECT * FROM failed_events WHERE (?1 IS NULL OR status IN (SELECT value FROM json_each(?1))) AND id > ?2 ORDER BY id LIMIT ?3',
  )
  const get = prepare('SELECT * FROM failed_events WHERE id = ?')
  const count = prepare('SELECT count(*) AS count FROM failed_events WHERE ?1 IS NULL OR status = ?1')
  const retried = prepare(
    `UPDATE failed_events SET retry_count = retry_count + 1, last_failed_at = ?2, status = 'pending' WHERE ${IS_OPEN}`,
  )
  const close = prepare(
    `UPDATE failed_events SET status = ?2, resolved_at = ?3, resolved_by = ?4, resolution_notes = ?5 WHERE ${IS_OPEN}`,
  )
  const change = prepare(
    `UPDATE failed_events SET status = ?4, resolved_by = ?5, resolution_notes = ?6, resolved_at = ?7
     WHERE id = ?1 AND status = ?2 AND resolution_notes IS ?3`,
  )
  const changeOne = ({ id, from, to }: DeadLetterChange, time: string): boolean => {
    const { status, by, notes = null } = to
    const [name, text] = status === 'pending' ? [null, null] : [by, notes]
    const isFinal = status === 'resolved' || status === 'discarded'
    const values = [from.status, from.notes ?? null, status, name, text, isFinal ? time : null]
    return isRowId(id) && change.run(Number(id), ...values).changes > 0
  }
  const now = () => new Date().toISOString()
  const closeAs = async (status: DeadLetterStatus, id: string, by: string, notes?: string) => {
    checkText('the name of the person or program', by)
    if (notes !== undefined) checkText('the notes', notes)
    return isRowId(id) && file.change(() => close.run(Number(id), status, now(), by, notes ?? null).changes > 0)
  }
  return {
    async add(entry) {
      checkDeadLetter(entry)
      const { streamId, topic, key, originalTimestamp, error, details, retryCount = 0 } = entry
      const { eventType, eventVersion, data, metadata } = toColumns(entry.event)
      const time = originalTimestamp.toISOString()
      const storedDetails = writeDetails(topic, details, key)
      const values = [streamId, eventType, eventVersion, data, metadata, time, error, storedDetails, retryCount, now()]
      return file.change(() => String(add.run(...values).lastInsertRowid))
    },
    async list({ status, limit = 100, after = '0' } = {}) {
      checkLimit(limit)
      if (!isRowId(after)) return []
      const statuses = status === undefined ? null : JSON.stringify([status].flat())
      return file.read(() => (list.all(statuses, Number(after), limit) as unknown as DeadLetterRow[]).map(toDeadLetter))
    },
    async get(id) {
      if (!isRowId(id)) return undefined
      const row = file.read(() => get.get(Number(id)) as unknown as DeadLetterRow | undefined)
      return row && toDeadLetter(row)
    },
    async count(status) {
      return file.read(() => Number(count.get(status ?? null)?.count))
    },
    async retried(id) {
      return isRowId(id) && file.change(() => retried.run(Number(id), now()).changes > 0)
    },
    resolve: (id, by, notes) => closeAs('resolved', id, by, notes),
    discard: (id, by, notes) => closeAs('discarded', id, by, notes),
    async change(changes) {
      for (const one of changes) checkDeadLetterChange(one)
      const time = now()
      return file.change(() => new Set(changes.filter((one) => changeOne(one, time)).map(({ id }) => id)))
    },
  }
}
