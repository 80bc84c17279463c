import { planCommits, type StoreState } from '../../commit-plan.ts'
import type { Commit, Committed } from '../../event-store.ts'
import type { Connections } from '../connection/connections.ts'
import { isOvertaken } from '../connection/postgres-errors.ts'
import { events, insertEvents, insertMessages, messages, setTimers, timers } from './insert.ts'

// The numbers of their parameters.
const FIRST_EVENT = 3
const OWNER = FIRST_EVENT + Object.keys(events.columns).length
const FIRST_TIMER = OWNER + 1
const FIRST_MESSAGE = FIRST_TIMER + Object.keys(timers.columns).length

const IS_SO = '(SELECT is_so FROM held)'

/**
 * Streams that have events already must have come to the version they are said to be at; that they have not got further
 * shows when an event's key is taken.
 */
const APPEND = `
  WITH held AS MATERIALIZED (
    SELECT NOT EXISTS (
      SELECT FROM unnest($1::text[], $2::bigint[]) AS said(id, version)
      WHERE NOT EXISTS (SELECT FROM events e WHERE e.stream_id = said.id AND e.version = said.version)) AS is_so),
  added AS (${insertEvents(FIRST_EVENT, `WHERE ${IS_SO}`)} RETURNING 1)`

/** Messages get their ids after the events are in: whoever appends to a stream afterwards gets later ones. */
const COMMIT = `${APPEND},
  timed AS (${setTimers(OWNER, FIRST_TIMER, `WHERE ${IS_SO}`)}),
  sent AS (${insertMessages(OWNER, FIRST_MESSAGE, `WHERE ${IS_SO} AND (SELECT count(*) FROM added) >= 0`)})`

const ANSWER = 'SELECT FROM held WHERE is_so'

/**
 * Takes commits at their word and writes them in one statement. `undefined` when that cannot be done, or something is not
 * as they say: then nothing was written.
 */
export async function writeAtOnce(
  { use }: Connections,
  owner: string,
  commits: readonly Commit[],
): Promise<readonly Committed[] | undefined> {
  const said = versionsSaid(commits)
  if (said === undefined) return undefined
  const state: StoreState = { version: (streamId) => said.get(streamId) ?? 0, dueOf: () => undefined }
  const plan = planCommits(commits, state)
  if (!plan.results.every(({ ok }) => ok)) return undefined
  const known = [...said].filter(([, version]) => version > 0)
  const appended = [
    known.map(([streamId]) => streamId),
    known.map(([, version]) => version),
    ...events.arrays(plan.events),
  ]
  // A store of Rust services alone has none of the other tables.
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
 * Where streams are as the first to append to them says; `undefined` when a commit does not say, needs a timer to be
 * there, or holds rejected commands, which are compared with those that are there.
 */
function versionsSaid(commits: readonly Commit[]): ReadonlyMap<string, number> | undefined {
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
