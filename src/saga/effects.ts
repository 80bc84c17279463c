import type { ExpectedVersion } from '../store/event-store.ts'
import type { Action } from './action.ts'
import type { EventCodec } from './codecs/codec.ts'
import { type Duration, toMilliseconds } from './duration.ts'

/**
 * An effect that a reducer requests, as plain frozen data. All effects of a step are stored in one transaction, or none.
 */
export type Effect<A extends Action = Action> =
  | { readonly kind: 'none' }
  | { readonly kind: 'append'; readonly events: readonly A[] }
  | {
      readonly kind: 'appendTo'
      readonly streamId: string
      readonly expectedVersion: ExpectedVersion
      readonly events: readonly A[]
    }
  | Sending
  | {
      readonly kind: 'reject'
      readonly reason: string
    }
  | {
      readonly kind: 'delay'
      /** Whole milliseconds. */
      readonly delay: number
      readonly action: A
      readonly id?: string
    }
  | { readonly kind: 'sequence'; readonly effects: readonly Effect<A>[] }
  | { readonly kind: 'parallel'; readonly effects: readonly Effect<A>[] }

/** A message for the bus: an event to publish or a command to dispatch. */
export interface Sending {
  /** Determines the default of `key`; see {@link publish} and {@link dispatch}. */
  readonly kind: 'publish' | 'dispatch'
  readonly topic: string
  readonly action: Action
  /** The record key: messages of one key on one topic stay in order. */
  readonly key?: string
  /** Encodes the message. Absent: the codec of the sender. */
  readonly codec?: EventCodec<Action>
}

/** Options of {@link publish} and {@link dispatch}. */
export interface SendOptions {
  /** The record key, not empty. Messages of one key on one topic arrive in the order they were sent. */
  readonly key?: string | undefined
  /** Encodes the message. Default: the codec of the aggregate or saga that sends it. */
  readonly codec?: EventCodec<Action> | undefined
}

/** The receiver of a command, such as an `Aggregate`. Without a codec, the sender's codec encodes the commands. */
export interface Receiver<A extends Action> {
  /** The topic that the receiver takes commands from. */
  readonly commands: string
  /** Returns the id of the instance that a command is for. */
  idOf(command: A): string
  /** Encodes the commands. */
  readonly codec?: EventCodec<A>
}

/**
 * An effect that does nothing, the same as an empty list of effects.
 *
 * @example
 * ```ts
 * import { append, none } from 'crbus'
 *
 * const effectOf = (total: number) => (total > 0 ? append({ type: 'PaymentCharged', total }) : none)
 * effectOf(0) // => { kind: 'none' }
 * ```
 */
export const none: Effect<never> = Object.freeze({ kind: 'none' })

/**
 * Appends events to the stream of this aggregate or saga. The events are then reduced, in order, and their effects belong to
 * the same step.
 *
 * @example
 * ```ts
 * import { append, type Reducer } from 'crbus'
 * import { given } from 'crbus/testing'
 *
 * type StockAction = { type: 'ReserveStock' | 'StockReserved'; quantity: number }
 *
 * const reduce: Reducer<number, StockAction> = (reserved, { type, quantity }) => {
 *   if (type === 'StockReserved') return { state: reserved + quantity, effects: [] }
 *   return { state: reserved, effects: [append({ type: 'StockReserved', quantity })] }
 * }
 * given(reduce, 0).when({ type: 'ReserveStock', quantity: 2 }).events // => [{ type: 'StockReserved', quantity: 2 }]
 * ```
 */
export function append<const A extends Action>(...events: readonly A[]): Effect<A> {
  return frozen({ kind: 'append', events })
}

/**
 * Appends events to another stream, which must be at `expectedVersion` (0: it must not exist yet; `any`: no expectation).
 * When the stream is at another version, the step is retried a few times and then becomes a dead letter.
 *
 * @example
 * ```ts
 * import { append, appendTo } from 'crbus'
 *
 * const placed = { type: 'OrderPlaced', order_id: 'o-1' }
 * // Version 0: the coupon must not have been redeemed before.
 * const effects = [append(placed), appendTo('coupon-SPRING', 0, { type: 'CouponRedeemed', order_id: 'o-1' })]
 * effects.map(({ kind }) => kind) // => ['append', 'appendTo']
 * ```
 */
