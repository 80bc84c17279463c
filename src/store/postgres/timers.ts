import type { Timers } from '../event-store.ts'
import { type TimerRow, toTimer } from '../rows.ts'
import { checkLimit, checkText, timeText } from '../stored-form.ts'
import type { Connections, Row } from './connection/connections.ts'
import { EVENT, time } from './writing/columns.ts'

export function postgresTimers({ query }: Connections): Timers {
  return {
    async due(owner, now, limit) {
      checkText('the owner', owner)
      checkLimit(limit)
      const { rows } = await query<TimerRow>(
        `SELECT id, stream_id, ${time('due_at')}, ${EVENT} FROM crbus_timers t
         WHERE owner = $1 AND t.due_at <= $2::timestamptz ORDER BY t.due_at, id COLLATE "C" LIMIT $3::bigint`,
        [owner, timeText(now), limit],
      )
      return rows.map(toTimer)
    },
    async count(owner) {
      checkText('the owner', owner)
      const { rows } = await query<Row<'timers'>>('SELECT count(*) AS timers FROM crbus_timers WHERE owner = $1', [
        owner,
      ])
      return Number(rows[0]?.timers)
    },
    async next(owner) {
      checkText('the owner', owner)
      const { rows } = await query<Row<'due_at'>>(
        `SELECT ${time('due_at')} FROM crbus_timers t WHERE owner = $1 ORDER BY t.due_at LIMIT 1`,
        [owner],
      )
      return rows[0] === undefined ? undefined : new Date(rows[0].due_at)
    },
  }
}
