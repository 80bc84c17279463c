import { sleep } from '../../../bus/time/sleep.ts'
import { type CommitPlan, planCommits, type StoreState } from '../../commit-plan.ts'
import { invalidAppend } from '../../errors.ts'
import type { Commit, Committed } from '../../event-store.ts'
import { type Connections, type Query, type Row, transact } from '../connection/connections.ts'
import { isBadData } from '../connection/postgres-errors.ts'
import { time } from './columns.ts'
import {
  events,
  insertEvents,
  insertMessages,
  insertRejected,
  messages,
  rejected,
  setTimers,
  timers,
} from './insert.ts'
import { writeAtOnce } from './write-at-once.ts'

// The limits of one transaction. `MAX_BYTES` counts the payloads; they are sent as hexadecimal digits, twice as many bytes.
const MAX_COMMITS = 500
const MAX_BYTES = 8 * 1024 * 1024

/** Attempts to write many commits together before each is written alone. */
const MAX_JOINT_ATTEMPTS = 3

/**
 * Makes commits. First tries one statement, which assumes that the expected versions are right, as they nearly always are. If
 * that fails, reads the streams, plans the commits, and writes the plan in a few statements. A concurrent write shows in the
 * number of rows written, not as an error that would abort the transaction; the transaction is then rolled back and planned
 * again.
 */
export async function makeCommits(
  connections: Connections,
  owner: string,
  commits: readonly Commit[],
): Promise<Committed[]> {
  const results: Committed[] = []
  for (const part of splitCommits(commits)) {
    const joint = await commitTogether(connections, owner, part)
    if (joint !== undefined) results.push(...joint)
    else for (const commit of part) results.push(await commitAlone(connections, owner, commit))
  }
  return results
}

/** Makes commits together. Returns `undefined` if each has to be made alone. */
async function commitTogether(connections: Connections, owner: string, commits: readonly Commit[]) {
  try {
    const written = await writeAtOnce(connections, owner, commits)
    if (written !== undefined) return written
    for (let tries = 0; tries < MAX_JOINT_ATTEMPTS && commits.length > 1; tries += 1) {
      const results = await planAndWrite(connections, owner, commits)
      if (results !== undefined) return results
    }
  } catch (error) {
    // One commit has invalid data. The other commits must not fail because of it, so the caller makes each commit alone.
    if (!isBadData(error)) throw error
  }
  return undefined
}

async function commitAlone(connections: Connections, owner: string, commit: Commit): Promise<Committed> {
  for (let tries = 0; ; tries += 1) {
    try {
      const [result] = (await planAndWrite(connections, owner, [commit])) ?? []
      if (result !== undefined) return result
    } catch (error) {
      if (!isBadData(error)) throw error
      return {
        ok: false,
        error: invalidAppend(`Postgres refused the commit: ${(error as Error).message}`, { cause: error }),
      }
    }
    // Each conflict means that another writer succeeded, so all writers finish. A random wait spreads them out.
    await sleep(Math.random() * Math.min(2 ** tries, 50))
  }
}

/** Plans and writes commits. Returns `undefined` after a concurrent write, in which case nothing was written. */
function planAndWrite(connections: Connections, owner: string, commits: readonly Commit[]) {
  return connections.use(async (query) => {
    const plan = planCommits(commits, await readState(query, owner, commits))
    if (!plan.results.some(({ ok }) => ok)) return plan.results
    return transact(query, async () => ((await writePlan(query, owner, plan)) ? plan.results : undefined))
  })
}