export function appendTo<const A extends Action>(
  streamId: string,
  expectedVersion: ExpectedVersion,
  ...events: readonly A[]
): Effect<A> {
  return frozen({ kind: 'appendTo', streamId, expectedVersion, events })
}

/**
 * Publishes an event after the step is stored. The key is the event type, as in Rust, unless `key` is given or the aggregate
 * has `key: 'aggregate'`.
 *
 * @example
 * ```ts
 * import { append, publish } from 'crbus'
 *
 * const placed = { type: 'OrderPlaced', order_id: 'o-1' }
 * const effects = [append(placed), publish('order-events', placed, { key: placed.order_id })]
 * effects.map(({ kind }) => kind) // => ['append', 'publish']
 * ```
 */
export function publish<const A extends Action>(topic: string, event: A, options: SendOptions = {}): Effect<never> {
  return sending('publish', topic, event, options)
}

/**
 * Sends a command to another aggregate after the step is stored: `dispatch(orderAggregate, command)`. The key is the id that
 * the command is for (`idOf`), so that commands for one instance are handled in the order sent, and the aggregate's codec
 * encodes the command.
 *
 * With the name of a topic, `dispatch('order-commands', command, { key: order_id })`, the key defaults to the id of the
 * sending aggregate or saga, so that all commands of one sender to one topic stay in order. Commands of several senders to
 * one instance stay in order only when all senders use its id as the key.
 *
 * Throws a `TypeError` when the key is not a string or is empty.
 *
 * @example
 * ```ts
 * import { dispatch } from 'crbus'
 *
 * type PaymentCommand = { type: 'ChargePayment'; payment_id: string }
 *
 * const payment = { commands: 'payment-commands', idOf: ({ payment_id }: PaymentCommand) => payment_id }
 * const effect = dispatch(payment, { type: 'ChargePayment', payment_id: 'p-1' })
 * effect // => dispatch('payment-commands', { type: 'ChargePayment', payment_id: 'p-1' }, { key: 'p-1' })
 * ```
 */
export function dispatch<const A extends Action>(topic: string, command: A, options?: SendOptions): Effect<never>
export function dispatch<A extends Action, const C extends A>(
  receiver: Receiver<A>,
  command: C,
  options?: SendOptions,
): Effect<never>
export function dispatch(to: string | Receiver<Action>, command: Action, options: SendOptions = {}): Effect<never> {
  if (typeof to === 'string') return sending('dispatch', to, command, options)
  const { key = to.idOf(command), codec = to.codec } = options
  return sending('dispatch', to.commands, command, { key, codec })
}

/**
 * Rejects a command that the rules of an aggregate do not allow in its current state, with a reason for people. The command
 * changes nothing. When the step also appends or publishes an event, such as OrderRejected, that event is the outcome;
 * otherwise the runtime keeps the command as a dead letter with the reason, which is not retried. In both cases `onRejected`
 * is called and `send` returns the reason. A command that is delivered again because the process died before acknowledging it
 * is decided again: append an event when a rejection must be final.
 *
 * Use it for a command that comes too early or is not allowed. For a command that was carried out already, return no effects.
 * Throws a `TypeError` without a reason.
 *
 * @example
 * ```ts
 * import { type Reducer, reject } from 'crbus'
 * import { given } from 'crbus/testing'
 *
 * type OrderAction = { type: 'CancelOrder' }
 *
 * const reduce: Reducer<'placed' | 'shipped', OrderAction> = (state) =>
 *   state === 'shipped' ? { state, effects: [reject('the order is shipped already')] } : { state, effects: [] }
 * given(reduce, 'shipped').when({ type: 'CancelOrder' }).rejected // => 'the order is shipped already'
 * ```
 */
