import type { EventCodec } from './codec.ts'
import type { Machine } from './machine.ts'
import type { Action, Clock, Reducer } from './reducer.ts'

/**
 * What decides about one kind of thing: an order, a payment. Commands come in, events go out, and the stream
 * `{name}-{id}` holds the events of one of them.
 *
 * **State** is what the events make of it, by the same reducer: a command's arm answers with effects, and the state it
 * returns is not kept. A command that led to an event is known by that event, and is skipped when it comes again. A
 * command that only publishes has what it publishes appended too, for the same reason; one that changes nothing and says
 * nothing leaves no trace; one that dispatches or delays without appending is an error.
 */
export interface Aggregate<State, A extends Action, Env = unknown> {
  /** `order`: streams are `order-{id}`, the group is `order-aggregate`. */
  readonly name: string
  /** The topic of its events, `order-events`: what its reducer publishes to. */
  readonly events: string
  /** The topic it takes its commands from, `order-commands`. */
  readonly commands: string
  readonly initial: State
  readonly reduce: Reducer<State, A, Env>
  readonly codec: EventCodec<A>
  /** Which one a command is for. */
  readonly idOf: (action: A) => string
  /**
   * The record key of the events it publishes. `type`, the default and Rust's rule: events of one type stay in order.
   * `aggregate`: the id, so that all events of one instance stay in order on a topic.
   */
  readonly key?: 'type' | 'aggregate' | undefined
}

export function aggregateMachine<State, A extends Action, Env>(
  aggregate: Aggregate<State, A, Env>,
  env: Env,
): Machine<State, A> {
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

/** The environment with a clock that stands still for one step, whatever clock it brought. */
export const withClock = <Env>(env: Env, at: Date): Env & Clock => ({ ...env, now: () => new Date(at) })
