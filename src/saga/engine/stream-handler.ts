import type { SerializedEvent } from '../../bus/event.ts'
import type { StoredEvent } from '../../store/event-store.ts'
import type { Action } from '../action.ts'
import type { EventCodec } from '../codecs/codec.ts'
import type { Step } from '../reducer.ts'
import { asError } from '../reports/problem.ts'

/** An aggregate or a saga as the engine runs it: how messages are routed to streams, and how streams are reduced. */
export interface StreamHandler<State, A extends Action> {
  /** The name in messages and logs. */
  readonly name: string
  /** The prefix of the stream ids. */
  readonly prefix: string
  readonly initial: State
  /** `at` is the time of the step. */
  readonly reduce: (state: State, action: A, at: Date) => Step<State, A>
  readonly codec: EventCodec<A>
  /**
   * Returns the state before the first event of a stream. Throws for a stream that this handler cannot reduce. Default: every
   * stream begins with `initial`.
   */
  readonly begin?: ((streamId: string, first: SerializedEvent) => State) | undefined
  /** Extra metadata for the first event of a stream. */
  readonly mark?: Readonly<Record<string, unknown>> | undefined
  /**
   * Whether the stream holds the actions that were reduced, as for a saga, or only appended events, as for an aggregate.
   */
  readonly storesActions: boolean
  /** Whether the record key of published events is the id of the instance; otherwise it is the event type. */
  readonly keysEventsById: boolean
  /**
   * Returns the action and the id of its instance; `undefined` for an event of another service. Throws the errors of the
   * codec.
   */
  readonly route: (event: SerializedEvent) => { readonly action: A; readonly id: string } | undefined
}

/** The current state of one entity or conversation, such as an order or a checkout. */
export interface Instance<State> {
  readonly streamId: string
  /** The version of the last event; 0 without events. */
  readonly version: number
  readonly state: State
  /** The ids of the messages that led to the events. */
  readonly handled: Set<string>
}

/**
 * Rebuilds an instance from its stream. Event types that the codec does not know change nothing. When the codec or the
 * reducer throws, throws an error that names the stream and the event, with the original error as its `cause`.
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
        `the state of ${streamId} cannot be rebuilt at event ${version} (${event.eventType}): ${asError(error).message}`,
        { cause: error },
      )
    }
  }
  return { streamId, version: stored.at(-1)?.version ?? 0, state, handled }
}
