import type { SerializedEvent } from '../bus/event.ts'
import type { Action } from './reducer.ts'

/** An event without metadata, which the runtime adds. */
export type EncodedEvent = Pick<SerializedEvent, 'eventType' | 'eventVersion' | 'data'>

/** Actions to events and back. */
export interface EventCodec<A extends Action> {
  /** The actions it knows, by their `type`. */
  readonly types: ReadonlySet<string>
  /** Throws when the action cannot be written. */
  encode(action: A): EncodedEvent
  /** `undefined` for an event type it does not know. Throws when it knows the type and the data is not of it. */
  decode(event: SerializedEvent): A | undefined
}

/**
 * Several codecs as one, for a saga that listens to services which write differently. What the first knows it reads and
 * writes; what it does not know, the next. An action nobody knows is written by the last.
 */
export function combineCodecs<A extends Action>(...codecs: readonly EventCodec<Action>[]): EventCodec<A> {
  const last = codecs.at(-1)
  if (last === undefined) throw new TypeError('there is no codec to combine')
  return {
    types: new Set(codecs.flatMap(({ types }) => [...types])),
    encode: (action) => (codecs.find(({ types }) => types.has(action.type)) ?? last).encode(action),
    decode(event) {
      for (const codec of codecs) {
        const action = codec.decode(event)
        if (action !== undefined) return action as A
      }
      return undefined
    },
  }
}
