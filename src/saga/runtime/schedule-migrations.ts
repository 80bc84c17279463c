import type { EventStore } from '../../store/event-store.ts'
import type { Action } from '../action.ts'
import type { Saga } from '../saga.ts'
import { beganWith, canMigrate, migratedTo, migrationEvent } from '../saga-versions.ts'

export interface ScheduleOptions {
  readonly store: EventStore
  /** Of the saga's timers. */
  readonly owner: string
  readonly now: () => Date
  readonly signal?: AbortSignal | undefined
}

/**
 * Sets a timer that is due now for every conversation that can be migrated to the saga's version; the conversation is
 * migrated when the timer fires. So each is migrated once, in any process, also when processes die meanwhile.
 *
 * The streams of all conversations are read for it, once for each version: what was done is noted in the stream
 * `saga-migrations-{owner}`. Does nothing for a saga without a `migrate`.
 */
export async function scheduleMigrations<State, A extends Action, Env>(
  saga: Saga<State, A, Env>,
  { store, owner, now, signal }: ScheduleOptions,
): Promise<void> {
  const { name, version = 1, versions = {} } = saga
  const from = new Set(
    Object.keys(versions)
      .map(Number)
      .filter((one) => canMigrate(saga, one)),
  )
  if (from.size === 0) return
  const noted = `saga-migrations-${owner}`
  const last = (await store.readStream(noted)).at(-1)
  if (last !== undefined && migratedTo(last.event) >= version) return
  const streamPrefix = `${name}-saga-`
  for await (const batch of store.readAll({ streamPrefix, signal })) {
    const timers = batch
      .filter((stored) => stored.version === 1 && from.has(beganWith(stored.event)))
      .map(({ streamId, event }) => ({
        id: `${streamId}/saga-migrated/${version}`,
        streamId,
        due: now(),
        event: migrationEvent(streamId, version, event),
      }))
    if (timers.length > 0) await store.commit(owner, [{ appends: [], timers }])
  }
  // A reading that was aborted has not seen all streams.
  if (!signal?.aborted) await store.append(noted, 'any', [migrationEvent(noted, version)])
}
