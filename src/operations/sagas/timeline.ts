import { compareNumbers, compareText } from '../../bus/compare.ts'
import type { SerializedEvent } from '../../bus/event.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { Position } from '../../bus/record.ts'
import { messageId } from '../../codecs/message-id.ts'
import type { StoredEvent } from '../../store/event-store.ts'
import { addEvent, addFailure, newConversation, type SagaStatus, statusOf } from './conversation.ts'
import { type SagaDefinition, type SagaFile, streamPrefixOf, TypeNumbers } from './description/definition.ts'
import { timeOf, timeOfStored } from './event-facts.ts'
import { type FoundMessage, findMessages, type MessageSearch } from './find-messages.ts'
import { MAX_SKEW_MS, type SagaNote } from './gather.ts'
import { failureOf, type OpenSagaStore, openDeadLetters, waitingMessages } from './saga-store.ts'

/** A message that the saga sent. `position` is absent while the message waits in the outbox. */
export interface SentMessage {
  readonly topic: string
  readonly eventType: string
  readonly position: Position | undefined
  /** The message id; `undefined` for a message that no envelope can hold. */
  readonly id: string | undefined
}

/** An event that a saga reacted to. Times are milliseconds since 1970. */
interface Transition {
  /** The version in the stream of the saga; absent if the event is known from its topic only. */
  readonly version: number | undefined
  readonly at: number
  readonly eventType: string
  /** Absent for a timer of the saga. */
  readonly position: Position | undefined
  readonly sent: readonly SentMessage[]
}

/** What happened in one conversation of a saga. */
export interface SagaTimeline {
  readonly saga: string
  readonly correlationId: string
  /** The description by which it was judged. */
  readonly of: SagaFile
  readonly source: 'store' | 'topics'
  readonly status: SagaStatus
  /** When the status was judged. */
  readonly now: number
  readonly startedAt: number
  readonly transitions: readonly Transition[]
  /** Messages of the saga whose cause is not among the transitions, such as those of a migration. */
  readonly unrelated: readonly SentMessage[]
  /** The stored events, for replaying them; empty without a stream. */
  readonly stored: readonly StoredEvent[]
  /** The topics on which messages of the saga were looked for, and since when they have all messages. */
  readonly sentTopics: readonly string[]
  readonly sentKnownSince: number
  readonly notes: readonly SagaNote[]
}

export interface TimelineRequest extends MessageSearch {
  readonly store: OpenSagaStore | undefined
}

/**
 * Reads one conversation of a saga: from its stream, with what the saga sent from the topics and the outbox; without a stream from the
 * topics alone. `undefined` if the saga has no such conversation.
 */
export async function readTimeline(
  bus: EventBus,
  file: SagaFile,
  request: TimelineRequest,
): Promise<SagaTimeline | undefined> {
  const { correlationId, store, now } = request
  const { definition } = file
  const { saga } = definition
  const stored = (await store?.store.readStream(`${streamPrefixOf(saga)}${correlationId}`)) ?? []
  const hasStream = stored.length > 0
  const notes: SagaNote[] = []
  const own = stored[0]?.event.metadata?.correlationId ?? correlationId
  const outgoing = [...definition.events, ...definition.commands]
  const topics = hasStream && outgoing.length > 0 ? outgoing : [...new Set([...definition.topics, ...outgoing])]
  const since = hasStream ? timeOfStored(stored[0] as StoredEvent) - MAX_SKEW_MS : undefined
  const { found, endsKnownSince } = await findMessages(
    bus,
    { ...request, correlationId: own },
    { saga, topics, since, notes },
  )
  for (const { topic, event, createdAt } of store === undefined ? [] : await waitingMessages(store, saga)) {
    if (event.metadata?.correlationId !== own) continue
    found.push({ topic, event, at: timeOf(undefined, createdAt.getTime(), now), position: undefined })
  }
  const steps = hasStream ? stored.map(ofStream) : ofTopics(found, definition)
  const types = new TypeNumbers(definition)
  const conversation = newConversation(correlationId, types)
  for (const { eventType, at } of steps) addEvent(conversation, types, eventType, at)
  for (const { topic, event, at } of found) {
    if (!definition.commands.includes(topic)) addEvent(conversation, types, event.eventType, at)
  }
  const isStarted = definition.startedBy.some((name) => conversation.times[types.numberOf(name)] !== undefined)
  if (!hasStream && !isStarted) return undefined
  const failure = store && (await oldestFailure(store, own, request.signal))
  if (failure !== undefined) addFailure(conversation, failure)
  const status = statusOf(definition, types, conversation, { now, endsKnownSince })
  return {
    ...{ saga, correlationId, of: file, source: hasStream ? 'store' : 'topics', status, now, stored, notes },
    ...{ startedAt: conversation.firstAt, sentTopics: topics, sentKnownSince: endsKnownSince },
    ...withSent(steps, found, new Set(outgoing)),
  }
}

