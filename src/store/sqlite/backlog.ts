import { realpathSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { readShared } from '../../sqlite/shared-file.ts'
import { type BacklogRow, type StoreBacklog, type TallyRow, toOpenDeadLetters, toOwnerBacklog } from '../backlog.ts'
import { lockPath } from './lease.ts'
import { holderOf } from './lock-holder.ts'

const OWNERS = `SELECT owner, sum(messages) AS messages, min(oldest) AS oldest, sum(timers) AS timers, min(earliest) AS earliest
  FROM (
    SELECT owner, count(*) AS messages, min(created_at) AS oldest, 0 AS timers, NULL AS earliest FROM crbus_outbox GROUP BY owner
    UNION ALL
    SELECT owner, 0, NULL, count(*), min(due_at) FROM crbus_timers WHERE due_at <= ? GROUP BY owner
  ) GROUP BY owner ORDER BY owner`

/** Whether a dead letter is a rejected command: its details begin as `rejectedHead` writes them. */
const IS_REJECTED = `ifnull(error_details GLOB 'rejected: *' OR error_details GLOB 'topic: *'
  AND substr(error_details, instr(error_details, char(10)) + 1) GLOB 'rejected: *', 0)`

const DEAD_LETTERS = `SELECT count(*) AS count, min(first_failed_at) AS oldest FROM failed_events
  WHERE status IN ('pending', 'processing') AND ${IS_REJECTED} = ?`

/** Reads what waits in the store in a file, from one snapshot. Takes no lease. */
export const readBacklog = (path: string): StoreBacklog =>
  readShared(path, (database) => readFrom(database, realpathSync(path)))

function readFrom(database: DatabaseSync, path: string): StoreBacklog {
  database.exec('BEGIN')
  const now = new Date()
  const owners = database.prepare(OWNERS).all(now.toISOString()) as unknown as BacklogRow[]
  const deadLetters = database.prepare(DEAD_LETTERS)
  const open = (isRejected: number) => toOpenDeadLetters(deadLetters.get(isRejected) as unknown as TallyRow | undefined)
  return {
    now,
    owners: owners.map((row) => toOwnerBacklog(row, holderOf(lockPath(path, row.owner)))),
    failed: open(0),
    rejected: open(1),
  }
}
