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
  /** The same to the runtime; a reader sees what was meant. */
  readonly kind: 'publish' | 'dispatch'
  readonly topic: string
  readonly action: Action
  readonly codec?: EventCodec<Action>
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

/** Publishes an event, once the step is stored. Written by `codec`; default: the own one. */
export function publish<const A extends Action>(topic: string, event: A, codec?: EventCodec<Action>): Effect<never> {
  return sending('publish', topic, event, codec)
}

/** Sends a command to the topic another aggregate takes its commands from. Written by `codec`; default: the own one. */
export function dispatch<const A extends Action>(topic: string, command: A, codec?: EventCodec<Action>): Effect<never> {
  return sending('dispatch', topic, command, codec)
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

function sending(
  kind: Sending['kind'],
  topic: string,
  action: Action,
  codec: EventCodec<Action> | undefined,
): Effect<never> {
  return frozen(codec === undefined ? { kind, topic, action } : { kind, topic, action, codec })
}

function frozen<T extends object>(effect: T): T {
  for (const part of Object.values(effect)) if (Array.isArray(part)) Object.freeze(part)
  return Object.freeze(effect)
}
