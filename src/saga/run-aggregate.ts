import { randomUUID } from 'node:crypto'
import type { EventMetadata } from '../bus/event.ts'
import type { Action } from './action.ts'
import { type Aggregate, aggregateHandler } from './aggregate.ts'
import type { Handled } from './engine/task.ts'
import { checkRunAggregate } from './run-options.ts'
import type { Running, RunOptions } from './runtime/running.ts'
import { run } from './runtime/runtime.ts'

/** Options of {@link runAggregate}. */
export type RunAggregateOptions<State, A extends Action, Env> = RunOptions & {
  /** The aggregate to run. */
  readonly aggregate: Aggregate<State, A, Env>
} & EnvOption<Env>

/** The environment that reducers get in addition to the clock. Optional for reducers that use none. */
export type EnvOption<Env> = unknown extends Env ? { readonly env?: Env } : { readonly env: Env }

/** A running aggregate, as {@link runAggregate} returns it. */
export interface RunningAggregate<A extends Action> extends Running {
  /**
   * Handles a command of this process, without the bus. Resolves when its results are stored; otherwise rejects with the error
   * of the reducer, the codec or the store. A command with a `causationId` is handled once, however often it is
   * sent; the command and all of its metadata are its identity.
   */
  send(command: A, metadata?: EventMetadata): Promise<Handled<A>>
}

/**
 * Runs an aggregate: takes commands from its topic, appends the events that its reducer decides on to the store, and publishes
 * them. Resolves when it has joined its group.
 *
 * **Delivery.** Each command is handled exactly once, even when it is delivered several times. Stored messages are published
 * at least once, in the order of their stream, even when the process dies in between. Equal copies have the same
 * {@link messageId}.
 *
 * **Failure.** A command that cannot be decoded becomes a dead letter at once. When the reducer throws, the command is tried
 * five times within a second, during which only its own stream waits, and then becomes a dead letter. While the store or the
 * bus is unreachable, the runtime waits. `onError` reports all of these.
 *
 * `group` defaults to `{name}-aggregate`. Rejects with a `TypeError` for an unknown or invalid option.
 *
 * @example
 * ```ts
 * import { type Aggregate, append, cborCodec, InMemoryEventBus, openEventStore, runAggregate } from 'crbus'
 *
 * type OrderAction = { type: 'PlaceOrder' | 'OrderPlaced'; order_id: string }
 *
 * const order: Aggregate<'new' | 'placed', OrderAction> = {
 *   name: 'order',
 *   events: 'order-events',
 *   commands: 'order-commands',
 *   initial: 'new',
 *   reduce(state, { type, order_id }) {
 *     if (type === 'OrderPlaced') return { state: 'placed', effects: [] }
 *     return { state, effects: state === 'new' ? [append({ type: 'OrderPlaced', order_id })] : [] }
 *   },
 *   codec: cborCodec<OrderAction>({ PlaceOrder: 1, OrderPlaced: 1 }),
 *   idOf: ({ order_id }) => order_id,
 * }
 * await using bus = new InMemoryEventBus({ createTopics: true })
 * await using store = await openEventStore(':memory:')
 * await using orders = await runAggregate({ bus, store, aggregate: order })
 * const { events } = await orders.send({ type: 'PlaceOrder', order_id: 'o-1' })
 * events // => [{ type: 'OrderPlaced', order_id: 'o-1' }]
 * ```
 */
export async function runAggregate<State, A extends Action, Env = unknown>(
  given: RunAggregateOptions<State, A, Env>,
): Promise<RunningAggregate<A>> {
  checkRunAggregate(given)
  const { aggregate, env, group = `${aggregate.name}-aggregate`, ...options } = given
  const handler = aggregateHandler(aggregate, env as Env)
  const { running, engine } = await run(handler, [aggregate.commands], { ...options, group })
  return {
    ...running,
    async send(command, metadata = {}) {
      const { causationId = randomUUID() } = metadata
      const event = { ...aggregate.codec.encode(command), metadata: { ...metadata, causationId } }
      const handled = await engine.send({ event })
      if (handled === undefined)
        throw new TypeError(`the codec of ${aggregate.name} does not know the command ${command.type}`)
      return handled
    },
  }
}
