import type { EventMetadata, SerializedEvent, TraceContext } from '../../bus/event.ts'
import type { BusRecord } from '../../bus/record.ts'
import { messageId } from '../../codecs/message-id.ts'
import type { OutgoingMessage, StreamAppend, Timer } from '../../store/event-store.ts'
import type { Action } from '../action.ts'
import { type Leaf, leavesOf } from '../effects.ts'
import type { Instance, StreamHandler } from './stream-handler.ts'

/** A message that arrived, from a topic, a timer or this process. */
export interface Incoming {
  readonly event: SerializedEvent
  /** Where it lay; kept in the metadata of what a saga stores. */
  readonly record?: Pick<BusRecord, 'topic' | 'partition' | 'offset' | 'timestamp'> | undefined
  /** The timer it is of. */
  readonly timer?: Timer | undefined
  /** Why the record could not be read: what is here as event is its bytes. */
  readonly unreadable?: Error | undefined
}

/** One whose {@link messageId} is known. */
export interface Message extends Incoming {
  readonly id: string
  /** The sender waits for what comes of it, so that a rejection is its answer and no dead letter. */
  readonly isRequest?: boolean | undefined
  /** The trace of what follows from it. */
  readonly trace?: TraceContext | undefined
}

/** What one step makes of an instance, and what is stored for it. */
export interface Reaction<State, A extends Action> {
  readonly state: State
  /** Of the own stream: as values, and as they are stored. */
  readonly events: readonly A[]
  readonly appended: readonly SerializedEvent[]
  readonly appendsElsewhere: readonly StreamAppend[]
  readonly messages: readonly OutgoingMessage[]
  readonly timers: readonly Timer[]
  /** Why the action was rejected, when it was. Without events there is nothing else in the reaction then. */
  readonly rejected: string | undefined
}

/** An event arm that appends, whose events' arms append: after so many it is a circle. */
const MOST_EVENTS = 1000

/**
 * Reduces one action to what has to be stored, without storing anything: effects become appends, messages and timers.
 * `undefined` when nothing follows from it.
 *
 * Events appended to the own stream are reduced as well, as they will be read back later, in the stream's order. Throws
 * what reducer and codec throw, and where the reducer asks for what cannot be.
 */
export function react<State, A extends Action>(
  handler: StreamHandler<State, A>,
  instance: Instance<State>,
  action: A,
  message: Message,
  at: Date,
): Reaction<State, A> | undefined {
  const first = handler.reduce(instance.state, action, at)
  const leaves = leavesOf(first.effects)
  const rejected = rejectionOf(handler, action, leaves)
  if (rejected !== undefined && leaves.every(({ kind }) => kind === 'reject')) {
    return { ...nothingOf(instance), rejected }
  }
  const isNothing = leaves.length === 0 && (!handler.storesActions || first.state === instance.state)
  if (isNothing) return undefined

  const ownId = instance.streamId.slice(handler.prefix.length)
  const origin = originOf(message, handler.storesActions ? ownId : message.id, at)
  const own = leaves.flatMap((leaf) => (leaf.kind === 'append' ? leaf.events : []))
  const asked = handler.storesActions ? own : eventsOf(handler, action, leaves, own)
  const written = asked.map((event) => write(handler, event, origin))
  let state = handler.storesActions ? first.state : instance.state
  // In the order of the stream: what an event's arm appends comes after all that was there.
  for (let index = 0; index < written.length; index += 1) {
    if (index === MOST_EVENTS) throw new RangeError(`${action.type} makes ${handler.name} append events without end`)
    const step = handler.reduce(state, (written[index] as Written<A>).event, at)
    state = step.state
    const more = leavesOf(step.effects)
    if (more.some(({ kind }) => kind === 'reject')) {
      throw new TypeError(`${handler.name} rejects an event it has appended: only a command can be rejected`)
    }
    for (const leaf of more) {
      leaves.push(leaf)
      if (leaf.kind === 'append') for (const event of leaf.events) written.push(write(handler, event, origin))
    }
  }
  return {
    state,
    events: written.map(({ event }) => event),
    appended: [
      ...(handler.storesActions ? [asStored(message, origin, instance.version === 0 ? handler.mark : undefined)] : []),
      ...distinct(written.map(({ stored }) => stored)),
    ],
    ...elsewhere(handler, leaves, origin, { streamId: instance.streamId, ownId, at }),
    rejected,
  }
}

function rejectionOf<A extends Action>(
  { name, storesActions }: Pick<StreamHandler<unknown, A>, 'name' | 'storesActions'>,
  { type }: Action,
  leaves: readonly Leaf<A>[],
): string | undefined {
  const rejection = leaves.find(({ kind }) => kind === 'reject') as { readonly reason: string } | undefined
  if (rejection !== undefined && storesActions) {
    throw new TypeError(`${name} rejects ${type}: only an aggregate can reject, what it rejects is a command`)
  }
  return rejection?.reason
}

const nothingOf = <State>({ state }: Instance<State>) => ({
  state,
  events: [],
  appended: [],
  appendsElsewhere: [],
  messages: [],
  timers: [],
})

type Named<A extends Action> = Pick<StreamHandler<unknown, A>, 'name' | 'codec'>

