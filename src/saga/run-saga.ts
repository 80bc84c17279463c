import type { Action } from './reducer.ts'
import type { EnvOption } from './run-aggregate.ts'
import { checkRunSaga } from './run-options.ts'
import { type Running, type RunOptions, run } from './runtime.ts'
import type { Saga } from './saga.ts'
import { versionedMachine } from './saga-versions.ts'
import { scheduleMigrations } from './schedule-migrations.ts'

export type RunSagaOptions<State, A extends Action, Env> = RunOptions & {
  readonly saga: Saga<State, A, Env>
  /** Default: the saga's own. */
  readonly topics?: readonly string[] | undefined
} & EnvOption<Env>

/**
 * Runs a saga: one instance for each correlation id, whose state is its stream in the store. Resolves when it has joined
 * its group.
 *
 * **Delivery.** Each event is reacted to exactly once, though it may come more than once and late; commands go out at
 * least once, in the order the saga gave them on one topic, also when the process dies in between, and copies have one
 * {@link messageId}. Timers fire after a restart too, each once.
 *
 * **Versions.** A conversation is reduced by the version of the saga that it began with. At the first start of a version,
 * before it joins its group, it reads all conversations to find those that `Saga.versions` migrates: the more there are,
 * the longer that takes. A conversation that a process of the earlier release begins later stays with the earlier version.
 *
 * **Failure.** As for `runAggregate`. `group` defaults to `{name}-saga`, and has to be another for each saga.
 */
export async function runSaga<State, A extends Action, Env = unknown>(
  given: RunSagaOptions<State, A, Env>,
): Promise<Running> {
  checkRunSaga(given)
  const { saga, topics = saga.topics, env, group = `${saga.name}-saga`, ...options } = given
  const machine = versionedMachine(saga, env as Env)
  const { store, clock = { now: () => new Date() }, signal } = options
  await scheduleMigrations(saga, { store, owner: group, now: clock.now, signal })
  const { running } = await run(machine, topics, { ...options, group })
  return running
}
