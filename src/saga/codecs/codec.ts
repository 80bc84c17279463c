import type { SerializedEvent } from '../../bus/event.ts'
import type { Action } from '../action.ts'

/** An encoded action: an event without metadata, which the runtime adds. */
export type EncodedEvent = Pick<SerializedEvent, 'eventType' | 'eventVersion' | 'data'>

/**
 * Encodes actions as events and decodes them. {@link cborCodec}, {@link jsonCodec} and {@link schemaCodec} make codecs.
 *
 * @example
 * ```ts
 * import { type EventCodec, serializedEvent } from 'crbus'
 *
 * type OrderAction = { type: 'OrderPlaced'; order_id: string }
 *
 * const codec: EventCodec<OrderAction> = {
 *   types: new Set(['OrderPlaced']),
 *   encode: ({ order_id }) => ({ eventType: 'OrderPlaced.v1', eventVersion: 1, data: Buffer.from(order_id) }),
 *   decode({ eventType, data }) {
 *     if (eventType !== 'OrderPlaced.v1') return undefined
 *     return { type: 'OrderPlaced', order_id: Buffer.from(data).toString() }
 *   },
 * }
 * codec.decode(serializedEvent('OrderPlaced.v1', Buffer.from('o-1'))) // => { type: 'OrderPlaced', order_id: 'o-1' }
 * ```
 */
export interface EventCodec<A extends Action> {
  /** The `type` of each action that the codec knows. */
  readonly types: ReadonlySet<string>
  /** Encodes an action. Throws when the action cannot be encoded. */
  encode(action: A): EncodedEvent
  /**
   * Decodes an event; `undefined` for an event type that the codec does not know. Throws when a known type has another
   * payload.
   */
  decode(event: SerializedEvent): A | undefined
}

/**
 * Combines several codecs, for a saga that reacts to services with different encodings. The first codec that knows the type of
 * an action or event encodes or decodes it. An action that no codec knows is encoded by the last one. Throws a `TypeError` when
 * no codec is given.
 *
 * @example
 * ```ts
 * import { cborCodec, combineCodecs, jsonCodec } from 'crbus'
 *
 * type OrderEvent = { type: 'OrderPlaced'; order_id: string }
 * type PaymentEvent = { type: 'PaymentFailed'; order_id: string }
 *
 * const orders = cborCodec<OrderEvent>({ OrderPlaced: 1 })
 * const payments = jsonCodec<PaymentEvent>({ PaymentFailed: 1 })
 * const codec = combineCodecs<OrderEvent | PaymentEvent>(orders, payments)
 * const { data } = codec.encode({ type: 'PaymentFailed', order_id: 'o-1' })
 * Buffer.from(data).toString() // => '{"order_id":"o-1"}'
 * ```
 */
export function combineCodecs<A extends Action>(...codecs: readonly EventCodec<Action>[]): EventCodec<A> {
  const last = codecs.at(-1)
  if (last === undefined) throw new TypeError('combineCodecs needs at least one codec')
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
