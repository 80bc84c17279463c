import type { SerializedEvent } from '../bus/event.ts'
import type { Action } from './action.ts'
import { withClock } from './aggregate.ts'
import type { EventCodec } from './codecs/codec.ts'
import type { Effect } from './effects.ts'
import type { StreamHandler } from './engine/stream-handler.ts'
import type { Reducer, Step } from './reducer.ts'

/**
 * Leads a conversation through several aggregates: it reacts to their events with commands, and compensates when an aggregate
 * fails.
 *
 * **State** is reduced from the stream `{name}-saga-{correlationId}`, which holds every action that the saga reacted to, in
 * order. The stream also tells which events were handled already, so that an event that is delivered twice counts once. An
 * action that changes nothing (same state, no effects) is not stored.
 *
 * @example
 * ```ts
 * import { cborCodec, dispatch, type Saga } from 'crbus'
 * import { given } from 'crbus/testing'
 *
 * type CheckoutAction = { type: 'OrderPlaced' | 'PaymentFailed'; order_id: string }
 *
 * const checkout: Saga<'idle' | 'charging' | 'cancelling', CheckoutAction> = {
 *   name: 'checkout',
 *   topics: ['order-events', 'payment-events'],
 *   initial: 'idle',
 *   reduce(state, { type, order_id }) {
 *     if (type === 'OrderPlaced' && state === 'idle')
 *       return { state: 'charging', effects: [dispatch('payment-commands', { type: 'ChargePayment', order_id })] }
 *     if (type === 'PaymentFailed' && state === 'charging')
 *       return { state: 'cancelling', effects: [dispatch('order-commands', { type: 'CancelOrder', order_id })] }
 *     return { state, effects: [] }
 *   },
 *   codec: cborCodec<CheckoutAction>({ OrderPlaced: 1, PaymentFailed: 1 }),
 * }
 * given(checkout).when({ type: 'OrderPlaced', order_id: 'o-1' }).state // => 'charging'
 * ```
 */
export interface Saga<State, A extends Action, Env = unknown> {
  /** The name, such as `checkout`: streams are `checkout-saga-{correlationId}`, and the group is `checkout-saga`. */
  readonly name: string
  /** The topics that the saga takes events from. */
  readonly topics: readonly string[]
  /** The state of a conversation before its first event. */
  readonly initial: State
  /** Reacts to events and time-outs. */
  readonly reduce: Reducer<State, A, Env>
  /**
   * Decodes the events that the saga reacts to, and its own timers. The saga ignores events that the codec does not know.
   */
  readonly codec: EventCodec<A>
  /**
   * Returns the id of the conversation that an event belongs to; `undefined` for an event of none. Default: the correlation
   * id.
   */
  readonly correlate?: ((action: A, event: SerializedEvent) => string | undefined) | undefined
  /**
   * The version of `initial` and `reduce`, a whole number from 1; default 1. Raise it when a change makes `reduce` return
   * another state for stored events, and list the previous version in `versions`. The first event of a conversation records
   * the version it began with (metadata `saga_version`; absent: 1).
   */
  readonly version?: number | undefined
  /**
   * The earlier versions by their numbers. A conversation stays with the version it began with, unless `migrate` moves it to
   * the next one. The messages of a conversation whose version is neither listed here nor `version` become dead letters.
   */
  readonly versions?: Readonly<Record<number, EarlierSaga>> | undefined
  /**
   * Returns the effects that continue a conversation after its migration to this version: given the migrated state, the
   * commands and time-outs of all steps that are still unanswered. Called once for each migrated conversation, even when the
   * process dies meanwhile; all copies of a command that it sends have the same {@link messageId}. An aggregate may receive
   * such a command a second time, when the earlier version had sent it.
   */
  readonly resume?: ((state: State) => readonly Effect<A>[]) | undefined
}

/**
 * An earlier version of a saga: a whole `Saga`, or the two fields that its conversations need. The codec of the current
 * version decodes their events and encodes their commands, so it must keep their types.
 */
export interface EarlierSaga {
  /** The state of a conversation before its first event. */
  readonly initial: unknown
  /** The reducer as it was in this version. */
  readonly reduce: (state: never, action: never, env: never) => Step<unknown>
  /**
   * Converts a state of this version to the next version; `undefined`: the conversation stays with this version. Must be
   * pure, since it runs again whenever a migrated conversation is read.
   */
  readonly migrate?: ((state: never) => unknown) | undefined
}

/** Creates the handler of a saga without its earlier versions. */
export function sagaHandler<State, A extends Action, Env>(
  saga: Saga<State, A, Env>,
  env: Env,
): StreamHandler<State, A> {
  const { name, initial, reduce, codec, correlate = byCorrelationId } = saga
  return {
    name: `${name}-saga`,
    prefix: `${name}-saga-`,
    initial,
    reduce: (state, action, at) => reduce(state, action, withClock(env, at)),
    codec,
    storesActions: true,
    keysEventsById: false,
    route(event) {
      const action = codec.decode(event)
      const id = action && correlate(action, event)
      return action === undefined || id === undefined ? undefined : { action, id }
    },
  }
}

const byCorrelationId = (_: Action, { metadata }: SerializedEvent): string | undefined => metadata?.correlationId
