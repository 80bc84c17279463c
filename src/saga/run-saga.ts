import type { Action } from './reducer.ts'
import type { EnvOption } from './run-aggregate.ts'
import { type Running, type RunOptions, run } from './runtime.ts'
import { type Saga, sagaMachine } from './saga.ts'

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
 * **Failure.** As for `runAggregate`. `group` defaults to `{name}-saga`, and has to be another for each saga.
 */
export async function runSaga<State, A extends Action, Env = unknown>({
  saga,
  topics = saga.topics,
  env,
  group = `${saga.name}-saga`,
  ...options
}: RunSagaOptions<State, A, Env>): Promise<Running> {
  const { running } = await run(sagaMachine(saga, env as Env), topics, { ...options, group })
  return running
}