export function reject(reason: string): Effect<never> {
  if (typeof reason !== 'string' || reason === '') throw new TypeError('reject needs a reason')
  return frozen({ kind: 'reject', reason })
}

/**
 * Reduces an action after a duration, even when the process restarts meanwhile. The duration is milliseconds or a text such as
 * `'30s'`, `'1h30m'`, `'2d'`. Setting a timer again with the same `id` in the same stream replaces it. A timer cannot be
 * stopped: the reducer ignores an action that comes too late. Throws a `RangeError` for an invalid duration.
 *
 * @example
 * ```ts
 * import { delay } from 'crbus'
 *
 * const effect = delay('30m', { type: 'PaymentTimedOut', order_id: 'o-1' }, { id: 'payment-o-1' })
 * effect // => delay(1_800_000, { type: 'PaymentTimedOut', order_id: 'o-1' }, { id: 'payment-o-1' })
 * ```
 */
export function delay<const A extends Action>(
  after: Duration,
  action: A,
  { id }: { readonly id?: string | undefined } = {},
): Effect<A> {
  const milliseconds = toMilliseconds(after)
  return frozen(
    id === undefined
      ? { kind: 'delay', delay: milliseconds, action }
      : { kind: 'delay', delay: milliseconds, action, id },
  )
}

/**
 * Groups effects whose messages are sent in the given order. A plain list of effects does the same; `sequence` says that the
 * order matters.
 *
 * @example
 * ```ts
 * import { dispatch, sequence } from 'crbus'
 *
 * const effect = sequence(
 *   dispatch('stock-commands', { type: 'ReleaseStock', order_id: 'o-1' }),
 *   dispatch('order-commands', { type: 'CancelOrder', order_id: 'o-1' }),
 * )
 * effect.kind // => 'sequence'
 * ```
 */
export function sequence<A extends Action>(...effects: readonly Effect<A>[]): Effect<A> {
  return frozen({ kind: 'sequence', effects })
}

/**
 * Groups effects whose messages may be sent in any order.
 *
 * @example
 * ```ts
 * import { dispatch, parallel } from 'crbus'
 *
 * const effect = parallel(
 *   dispatch('payment-commands', { type: 'ChargePayment', order_id: 'o-1' }),
 *   dispatch('stock-commands', { type: 'ReserveStock', order_id: 'o-1' }),
 * )
 * effect.kind // => 'parallel'
 * ```
 */
export function parallel<A extends Action>(...effects: readonly Effect<A>[]): Effect<A> {
  return frozen({ kind: 'parallel', effects })
}

/** An effect that does something by itself, unlike `none` and the groups. */
export type Leaf<A extends Action> = Exclude<Effect<A>, { readonly kind: 'none' | 'sequence' | 'parallel' }>

/** Returns the effects in groups and outside of groups as one list, in order and without `none`. */
export function leavesOf<A extends Action>(effects: readonly Effect<A>[]): Leaf<A>[] {
  return effects.flatMap((effect): Leaf<A>[] => {
    if (effect.kind === 'none') return []
    if (effect.kind === 'sequence' || effect.kind === 'parallel') return leavesOf(effect.effects)
    return [effect]
  })
}

function sending(kind: Sending['kind'], topic: string, action: Action, options: SendOptions): Effect<never> {
  // A codec was passed in place of the options.
  if ('encode' in options) throw new TypeError(`${kind} takes the codec as an option: { codec }`)
  const { key, codec } = options
  if (key !== undefined) {
    const wrong = typeof key === 'string' ? key === '' && 'empty' : 'not a string'
    if (wrong) throw new TypeError(`the key of ${kind} ${action.type} is ${wrong}`)
  }
  return frozen({ kind, topic, action, ...(key !== undefined && { key }), ...(codec !== undefined && { codec }) })
}

function frozen<T extends object>(effect: T): T {
  for (const part of Object.values(effect)) if (Array.isArray(part)) Object.freeze(part)
  return Object.freeze(effect)
}
