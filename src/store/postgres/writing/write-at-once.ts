import { planCommits, type StoreState } from '../../commit-plan.ts'
import type { Commit, Committed } from '../../event-store.ts'
import type { Connections } from '../connection/connections.ts'
import { mayWorkInTransaction } from '../connection/postgres-errors.ts'
import { events, insertEvents, insertMessages, messages, setTimers, timers } from './insert.ts'

// The numbers of the parameters. 1 and 2 are the streams and their expected versions.
const FIRST_EVENT = 3
const OWNER = FIRST_EVENT + Object.keys(events.columns).length
const FIRST_TIMER = OWNER + 1
const FIRST_MESSAGE = FIRST_TIMER + Object.keys(timers.columns).length

const IS_CURRENT = '(SELECT is_current FROM checked)'

/**
 * Appends events if each stream that is expected to exist has an event of its expected version. If a stream has later events
 * already, the unique key refuses the new event.
 */
const APPEND = `
  WITH checked AS MATERIALIZED (
    SELECT NOT EXISTS (
      SELECT FROM unnest($1::text[], $2::bigint[]) AS expected(id, version)
      WHERE NOT EXISTS (SELECT FROM events e WHERE e.stream_id = expected.id AND e.version = expected.version)) AS is_current),
  added AS (${insertEvents(FIRST_EVENT, `WHERE ${IS_CURRENT}`)} RETURNING 1)`

/**
 * Appends events, sets timers and adds messages. The condition on `count(*)` is always true: it makes Postgres insert the events
 * before the messages get their ids, so that the messages of a later append to the same stream get later ids.
 */
const COMMIT = `${APPEND},
  timed AS (${setTimers(OWNER, FIRST_TIMER, `WHERE ${IS_CURRENT}`)}),
  sent AS (${insertMessages(OWNER, FIRST_MESSAGE, `WHERE ${IS_CURRENT} AND (SELECT count(*) FROM added) >= 0`)})`

/** Returns one row if the commits were written, and none otherwise. */
const RESULT = 'SELECT FROM checked WHERE is_current'

/**
 * Writes commits in one statement that assumes that their expected versions are right. Returns `undefined` if that is impossible
 * for these commits or a stream is at another version; nothing was written then.
 */
export async function writeAtOnce(
  { use }: Connections,
  owner: string,
  commits: readonly Commit[],
): Promise<readonly Committed[] | undefined> {
  const expected = expectedVersions(commits)
  if (expected === undefined) return undefined
  const state: StoreState = { version: (streamId) => expected.get(streamId) ?? 0, dueOf: () => undefined }
  const plan = planCommits(commits, state)
  if (!plan.results.every(({ ok }) => ok)) return undefined
  const known = [...expected].filter(([, version]) => version > 0)
  const appended = [
    known.map(([streamId]) => streamId),
    known.map(([, version]) => version),
    ...events.arrays(plan.events),
  ]
  // A store that only Rust services use has no outbox and timer tables.
  const isAppend = plan.timers.size === 0 && plan.messages.length === 0
  const rest = () => [owner, ...timers.arrays([...plan.timers.values()]), ...messages.arrays(plan.messages)]
  return use(async (query) => {
    try {
      const { count } = isAppend
        ? await query(`${APPEND} ${RESULT}`, appended, 'crbus-append')
        : await query(`${COMMIT} ${RESULT}`, [...appended, ...rest()], 'crbus-commit')
      return count > 0 ? plan.results : undefined
    } catch (error) {
      if (mayWorkInTransaction(error)) return undefined
      throw error
    }
  })
}

/**
 * Returns the version that the first append to each stream expects. Returns `undefined` if a commit accepts any version, fires a
 * timer, or has rejected commands, because these need the stored rows.
 */
function expectedVersions(commits: readonly Commit[]): ReadonlyMap<string, number> | undefined {
  const versions = new Map<string, number>()
  for (const { appends, fired = [], rejected = [] } of commits) {
    if (fired.length > 0 || rejected.length > 0) return undefined
    for (const { streamId, expectedVersion } of appends) {
      if (versions.has(streamId)) continue
      if (expectedVersion === 'any') return undefined
      versions.set(streamId, expectedVersion)
    }
  }
  return versions
}
