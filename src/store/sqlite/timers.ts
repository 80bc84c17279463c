import type { Timers } from '../event-store.ts'
import { type TimerRow, toTimer } from '../rows.ts'
import { checkLimit, checkText, timeText } from '../stored-form.ts'
import { EVENT_COLUMNS } from './layout.ts'
import type { StoreFile } from './store-file.ts'

export function sqliteTimers(file: StoreFile): Timers {
  const due = file.database.prepare(
    `SELECT id, stream_id, due_at, ${EVENT_COLUMNS} FROM crbus_timers WHERE owner = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?`,
  )
  const count = file.database.prepare('SELECT count(*) AS timers FROM crbus_timers WHERE owner = ?')
  const next = file.database.prepare('SELECT min(due_at) AS due_at FROM crbus_timers WHERE owner = ?')
  return {
    async due(owner, now, limit) {
      checkText('the owner', owner)
      checkLimit(limit)
      return file.read(() => (due.all(owner, timeText(now), limit) as unknown as TimerRow[]).map(toTimer))
    },
    async count(owner) {
      checkText('the owner', owner)
      return Number(file.read(() => count.get(owner)?.timers))
    },
    async next(owner) {
      checkText('the owner', owner)
      const time = file.read(() => next.get(owner)?.due_at ?? null)
      return time === null ? undefined : new Date(String(time))
    },
  }
}