interface Written<A extends Action> {
  readonly event: A
  readonly stored: SerializedEvent
}

function write<A extends Action>({ codec, name }: Named<A>, action: A, origin: Origin): Written<A> {
  const stored = { ...codec.encode(action), ...origin }
  // As it will be read: a codec may turn a Date into text, and the state has to be the same now and later.
  const event = codec.decode(stored)
  if (event === undefined) throw new TypeError(`${name} appends ${action.type}, which its codec cannot read again`)
  return { event, stored }
}

/**
 * What an aggregate stores. A command is known to be handled by the events it led to, so something has to be stored
 * where something happens: at least the events it publishes.
 */
function eventsOf<A extends Action>(
  { codec, name }: Named<A>,
  { type }: Action,
  leaves: readonly Leaf<A>[],
  own: readonly A[],
): readonly A[] {
  if (own.length > 0) return own
  const published = leaves.flatMap((leaf) =>
    leaf.kind === 'publish' && codec.types.has(leaf.action.type) ? [leaf.action as A] : [],
  )
  if (published.length > 0) return published
  throw new TypeError(
    `${name} reacts to ${type} without an event of its own, so a repeated ${type} would not be known: append one`,
  )
}

/** What all events that follow from one message have in common. */
interface Origin {
  readonly metadata: EventMetadata
  readonly trace?: TraceContext
}

/** `conversation` is its id where the message brings none: a saga's own, or the id of the command that begins one. */
function originOf({ event: { metadata: given }, id, trace }: Message, conversation: string, at: Date): Origin {
  const { correlationId = conversation, userId } = given ?? {}
  const known = { correlationId, causationId: id, timestamp: at.toISOString() }
  const metadata = userId === undefined ? known : { ...known, userId }
  return trace === undefined ? { metadata } : { metadata, trace }
}

function asStored(
  { event, record }: Message,
  { metadata, trace }: Origin,
  mark: Readonly<Record<string, unknown>> | undefined,
): SerializedEvent {
  const { eventType, eventVersion, data } = event
  // Offsets fit a number for some thousand years.
  const position = record && { topic: record.topic, partition: record.partition, offset: Number(record.offset) }
  const isBare = position === undefined && mark === undefined
  const own = isBare ? metadata : { ...metadata, extra: { ...position, ...mark } }
  const stored = { eventType, eventVersion, data, metadata: own }
  return trace === undefined ? stored : { ...stored, trace }
}

function elsewhere<A extends Action>(
  { codec, keysEventsById }: Pick<StreamHandler<unknown, A>, 'codec' | 'keysEventsById'>,
  leaves: readonly Leaf<A>[],
  origin: Origin,
  { streamId, ownId, at }: { readonly streamId: string; readonly ownId: string; readonly at: Date },
): Pick<Reaction<unknown, A>, 'appendsElsewhere' | 'messages' | 'timers'> {
  const encode = (action: A): SerializedEvent => ({ ...codec.encode(action), ...origin })
  const appendsElsewhere: StreamAppend[] = []
  const messages: OutgoingMessage[] = []
  const delays: (Leaf<A> & { kind: 'delay' })[] = []
  for (const leaf of leaves) {
    if (leaf.kind === 'appendTo') {
      if (leaf.streamId === streamId) throw new TypeError(`appendTo names the own stream ${streamId}: use append`)
      appendsElsewhere.push({
        streamId: leaf.streamId,
        expectedVersion: leaf.expectedVersion,
        events: distinct(leaf.events.map(encode)),
      })
    } else if (leaf.kind === 'publish' || leaf.kind === 'dispatch') {
      // Encoded by another's codec, or by the own one, which may write more than it reads.
      const encoded = (leaf.codec ?? codec).encode(leaf.action as A)
      const isKeyedById = leaf.kind === 'dispatch' || keysEventsById
      messages.push({
        topic: leaf.topic,
        key: leaf.key ?? (isKeyedById ? ownId : undefined),
        event: { ...encoded, ...origin },
      })
    } else if (leaf.kind === 'delay') delays.push(leaf)
  }
  const events = distinct(
    messages.map(({ event }) => event),
    messages.map(({ topic }) => topic),
  )
  const timed = distinct(delays.map(({ action }) => encode(action)))
  return {
    appendsElsewhere,
    messages: messages.map((message, index) => ({ ...message, event: events[index] as SerializedEvent })),
    timers: delays.map(({ id, delay }, index) => ({
      id: `${streamId}/${id ?? `${origin.metadata.causationId}/${index}`}`,
      streamId,
      due: new Date(at.getTime() + delay),
      event: timed[index] as SerializedEvent,
    })),
  }
}

/** Events of one step that are equal to the byte are counted, so that each has a message id of its own. */
function distinct(events: readonly SerializedEvent[], places: readonly string[] = []): readonly SerializedEvent[] {
  if (events.length < 2) return events
  const seen = new Map<string, number>()
  return events.map((event, index) => {
    const key = `${places[index]} ${messageId(event)}`
    const count = seen.get(key) ?? 0
    seen.set(key, count + 1)
    const { metadata } = event
    return count === 0
      ? event
      : { ...event, metadata: { ...metadata, causationId: `${metadata?.causationId}#${count}` } }
  })
}
