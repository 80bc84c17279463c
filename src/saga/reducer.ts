import type { Effect } from './effects.ts'

/** A command or an event: a member of a union told apart by `type`, `{ type: 'OrderPlaced', order_id: 'o-1' }`. */
export interface Action {
  readonly type: string
}

export interface Clock {
  /** The time. When stored actions are reduced again: the time each was first reduced at. */
  readonly now: () => Date
}

/** What a reducer answers. Both are values: nothing has happened yet. */
export interface Step<State, A extends Action = Action> {
  readonly state: State
  readonly effects: readonly Effect<A>[]
}

/**
 * Pure: the same state, action and time give the same step, since what happened is reduced again to find out where
 * things stand. An action that does not concern it gives the same state and no effects.
 */
export type Reducer<State, A extends Action, Env = unknown> = (
  state: State,
  action: A,
  env: Env & Clock,
) => Step<State, A>
