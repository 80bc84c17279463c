import type { Action } from './action.ts'
import type { Effect } from './effects.ts'

/** The clock that reducers read. */
export interface Clock {
  /** Returns the current time, or, when a stored action is reduced again, the time at which it was first reduced. */
  readonly now: () => Date
}

export const systemClock: Clock = { now: () => new Date() }

/** The result of a reducer: the new state and the effects it requests. Nothing has happened yet. */
export interface Step<State, A extends Action = Action> {
  /** The new state; the same object when nothing changed. */
  readonly state: State
  /** The requested effects, in order. */
  readonly effects: readonly Effect<A>[]
}

/**
 * A pure function from state, action and clock to the next state and effects. The same arguments must give the same result,
 * because stored actions are reduced again to restore the state. For an action that does not concern it, a reducer returns the
 * same state and no effects.
 *
 * @example
 * ```ts
 * import { append, type Reducer } from 'crbus'
 * import { given } from 'crbus/testing'
 *
 * type PaymentAction = { type: 'ChargePayment' } | { type: 'PaymentCharged'; at: string }
 *
 * const reduce: Reducer<'open' | 'charged', PaymentAction> = (state, { type }, { now }) => {
 *   if (type === 'PaymentCharged') return { state: 'charged', effects: [] }
 *   if (state === 'charged') return { state, effects: [] }
 *   return { state, effects: [append({ type: 'PaymentCharged', at: now().toISOString() })] }
 * }
 * const { events } = given(reduce, 'open').when({ type: 'ChargePayment' })
 * events // => [{ type: 'PaymentCharged', at: '2025-01-01T00:00:00.000Z' }]
 * ```
 */
export type Reducer<State, A extends Action, Env = unknown> = (
  state: State,
  action: A,
  env: Env & Clock,
) => Step<State, A>
