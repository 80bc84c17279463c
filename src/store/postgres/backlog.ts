import { type BacklogRow, type LeaseState, type StoreBacklog, toOpenDeadLetters, toOwnerBacklog } from '../backlog.ts'
import type { Query, Row } from './connection/connections.ts'
import { leaseKey } from './connection/lease.ts'
import { time } from './writing/columns.ts'

/**
 * Selects the outbox, the due timers and the lease of each owner. `pg_locks` shows session locks without taking them; the two
 * halves of the key of such a lock are its `classid` and `objid`
 * (https://www.postgresql.org/docs/current/view-pg-locks.html). `pg_stat_activity` hides the sessions of other users.
 */
const OWNERS = `SELECT w.owner, w.messages, ${time('w.oldest', 'oldest')}, w.timers, ${time('w.earliest', 'earliest')},
    l.pid, a.application_name, host(a.client_addr) AS host
  FROM (
    SELECT owner, messages, oldest, timers, earliest
    FROM (SELECT owner, count(*) AS messages, min(created_at) AS oldest FROM crbus_outbox GROUP BY owner) o
    FULL JOIN (SELECT owner, count(*) AS timers, min(due_at) AS earliest FROM crbus_timers WHERE due_at <= now() GROUP BY owner) t
    USING (owner)
  ) w
  CROSS JOIN LATERAL (SELECT ${leaseKey('w.owner')} AS key) k
  LEFT JOIN pg_locks l ON l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.classid::bigint = ((k.key >> 32) & 4294967295) AND l.objid::bigint = (k.key & 4294967295)
  LEFT JOIN pg_stat_activity a ON a.pid = l.pid
  ORDER BY w.owner COLLATE "C"`

/** Whether a dead letter is a rejected command: its details begin as `rejectedHead` writes them. */
const IS_REJECTED = `(error_details LIKE 'rejected: %' OR error_details LIKE 'topic: %'
  AND substr(error_details, strpos(error_details, chr(10)) + 1) LIKE 'rejected: %')`

const DEAD_LETTERS = `SELECT coalesce(${IS_REJECTED}, false)::text AS is_rejected, count(*) AS count, ${time('min(first_failed_at)', 'oldest')}
  FROM failed_events WHERE status IN ('pending', 'processing') GROUP BY 1`

type OwnerRow = BacklogRow & Row<'pid' | 'application_name' | 'host'>

/** Reads what waits in the store, in one read-only transaction. */
export async function readBacklog(query: Query): Promise<StoreBacklog> {
  await query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  const clock = await query<Row<'now'>>(`SELECT ${time('now()', 'now')}`)
  const owners = await query<OwnerRow>(OWNERS)
  const deadLetters = await query<Row<'is_rejected' | 'count' | 'oldest'>>(DEAD_LETTERS)
  await query('COMMIT')
  const open = (isRejected: boolean) =>
    toOpenDeadLetters(deadLetters.rows.find((row) => row.is_rejected === String(isRejected)))
  return {
    now: new Date(clock.rows[0]?.now as string),
    owners: owners.rows.map((row) => toOwnerBacklog(row, leaseOf(row))),
    failed: open(false),
    rejected: open(true),
  }
}

const leaseOf = ({ pid, application_name: application, host }: Partial<OwnerRow>): LeaseState =>
  pid ? { state: 'held', processId: Number(pid), application: application || undefined, host: host || undefined } : FREE

const FREE: LeaseState = { state: 'free' }
