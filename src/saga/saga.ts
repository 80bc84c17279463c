import type { SerializedEvent } from '../bus/event.ts'
import { withClock } from './aggregate.ts'
import type { EventCodec } from './codec.ts'
import type { Machine } from './machine.ts'
import type { Action, Reducer } from './reducer.ts'

/**
 * What leads one conversation through several aggregates: it reacts to their events with commands, and takes back what
 * was done when one of them fails.
 *
 * **State** is its stream, `{name}-saga-{correlationId}`: every action it reacted to, in its own order, reduced again.
 * The stream also says what was reacted to already, so that an event that comes twice counts once. An action that
 * changes nothing (the same state, no effects) is not stored.
 */
export interface Saga<State, A extends Action, Env = unknown> {
  /** `checkout`: streams are `checkout-saga-{correlationId}`, the group is `checkout-saga`. */
  readonly name: string
  readonly topics: readonly string[]
  readonly initial: State
  readonly reduce: Reducer<State, A, Env>
  /** Which events it reacts to, as what; and its own timers. Others are not for this saga. */
  readonly codec: EventCodec<A>
  /** Which conversation an event belongs to; `undefined`: none. Default: its correlation id. */
  readonly correlate?: ((action: A, event: SerializedEvent) => string | undefined) | undefined
}

export function sagaMachine<State, A extends Action, Env>(saga: Saga<State, A, Env>, env: Env): Machine<State, A> {
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
