import type { EventStore } from '../../store/event-store.ts'
import type { Action } from '../action.ts'
import type { Saga } from '../saga.ts'
import { beganWith, canMigrate, migratedTo, migrationEvent } from '../saga-versions.ts'

export interface ScheduleOptions {
  readonly store: EventStore
  /** The owner of the saga's timers. */
  readonly owner: string
  readonly now: () => Date
  readonly signal?: AbortSignal | undefined
}

/**
 * Sets a timer that is due now for every conversation that can be migrated to the saga's version; the timer migrates the
 * conversation. So each conversation is migrated once, by any process, even when processes die meanwhile.
 *
 * Reads the streams of all conversations, once for each version: the stream `saga-migrations-{owner}` records the versions
 * that were scheduled. Does nothing for a saga without a `migrate`.
 */
export async function scheduleMigrations<State, A extends Action, Env>(
  saga: Saga<State, A, Env>,
  { store, owner, now, signal }: ScheduleOptions,
): Promise<void> {
  const { name, version = 1, versions = {} } = saga
  const from = new Set(
    Object.keys(versions)
      .map(Number)
      .filter((earlier) => canMigrate(saga, earlier)),
  )
  if (from.size === 0) return
  const recordStream = `saga-migrations-${owner}`
  const last = (await store.readStream(recordStream)).at(-1)
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
  // An aborted read has not seen all streams.
  if (!signal?.aborted) await store.append(recordStream, 'any', [migrationEvent(recordStream, version)])
}
