import type { Action } from './action.ts'
import { systemClock } from './reducer.ts'
import type { EnvOption } from './run-aggregate.ts'
import { checkRunSaga } from './run-options.ts'
import type { Running, RunOptions } from './runtime/running.ts'
import { run } from './runtime/runtime.ts'
import { scheduleMigrations } from './runtime/schedule-migrations.ts'
import type { Saga } from './saga.ts'
import { versionedHandler } from './saga-versions.ts'

/** Options of {@link runSaga}. */
export type RunSagaOptions<State, A extends Action, Env> = RunOptions & {
  /** The saga to run. */
  readonly saga: Saga<State, A, Env>
  /** Default: the topics of the saga. */
  readonly topics?: readonly string[] | undefined
} & EnvOption<Env>

/**
 * Runs a saga: one instance for each correlation id, whose state is its stream in the store. Resolves when it has joined its
 * group.
 *
 * **Delivery.** The saga reacts to each event exactly once, even when it is delivered late or several times. Commands are
 * published at least once, on each topic in the order of the saga's effects, even when the process dies in between; copies
 * have the same {@link messageId}. Each timer fires once, also after a restart.
 *
 * **Versions.** A conversation is reduced by the version of the saga that it began with. The first start of a version reads all
 * conversations, before it joins its group, to find those that `Saga.versions` migrates, which takes longer the more there
 * are. A conversation that a process of the earlier release begins later stays with the earlier version.
 *
 * **Failure.** As for {@link runAggregate}. `group` defaults to `{name}-saga`; each saga needs a group of its own.
 *
 * @example
 * ```ts
 * import { cborCodec, dispatch, InMemoryEventBus, openEventStore, runSaga, type Saga } from 'crbus'
 *
 * type CheckoutAction = { type: 'OrderPlaced'; order_id: string }
 *
 * const checkout: Saga<'idle' | 'charging', CheckoutAction> = {
 *   name: 'checkout',
 *   topics: ['order-events'],
 *   initial: 'idle',
 *   reduce: (_, { order_id }) => ({
 *     state: 'charging',
 *     effects: [dispatch('payment-commands', { type: 'ChargePayment', order_id })],
 *   }),
 *   codec: cborCodec<CheckoutAction>({ OrderPlaced: 1 }),
 * }
 * await using bus = new InMemoryEventBus({ createTopics: true })
 * await using store = await openEventStore(':memory:')
 * await using running = await runSaga({ bus, store, saga: checkout, onError: ({ message }) => console.error(message) })
 * running.health() // => { status: 'ok', waits: [] }
 * ```
 */
export async function runSaga<State, A extends Action, Env = unknown>(
  given: RunSagaOptions<State, A, Env>,
): Promise<Running> {
  checkRunSaga(given)
  const { saga, topics = saga.topics, env, group = `${saga.name}-saga`, ...options } = given
  const handler = versionedHandler(saga, env as Env)
  const { store, clock = systemClock, signal } = options
  await scheduleMigrations(saga, { store, owner: group, now: clock.now, signal })
  const { running } = await run(handler, topics, { ...options, group })
  return running
}
