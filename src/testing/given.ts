import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict'
import type { Action } from '../saga/action.ts'
import { type Aggregate, aggregateHandler, withClock } from '../saga/aggregate.ts'
import { type Effect, leavesOf } from '../saga/effects.ts'
import { react } from '../saga/engine/reaction.ts'
import type { StreamHandler } from '../saga/engine/stream-handler.ts'
import type { Clock, Reducer, Step } from '../saga/reducer.ts'
import { type Saga, sagaHandler } from '../saga/saga.ts'

/** The time of the clock when a test gives none. */
const TEST_TIME = '2025-01-01T00:00:00.000Z'

/** The state that a test begins from; see {@link given}. */
export interface Given<State, A extends Action, Env> {
  /** Reduces one action. `env` is the environment of the reducer; the default of `now` is 2025-01-01T00:00:00Z. */
  when(action: A, env?: Env & Partial<Clock>): Outcome<State, A>
}

/**
 * The result of a reducer in a test. Each `expect…` throws an `AssertionError` with the difference, or returns this object.
 */
export interface Outcome<State, A extends Action> {
  /** The state afterwards. */
  readonly state: State
  /** The effects that the reducer returned, without `none`. */
  readonly effects: readonly Effect<A>[]
  /** The events that are appended to the own stream. */
  readonly events: readonly A[]
  /** Why the command was rejected; `undefined` when it was not. */
  readonly rejected: string | undefined
  /** Expects exactly these effects, in order. */
  expect(effects: readonly Effect<A>[]): Outcome<State, A>
  /** Expects this state. */
  expectState(state: State): Outcome<State, A>
  /** Expects exactly these appended events, in order. */
  expectEvents(events: readonly A[]): Outcome<State, A>
  /** Expects that the command was rejected, and for this reason if one is given. */
  expectRejected(reason?: string): Outcome<State, A>
}

/**
 * Tests how a reducer, an aggregate or a saga handles one action.
 *
 * The test begins from a state, or from a list of earlier actions: events of an aggregate, actions of a saga. By default it
 * begins from the initial state. For an aggregate or a saga, `state` and `events` are those of the step in the runtime, which
 * reduces the appended events too; for a reducer alone, they are what the reducer returned. `when` throws a `TypeError` for a
 * reducer alone without a state.
 *
 * @example
 * ```ts
 * import { append, type Reducer } from 'crbus'
 * import { given } from 'crbus/testing'
 *
 * type StockAction = { type: 'ReserveStock' | 'StockReserved'; quantity: number }
 *
 * const reduce: Reducer<number, StockAction> = (free, { type, quantity }) => {
 *   if (type === 'StockReserved') return { state: free - quantity, effects: [] }
 *   return { state: free, effects: quantity <= free ? [append({ type: 'StockReserved', quantity })] : [] }
 * }
 * given(reduce, 5)
 *   .when({ type: 'ReserveStock', quantity: 2 })
 *   .expectEvents([{ type: 'StockReserved', quantity: 2 }])
 * given(reduce, 1).when({ type: 'ReserveStock', quantity: 2 }).expect([])
 * ```
 */
export function given<State, A extends Action, Env = unknown>(
  subject: Aggregate<State, A, Env> | Saga<State, A, Env> | Reducer<State, A, Env>,
  stateOrHistory?: NoInfer<State> | readonly NoInfer<A>[],
): Given<State, A, Env> {
  return {
    when(action, env) {
      const { now = () => new Date(TEST_TIME), ...rest } = (env ?? {}) as Partial<Clock>
      const at = now()
      const handler = typeof subject === 'function' ? undefined : handlerOf(subject, rest as Env)
      const reduce = handler?.reduce ?? bareReduce(subject as Reducer<State, A, Env>, rest as Env)
      const from = begin(reduce, handler?.initial, stateOrHistory, at)
      const step = reduce(from, action, at)
      const outcome = handler === undefined ? plainOutcome(step) : reacted(handler, from, action, at)
      return expecting({ ...outcome, effects: step.effects.filter(({ kind }) => kind !== 'none') })
    },
  }
}

type Reduce<State, A extends Action> = StreamHandler<State, A>['reduce']

const bareReduce =
  <State, A extends Action, Env>(reducer: Reducer<State, A, Env>, env: Env): Reduce<State, A> =>
  (state, action, at) =>
    reducer(state, action, withClock(env, at))

const handlerOf = <State, A extends Action, Env>(
  subject: Aggregate<State, A, Env> | Saga<State, A, Env>,
  env: Env,
): StreamHandler<State, A> => ('commands' in subject ? aggregateHandler(subject, env) : sagaHandler(subject, env))

function begin<State, A extends Action>(
  reduce: Reduce<State, A>,
  initial: State | undefined,
  stateOrHistory: State | readonly A[] | undefined,
  at: Date,
): State {
  const history = Array.isArray(stateOrHistory) ? (stateOrHistory as readonly A[]) : undefined
  const from: State | undefined =
    history === undefined && stateOrHistory !== undefined ? (stateOrHistory as State) : initial
  if (from === undefined)
    throw new TypeError('a reducer alone has no initial state: pass one as the second argument of given')
  let state: State = from
  for (const action of history ?? []) state = reduce(state, action, at).state
  return state
}

/** The outcome of a reducer alone. */
const plainOutcome = <State, A extends Action>({ state, effects }: Step<State, A>) => ({
  state,
  events: leavesOf(effects).flatMap((leaf) => (leaf.kind === 'append' ? leaf.events : [])),
  rejected: leavesOf(effects).flatMap((leaf) => (leaf.kind === 'reject' ? leaf.reason : []))[0],
})

/** The outcome of an aggregate or a saga: that of the step in the runtime. */
function reacted<State, A extends Action>(handler: StreamHandler<State, A>, from: State, action: A, at: Date) {
  const instance = { streamId: `${handler.prefix}test`, version: 0, state: from, handled: new Set<string>() }
  const event = { eventType: action.type, eventVersion: 1, data: new Uint8Array(), metadata: null }
  const reaction = react(handler, instance, action, { event, id: 'test' }, at)
  if (reaction === undefined) return { state: from, events: [], rejected: undefined }
  // Keep `undefined` if the reducer returned no state, because the runtime would lose the state too.
  const { state, events, rejected } = reaction
  return { state, events, rejected }
}

function expecting<State, A extends Action>(
  found: Pick<Outcome<State, A>, 'state' | 'effects' | 'events' | 'rejected'>,
): Outcome<State, A> {
  const outcome: Outcome<State, A> = {
    ...found,
    expect(effects) {
      deepStrictEqual(found.effects, effects)
      return outcome
    },
    expectState(state) {
      deepStrictEqual(found.state, state)
      return outcome
    },
    expectEvents(events) {
      deepStrictEqual(found.events, events)
      return outcome
    },
    expectRejected(reason) {
      ok(found.rejected !== undefined, 'the command was not rejected')
      if (reason !== undefined) strictEqual(found.rejected, reason)
      return outcome
    },
  }
  return outcome
}
