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
  /** The record of the event. A saga stores its position in the metadata. */
  readonly record?: Pick<BusRecord, 'topic' | 'partition' | 'offset' | 'timestamp'> | undefined
  /** The timer that fired the event. */
  readonly timer?: Timer | undefined
  /** Why the record could not be decoded. `event` then holds its bytes. */
  readonly unreadable?: Error | undefined
}

/** A message whose {@link messageId} is known. */
export interface Message extends Incoming {
  readonly id: string
  /** A caller waits for the outcome, so that a rejection is its answer and not a dead letter. */
  readonly isRequest?: boolean | undefined
  /** The trace context of the events, messages and timers that follow from it. */
  readonly trace?: TraceContext | undefined
}

/** The result of one step: the next state of the instance, and what to store. */
export interface Reaction<State, A extends Action> {
  readonly state: State
  /** The events appended to the own stream, as actions. */
  readonly events: readonly A[]
  /** The events appended to the own stream, encoded. For a saga, the action that it reacted to comes first. */
  readonly appended: readonly SerializedEvent[]
  readonly appendsElsewhere: readonly StreamAppend[]
  readonly messages: readonly OutgoingMessage[]
  readonly timers: readonly Timer[]
  /** Why the action was rejected, when it was. A rejection without an appended event stores nothing else. */
  readonly rejected: string | undefined
}

/** Limit for the events of one step. A step with more probably has events that append each other without end. */
const MAX_EVENTS = 1000

/**
 * Reduces one action and turns its effects into appends, messages and timers, without storing them. `undefined` when nothing
 * follows from the action.
 *
 * Events appended to the own stream are reduced as well, in the order of the stream, as they are when the stream is read
 * later. Throws the errors of the reducer and the codec, and a `TypeError` for effects that the handler does not allow.
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
  const requested = handler.storesActions ? own : eventsOf(handler, action, leaves, own)
  const written = requested.map((event) => write(handler, event, origin))
  let state = handler.storesActions ? first.state : instance.state
  // In the order of the stream: events that an event leads to are appended after the events already written.
  for (let index = 0; index < written.length; index += 1) {
    if (index === MAX_EVENTS)
      throw new RangeError(
        `${handler.name} appends more than ${MAX_EVENTS} events for one ${action.type}: do its events append each other?`,
      )
    const step = handler.reduce(state, (written[index] as Written<A>).event, at)
    state = step.state
    const more = leavesOf(step.effects)
    if (more.some(({ kind }) => kind === 'reject')) {
      throw new TypeError(
        `${handler.name} returns reject for an event that it appended: only a command can be rejected`,
      )
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
    throw new TypeError(`${name} returns reject for ${type}: only an aggregate can reject, and only a command`)
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

/** Encodes an appended event. */
function write<A extends Action>({ codec, name }: Named<A>, action: A, origin: Origin): Written<A> {
  const stored = { ...codec.encode(action), ...origin }
  // Decode it again, because a codec may turn a Date into text, and the state must be the same as when the stream is read
  // later.
  const event = codec.decode(stored)
  if (event === undefined)
    throw new TypeError(`${name} appends ${action.type}, which its codec encodes but does not decode`)
  return { event, stored }
}

/**
 * Returns the events that an aggregate appends for a command. A repeated command is recognized by the events it led to, so a
 * command with effects must append one: when the reducer appends none, the published events are appended.
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
    `${name} reacts to ${type} without appending an event, so a repeated ${type} would not be recognized: append an event`,
  )
}

/** The metadata and the trace that all events which follow from one message share. */
interface Origin {
  readonly metadata: EventMetadata
  readonly trace?: TraceContext
}

/**
 * Derives the shared metadata. `conversation` is the correlation id when the message has none: the saga's id or the
 * command's.
 */
function originOf({ event: { metadata: given }, id, trace }: Message, conversation: string, at: Date): Origin {
  const { correlationId = conversation, userId } = given ?? {}
  const known = { correlationId, causationId: id, timestamp: at.toISOString() }
  const metadata = userId === undefined ? known : { ...known, userId }
  return trace === undefined ? { metadata } : { metadata, trace }
}

/** Returns the event that a saga stores for the message it reacts to. */
function asStored(
  { event, record }: Message,
  { metadata, trace }: Origin,
  mark: Readonly<Record<string, unknown>> | undefined,
): SerializedEvent {
  const { eventType, eventVersion, data } = event
  // A number holds offsets up to 2^53, which no partition reaches.
  const position = record && { topic: record.topic, partition: record.partition, offset: Number(record.offset) }
  const isBare = position === undefined && mark === undefined
  const own = isBare ? metadata : { ...metadata, extra: { ...position, ...mark } }
  const stored = { eventType, eventVersion, data, metadata: own }
  return trace === undefined ? stored : { ...stored, trace }
}

/** Returns what effects request outside of the own stream: appends to other streams, messages and timers. */
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
      if (leaf.streamId === streamId)
        throw new TypeError(`appendTo names the own stream ${streamId}: use append instead`)
      appendsElsewhere.push({
        streamId: leaf.streamId,
        expectedVersion: leaf.expectedVersion,
        events: distinct(leaf.events.map(encode)),
      })
    } else if (leaf.kind === 'publish' || leaf.kind === 'dispatch') {
      // The own codec may encode types that it does not decode.
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

/** Numbers the causation ids of equal events of one step, per topic, so that each event has its own message id. */
function distinct(events: readonly SerializedEvent[], topics: readonly string[] = []): readonly SerializedEvent[] {
  if (events.length < 2) return events
  const seen = new Map<string, number>()
  return events.map((event, index) => {
    const key = `${topics[index]} ${messageId(event)}`
    const count = seen.get(key) ?? 0
    seen.set(key, count + 1)
    const { metadata } = event
    return count === 0
      ? event
      : { ...event, metadata: { ...metadata, causationId: `${metadata?.causationId}#${count}` } }
  })
}
