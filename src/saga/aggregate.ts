import type { Action } from './action.ts'
import type { EventCodec } from './codecs/codec.ts'
import type { StreamHandler } from './engine/stream-handler.ts'
import type { Clock, Reducer } from './reducer.ts'

/**
 * Decides about one kind of entity, such as an order or a payment: it takes commands and emits events. The stream
 * `{name}-{id}` holds the events of one instance.
 *
 * **State** is the result of reducing the stored events, by the same reducer. For a command, the reducer returns effects, and
 * the state that it returns is not kept. The runtime recognizes a repeated command by the events it led to and skips it. When a
 * command only publishes an event, the runtime appends that event too, for the same reason. A command without effects leaves no
 * trace. A command that dispatches or delays without appending or publishing an event is an error.
 *
 * @example
 * ```ts
 * import { type Aggregate, append, cborCodec, publish } from 'crbus'
 * import { given } from 'crbus/testing'
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
 *     if (state === 'placed') return { state, effects: [] }
 *     const placed = { type: 'OrderPlaced', order_id } as const
 *     return { state, effects: [append(placed), publish('order-events', placed)] }
 *   },
 *   codec: cborCodec<OrderAction>({ PlaceOrder: 1, OrderPlaced: 1 }),
 *   idOf: ({ order_id }) => order_id,
 * }
 * given(order).when({ type: 'PlaceOrder', order_id: 'o-1' }).state // => 'placed'
 * ```
 */
export interface Aggregate<State, A extends Action, Env = unknown> {
  /** The name, such as `order`: streams are `order-{id}`, and the group is `order-aggregate`. */
  readonly name: string
  /** The topic that the reducer publishes events to, such as `order-events`. */
  readonly events: string
  /** The topic that the aggregate receives commands from, such as `order-commands`. */
  readonly commands: string
  /** The state of an instance without events. */
  readonly initial: State
  /** Decides about commands, and applies events to the state. */
  readonly reduce: Reducer<State, A, Env>
  /** Decodes commands and stored events, and encodes the appended and published events. */
  readonly codec: EventCodec<A>
  /** Returns the id of the instance that a command is for. */
  readonly idOf: (action: A) => string
  /**
   * The record key of published events. `type`, the default and Rust's rule: the event type, so that events of one
   * type stay in order. `aggregate`: the id of the instance, so that all events of one instance stay in order on a topic.
   */
  readonly key?: 'type' | 'aggregate' | undefined
}

/** Creates the handler by which the engine runs an aggregate. */
export function aggregateHandler<State, A extends Action, Env>(
  aggregate: Aggregate<State, A, Env>,
  env: Env,
): StreamHandler<State, A> {
  const { name, initial, reduce, codec, idOf } = aggregate
  return {
    name,
    prefix: `${name}-`,
    initial,
    reduce: (state, action, at) => reduce(state, action, withClock(env, at)),
    codec,
    storesActions: false,
    keysEventsById: isKeyedById(aggregate),
    route(event) {
      const action = codec.decode(event)
      return action === undefined ? undefined : { action, id: idOf(action) }
    },
  }
}

function isKeyedById({ name, key = 'type' }: { readonly name: string; readonly key?: string | undefined }): boolean {
  if (key === 'type' || key === 'aggregate') return key === 'aggregate'
  throw new TypeError(`the key of the aggregate ${name} is '${key}': it must be 'type' or 'aggregate'`)
}

/** Adds to an environment a clock that shows `at`, the time of one step. Replaces a clock that the environment has. */
export const withClock = <Env>(env: Env, at: Date): Env & Clock => ({ ...env, now: () => new Date(at) })