/** A transition without what was sent, and the id of the message that the saga reacted to. */
interface Step extends Omit<Transition, 'sent'> {
  readonly cause: string | undefined
}

function ofStream(stored: StoredEvent): Step {
  const { event, version } = stored
  const { causationId, extra } = event.metadata ?? {}
  return {
    version,
    at: timeOfStored(stored),
    eventType: event.eventType,
    position: positionIn(extra),
    cause: causationId,
  }
}

/** Reads the position that a saga stores with an event; `undefined` for a timer and for a position that is damaged. */
function positionIn(extra: Readonly<Record<string, unknown>> | undefined): Position | undefined {
  const { topic, partition, offset } = extra ?? {}
  const isPosition =
    typeof topic === 'string' &&
    Number.isSafeInteger(partition) &&
    (Number.isSafeInteger(offset) || typeof offset === 'bigint')
  return isPosition ? { topic, partition: partition as number, offset: BigInt(offset as number | bigint) } : undefined
}

/** Returns the events of the topics that the saga reacts to, in the order of their times. */
function ofTopics(found: readonly FoundMessage[], { topics }: SagaDefinition): readonly Step[] {
  const wanted = new Set(topics)
  const seen = new Set<string>()
  return found
    .filter(({ topic }) => wanted.has(topic))
    .sort((a, b) => a.at - b.at)
    .flatMap(({ event, at, position }) => {
      const cause = idOf(event)
      // A copy of an event counts once, as in a saga.
      if (cause !== undefined && seen.has(cause)) return []
      if (cause !== undefined) seen.add(cause)
      return [{ version: undefined, at, eventType: event.eventType, position, cause }]
    })
}

/** Adds to each step the messages that it caused. */
function withSent(
  steps: readonly Step[],
  found: readonly FoundMessage[],
  outgoing: ReadonlySet<string>,
): Pick<SagaTimeline, 'transitions' | 'unrelated'> {
  const byCause = new Map<string, SentMessage[]>()
  const unrelated: SentMessage[] = []
  const causes = new Set(steps.flatMap(({ cause }) => cause ?? []))
  const seen = new Set<string>()
  for (const { topic, event, position } of found) {
    if (outgoing.size > 0 && !outgoing.has(topic)) continue
    const cause = causeOf(event)
    if (cause === undefined || !causes.has(cause)) {
      if (outgoing.has(topic)) unrelated.push({ topic, eventType: event.eventType, position, id: idOf(event) })
      continue
    }
    // The relay may have published a message twice, or the outbox may still have one that was published.
    const id = idOf(event)
    if (seen.has(`${topic} ${id}`)) continue
    seen.add(`${topic} ${id}`)
    byCause.set(cause, [...(byCause.get(cause) ?? []), { topic, eventType: event.eventType, position, id }])
  }
  const transitions = steps.map(({ cause, ...step }) => ({ ...step, sent: inOrder(byCause.get(cause ?? '') ?? []) }))
  return { transitions, unrelated: inOrder(unrelated) }
}

/** Sorts messages by topic and position, because topics are read in any order. */
const inOrder = (messages: readonly SentMessage[]): readonly SentMessage[] =>
  messages.toSorted(
    (a, b) =>
      compareText(a.topic, b.topic) ||
      compareNumbers(a.position?.partition ?? 0, b.position?.partition ?? 0) ||
      compareNumbers(a.position?.offset ?? 0n, b.position?.offset ?? 0n),
  )

/** Returns the id of the message that caused an event, without the number of equal messages of one step. */
const causeOf = ({ metadata }: SerializedEvent): string | undefined => metadata?.causationId?.replace(/#\d+$/, '')

/** Returns the message id of an event; `undefined` for an event that no envelope can hold. */
function idOf(event: SerializedEvent): string | undefined {
  try {
    return messageId(event)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

/** Returns the oldest open dead letter of a conversation. */
async function oldestFailure(store: OpenSagaStore, correlationId: string, signal: AbortSignal) {
  for await (const page of openDeadLetters(store, signal)) {
    const found = page.find(({ event }) => event.metadata?.correlationId === correlationId)
    if (found !== undefined) return failureOf(found)
  }
  return undefined
}
