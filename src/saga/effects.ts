import type { ExpectedVersion } from '../store/event-store.ts'
import type { EventCodec } from './codec.ts'
import { type Duration, toMilliseconds } from './duration.ts'
import type { Action } from './reducer.ts'

/** What a reducer wants to happen, as plain frozen data. All of one step is stored in one transaction, or none of it. */
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

/** A message for the bus. */
export interface Sending {
  /** Decides the key of a message that has none of its own; see {@link publish} and {@link dispatch}. */
  readonly kind: 'publish' | 'dispatch'
  readonly topic: string
  readonly action: Action
  /** The record key: messages of one key on one topic stay in order. */
  readonly key?: string
  readonly codec?: EventCodec<Action>
}

export interface SendOptions {
  /** The record key, not empty. Messages of one key on one topic arrive in the order they were sent. */
  readonly key?: string | undefined
  /** Writes the message. Default: the codec of the aggregate or saga that sends it. */
  readonly codec?: EventCodec<Action> | undefined
}

/** What takes commands, as an `Aggregate` does; without a codec they are written by the sender's. */
export interface Receiver<A extends Action> {
  /** The topic it takes its commands from. */
  readonly commands: string
  /** The id of the instance a command is for. */
  idOf(command: A): string
  readonly codec?: EventCodec<A>
}

/** Nothing happens. The same as no effect at all. */
export const none: Effect<never> = Object.freeze({ kind: 'none' })

/** Appends events to the own stream. They are then reduced, in order, and what they ask for happens in the same step. */
export function append<const A extends Action>(...events: readonly A[]): Effect<A> {
  return frozen({ kind: 'append', events })
}

/**
 * Appends events to another stream, which has to be at `expectedVersion` (0: not to exist yet; `any`: whatever it is
 * at). When it is not, the step is tried a few times more and then goes to the dead letters.
 */
export function appendTo<const A extends Action>(
  streamId: string,
  expectedVersion: ExpectedVersion,
  ...events: readonly A[]
): Effect<A> {
  return frozen({ kind: 'appendTo', streamId, expectedVersion, events })
}

/**
 * Publishes an event, once the step is stored. Its key is the event type, as in Rust, unless `key` is given or the
 * aggregate says `key: 'aggregate'`.
 */
export function publish<const A extends Action>(topic: string, event: A, options: SendOptions = {}): Effect<never> {
  return sending('publish', topic, event, options)
}

/**
 * Sends a command to another aggregate, once the step is stored: `dispatch(orderAggregate, command)`. Its key is the id
 * the command is for (`idOf`), so that commands for one instance are handled in the order they were sent, and it is
 * written by the aggregate's codec.
 *
 * With the name of a topic, `dispatch('order-commands', command, { key: order_id })`, the key defaults to the id of the
 * aggregate or saga that sends it: all commands of one sender to one topic stay in order. Commands that several senders
 * send to one instance share an order only when all give its id as the key.
 *
 * Throws a `TypeError` when the key is not a string or empty.
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
 * Refuses a command of an aggregate, for a reason a person can read: its rules do not allow it in this state. The command
 * changes nothing. Where the same step appends or publishes an event, such as OrderRejected, that event is the outcome;
 * without one, the runtime keeps the command as a dead letter with the reason, which is not retried. Either way
 * `onRejected` is told, and `send` answers with the reason. A command that comes again after a process died before it was
 * acknowledged is decided again: append an event where a rejection must be final.
 *
 * To be used for a command that comes too early or is not allowed. A command that was carried out already is answered
 * with no effects.
 */
export function reject(reason: string): Effect<never> {
  if (typeof reason !== 'string' || reason === '') throw new TypeError('reject needs a reason')
  return frozen({ kind: 'reject', reason })
}

/**
 * Reduces an action after a while, also when the process was restarted meanwhile. Milliseconds or `'30s'`, `'1h30m'`,
 * `'2d'`. With an `id`, setting the same id again in the same stream replaces the timer. There is no way to stop one: an
 * action that comes too late is reduced to nothing. Throws a `RangeError` for what is no duration.
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

/** Keeps the order of what is sent. So does a plain list of effects: to say that the order matters. */
export function sequence<A extends Action>(...effects: readonly Effect<A>[]): Effect<A> {
  return frozen({ kind: 'sequence', effects })
}

/** Leaves the order of what is sent open. */
export function parallel<A extends Action>(...effects: readonly Effect<A>[]): Effect<A> {
  return frozen({ kind: 'parallel', effects })
}

/** One that does something by itself. */
export type Leaf<A extends Action> = Exclude<Effect<A>, { readonly kind: 'none' | 'sequence' | 'parallel' }>

/** The effects that do something, in order. */
export function leavesOf<A extends Action>(effects: readonly Effect<A>[]): Leaf<A>[] {
  return effects.flatMap((effect): Leaf<A>[] => {
    if (effect.kind === 'none') return []
    if (effect.kind === 'sequence' || effect.kind === 'parallel') return leavesOf(effect.effects)
    return [effect]
  })
}

function sending(kind: Sending['kind'], topic: string, action: Action, options: SendOptions): Effect<never> {
  if ('encode' in options) throw new TypeError(`${kind} takes its codec by name: { codec }`)
  const { key, codec } = options
  if (key !== undefined) {
    const wrong = typeof key === 'string' ? key === '' && 'empty' : 'not a text'
    if (wrong) throw new TypeError(`${kind} of ${action.type} has a key that is ${wrong}`)
  }
  return frozen({ kind, topic, action, ...(key !== undefined && { key }), ...(codec !== undefined && { codec }) })
}

function frozen<T extends object>(effect: T): T {
  for (const part of Object.values(effect)) if (Array.isArray(part)) Object.freeze(part)
  return Object.freeze(effect)
}
