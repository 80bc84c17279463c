import { planCommits, type StoreState } from '../../commit-plan.ts'
import type { Commit, Committed } from '../../event-store.ts'
import type { Connections } from '../connection/connections.ts'
import { isOvertaken } from '../connection/postgres-errors.ts'
import { events, insertEvents, insertMessages, messages, setTimers, timers } from './insert.ts'

// The numbers of the parameters.
const FIRST_EVENT = 3
const OWNER = FIRST_EVENT + Object.keys(events.columns).length
const FIRST_TIMER = OWNER + 1
const FIRST_MESSAGE = FIRST_TIMER + Object.keys(timers.columns).length

const IS_CURRENT = '(SELECT is_current FROM checked)'

/**
 * Checks that each stream with events has reached its expected version. A stream that is beyond it fails by the unique key of
 * the new event.
 */
const APPEND = `
  WITH checked AS MATERIALIZED (
    SELECT NOT EXISTS (
      SELECT FROM unnest($1::text[], $2::bigint[]) AS expected(id, version)
      WHERE NOT EXISTS (SELECT FROM events e WHERE e.stream_id = expected.id AND e.version = expected.version)) AS is_current),
  added AS (${insertEvents(FIRST_EVENT, `WHERE ${IS_CURRENT}`)} RETURNING 1)`

/** Messages get their ids after the events are inserted, so that a later append to the same stream gets later ids. */
const COMMIT = `${APPEND},
  timed AS (${setTimers(OWNER, FIRST_TIMER, `WHERE ${IS_CURRENT}`)}),
  sent AS (${insertMessages(OWNER, FIRST_MESSAGE, `WHERE ${IS_CURRENT} AND (SELECT count(*) FROM added) >= 0`)})`

const ANSWER = 'SELECT FROM checked WHERE is_current'

/**
 * Writes commits in one statement that assumes their expected versions to be right. `undefined` when the commits do not allow
 * that or a stream is at another version; nothing was written then.
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
  return use(async (ask) => {
    try {
      const { count } = isAppend
        ? await ask(`${APPEND} ${ANSWER}`, appended, 'crbus-append')
        : await ask(`${COMMIT} ${ANSWER}`, [...appended, ...rest()], 'crbus-commit')
      return count > 0 ? plan.results : undefined
    } catch (error) {
      if (isOvertaken(error)) return undefined
      throw error
    }
  })
}

/**
 * Returns the version of each stream that the first append to it expects. `undefined` when a commit expects no version, fires a
 * timer, or has rejected commands, since these need the stored rows.
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
