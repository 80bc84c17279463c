import type { SerializedEvent } from '../../bus/event.ts'
import type { StoredEvent } from '../../store/event-store.ts'
import type { Action } from '../action.ts'
import type { EventCodec } from '../codecs/codec.ts'
import type { Step } from '../reducer.ts'
import { asError } from '../reports/problem.ts'

/** What aggregates and sagas are to the executor. */
export interface StreamHandler<State, A extends Action> {
  /** For sentences about it. */
  readonly name: string
  /** What its streams' ids begin with. */
  readonly prefix: string
  readonly initial: State
  /** `at` is the time of the step. */
  readonly reduce: (state: State, action: A, at: Date) => Step<State, A>
  readonly codec: EventCodec<A>
  /** The state before the first event of a stream that exists; default: `initial`. Throws for a stream that it cannot reduce. */
  readonly begin?: ((streamId: string, first: SerializedEvent) => State) | undefined
  /** Extra metadata for the first event of a stream. */
  readonly mark?: Readonly<Record<string, unknown>> | undefined
  /** A saga's stream holds what it reacted to; an aggregate's only what it appended. */
  readonly storesActions: boolean
  /** Whether published events have the instance's id as their record key; else it is the event type. */
  readonly keysEventsById: boolean
  /** The action in an event and whom it is for; `undefined`: nobody here. Throws as the codec does. */
  readonly route: (event: SerializedEvent) => { readonly action: A; readonly id: string } | undefined
}

/** One order, one checkout: where its stream has brought it. */
export interface Instance<State> {
  readonly streamId: string
  /** Of the last event; 0 when there is none. */
  readonly version: number
  readonly state: State
  /** The ids of the messages that led to the events. */
  readonly handled: Set<string>
}

/**
 * Rebuilds an instance from its stream. Events of types that the codec does not know change nothing. Throws an error that
 * names the stream and the event when codec or reducer throws; its `cause` is what they threw.
 */
export function fold<State, A extends Action>(
  { initial, begin, reduce, codec }: Pick<StreamHandler<State, A>, 'initial' | 'begin' | 'reduce' | 'codec'>,
  streamId: string,
  stored: readonly StoredEvent[],
): Instance<State> {
  const handled = new Set<string>()
  const first = stored[0]
  let state = first === undefined || begin === undefined ? initial : begin(streamId, first.event)
  for (const { event, version, createdAt } of stored) {
    const { causationId, timestamp } = event.metadata ?? {}
    if (causationId !== undefined) handled.add(causationId)
    try {
      const action = codec.decode(event)
      if (action === undefined) continue
      state = reduce(state, action, timestamp === undefined ? createdAt : new Date(timestamp)).state
    } catch (error) {
      throw new Error(
        `the state of ${streamId} cannot be rebuilt: event ${version}, ${event.eventType}: ${asError(error).message}`,
        { cause: error },
      )
    }
  }
  return { streamId, version: stored.at(-1)?.version ?? 0, state, handled }
}