async function readState(query: Query, owner: string, commits: readonly Commit[]): Promise<StoreState> {
  // Leave out names with a NUL, which Postgres refuses: `planCommits` throws a clearer error for them.
  const namesOf = (list: (commit: Commit) => readonly string[]) => [
    ...new Set(commits.flatMap(list).filter((name) => !name.includes('\0'))),
  ]
  const streams = namesOf(({ appends }) => appends.map(({ streamId }) => streamId))
  const fired = namesOf(({ fired: timers = [] }) => timers.map(({ id }) => id))
  const versions = new Map<string, number>()
  if (streams.length > 0) {
    const { rows } = await query<Row<'id' | 'version'>>(
      'SELECT s.id, (SELECT max(version) FROM events e WHERE e.stream_id = s.id) AS version FROM unnest($1::text[]) AS s(id)',
      [streams],
    )
    for (const { id, version } of rows) versions.set(id, Number(version ?? 0))
  }
  const due = new Map<string, number>()
  if (fired.length > 0) {
    const { rows } = await query<Row<'id' | 'due_at'>>(
      `SELECT id, ${time('due_at')} FROM crbus_timers t WHERE owner = $1 AND id = ANY ($2::text[])`,
      [owner, fired],
    )
    for (const { id, due_at } of rows) due.set(id, Date.parse(due_at))
  }
  return { version: (streamId) => versions.get(streamId) ?? 0, dueOf: (id) => due.get(id) }
}

const ADD_EVENTS = `${insertEvents(1)} ON CONFLICT (stream_id, version) DO NOTHING`
const SET_TIMERS = setTimers(1, 2)
const ADD_MESSAGES = insertMessages(1, 2)
const ADD_REJECTED = insertRejected(1)
/**
 * Lets only one writer at a time store rejected commands of a stream, because `failed_events` has no unique key against copies.
 */
const LOCK_REJECTED = `SELECT pg_advisory_xact_lock(hashtext('crbus rejected'), hashtext(id)) FROM unnest($1::text[]) AS s(id)`

/**
 * Writes a plan inside a transaction. Returns false when a concurrent write has invalidated the plan. Messages get their ids
 * after the events are inserted, so that a later append to the same stream gets later ids.
 */
async function writePlan(query: Query, owner: string, plan: CommitPlan): Promise<boolean> {
  const { fired } = plan
  if (plan.events.length > 0) {
    const { count } = await query(ADD_EVENTS, events.arrays(plan.events))
    if (count < plan.events.length) return false
  }
  if (fired.size > 0) {
    const { rows } = await query<Row<'id'>>(
      `DELETE FROM crbus_timers t USING unnest($2::text[], $3::timestamptz[]) AS f(id, due_at)
       WHERE owner = $1 AND t.id = f.id AND (f.due_at IS NULL OR t.due_at = f.due_at) RETURNING t.id`,
      [owner, [...fired.keys()], [...fired.values()].map((due) => due?.toISOString() ?? null)],
    )
    const removed = new Set(rows.map(({ id }) => id))
    for (const [id, due] of fired) if (due !== undefined && !removed.has(id)) return false
  }
  if (plan.timers.size > 0) await query(SET_TIMERS, [owner, ...timers.arrays([...plan.timers.values()])])
  if (plan.messages.length > 0) await query(ADD_MESSAGES, [owner, ...messages.arrays(plan.messages)])
  if (plan.rejected.size > 0) {
    const letters = [...plan.rejected.values()]
    await query(LOCK_REJECTED, [[...new Set(letters.map(({ streamId }) => streamId))].sort()])
    await query(ADD_REJECTED, rejected.arrays(letters))
  }
  return true
}

/** Splits commits into lists within the limits of one transaction. */
function* splitCommits(commits: readonly Commit[]): Generator<readonly Commit[]> {
  let part: Commit[] = []
  let bytes = 0
  for (const commit of commits) {
    const size = bytesOf(commit)
    if (part.length > 0 && (part.length === MAX_COMMITS || bytes + size > MAX_BYTES)) {
      yield part
      part = []
      bytes = 0
    }
    part.push(commit)
    bytes += size
  }
  if (part.length > 0) yield part
}

function bytesOf({ appends, messages = [], timers = [], rejected = [] }: Commit): number {
  const others = [...messages, ...timers, ...rejected].map(({ event }) => event)
  const events = [...appends.flatMap((append) => append.events), ...others]
  return events.reduce((sum, { data }) => sum + data.length, 0)
}
