import type { EventBus } from '../../bus/event-bus.ts'
import type { EventStore, StoredEvent } from '../../store/event-store.ts'
import { readSkippingUnreadable, type SkippedRange } from '../events/skip-unreadable.ts'
import { addEvent, addFailure, type Conversation, newConversation } from './conversation.ts'
import { type SagaDefinition, type SagaFile, streamPrefixOf, TypeNumbers } from './description/definition.ts'
import { factOfRecord, timeOfStored } from './event-facts.ts'
import { inTurns } from './in-turns.ts'
import { failureOf, type OpenSagaStore, openDeadLetters, waitingMessages } from './saga-store.ts'
import { knownSince, slicesOf } from './topic-slices.ts'

/** The most conversations of a saga that are kept in memory, about 40 MB. */
const MAX_CONVERSATIONS = 100_000
/** Larger batches than the default, because whole stores are read. */
const BATCH_SIZE = 5000
/** Clocks of producers and stores may differ by this much. Clocks that NTP sets differ by milliseconds. */
export const MAX_SKEW_MS = 60_000

/** What to read. */
export interface GatherRequest {
  readonly files: readonly SagaFile[]
  /** Absent: there is no event store, so conversations are found on topics only. */
  readonly store: OpenSagaStore | undefined
  /** Only conversations that began since then, in milliseconds since 1970. */
  readonly since?: number | undefined
  readonly now: number
  readonly signal: AbortSignal
  /** Called with the number of events that were read, and of those that are to be read, which is not known of a store. */
  readonly onProgress?: ((read: number, total: number | undefined) => void) | undefined
}

/** What makes the conversations incomplete. */
export type SagaNote =
  /** A topic of the description does not exist. */
  | { readonly code: 'topic-missing'; readonly saga: string; readonly topic: string }
  /** Further conversations were not read. */
  | { readonly code: 'too-many'; readonly saga: string; readonly limit: number }
  /** Further messages of the conversation were left out. */
  | { readonly code: 'too-many-messages'; readonly saga: string; readonly limit: number }
  /** The topic no longer has the events that may have ended conversations. */
  | { readonly code: 'end-unknown'; readonly saga: string; readonly count: number }
  /** Records that cannot be read were skipped. */
  | { readonly code: 'unreadable'; readonly topic: string; readonly partition: number; readonly reason: string }

/** The conversations of one saga. */
interface GatheredSaga {
  readonly path: string
  readonly definition: SagaDefinition
  readonly types: TypeNumbers
  /** Where the conversations come from. */
  readonly source: 'store' | 'topics'
  readonly conversations: ReadonlyMap<string, Conversation>
  /** The oldest time of which the topics with the outcomes have all events. */
  readonly endsKnownSince: number
}

export interface Gathered {
  readonly sagas: readonly GatheredSaga[]
  readonly notes: readonly SagaNote[]
}

/**
 * Gathers the conversations of sagas: from their streams if the store has any, and the outcomes from topics; else everything from
 * topics. Keeps a compact state for each conversation, whose size does not depend on the number of its events.
 */
export async function gatherConversations(bus: EventBus, request: GatherRequest): Promise<Gathered> {
  const { files, store, signal } = request
  const notes: SagaNote[] = []
  const gatherers = files.map(({ path, definition }) => new Gatherer(path, definition, request))
  if (store !== undefined) for (const gatherer of gatherers) await readStreams(store.store, gatherer, request)
  await readTopics(bus, gatherers, request, notes)
  if (store !== undefined) await addFromStore(store, gatherers, signal)
  for (const gatherer of gatherers) {
    if (gatherer.isFull) notes.push({ code: 'too-many', saga: gatherer.definition.saga, limit: MAX_CONVERSATIONS })
  }
  return { sagas: gatherers.map((gatherer) => gatherer.finish()), notes }
}

/** Collects the conversations of one saga. */
class Gatherer {
  readonly definition: SagaDefinition
  readonly types: TypeNumbers
  readonly #path: string
  readonly #request: GatherRequest
  readonly #conversations = new Map<string, Conversation>()
  /** The id of a conversation by its correlation id, for sagas that correlate by another value. */
  readonly #idOf = new Map<string, string>()
  #hasStreams = false
  isFull = false
  endsKnownSince = Number.NEGATIVE_INFINITY

  constructor(path: string, definition: SagaDefinition, request: GatherRequest) {
    this.#path = path
    this.definition = definition
    this.types = new TypeNumbers(definition)
    this.#request = request
  }

  /** The topics to read: those with the outcomes, and without streams those that the saga reacts to as well. */
  get topics(): readonly string[] {
    const { topics, events } = this.definition
    if (this.#hasStreams && events.length > 0) return events
    return [...new Set([...topics, ...events])]
  }

  addStored(stored: StoredEvent): void {
    this.#hasStreams = true
    const id = stored.streamId.slice(streamPrefixOf(this.definition.saga).length)
    // With `since`, streams of which only the end is read are those that began earlier.
    const conversation = this.#conversations.get(id) ?? (stored.version === 1 ? this.#begin(id) : undefined)
    if (conversation === undefined) return
    conversation.isStarted = true
    const correlationId = stored.event.metadata?.correlationId
    if (correlationId !== undefined && correlationId !== id) {
      this.#idOf.set(correlationId, id)
      conversation.correlationId = correlationId
    }
    addEvent(conversation, this.types, stored.event.eventType, timeOfStored(stored))
  }

  /** Adds an event of a topic or of the outbox. */
  addMessage(correlationId: string, eventType: string, at: number): void {
    const id = this.#idOf.get(correlationId) ?? correlationId
    const conversation = this.#conversations.get(id) ?? (this.#hasStreams ? undefined : this.#begin(id))
    if (conversation !== undefined) addEvent(conversation, this.types, eventType, at)
  }

  addFailure(correlationId: string, failure: NonNullable<Conversation['failure']>): void {
    const conversation = this.#conversations.get(this.#idOf.get(correlationId) ?? correlationId)
    if (conversation !== undefined) addFailure(conversation, failure)
  }

  finish(): GatheredSaga {
    const { definition, types, endsKnownSince } = this
    const { since = Number.NEGATIVE_INFINITY } = this.#request
    const starts = definition.startedBy.map((name) => types.numberOf(name))
    for (const [id, { times, isStarted, firstAt }] of this.#conversations) {
      const isOfSaga = isStarted || starts.some((number) => times[number] !== undefined)
      if (!isOfSaga || firstAt < since) this.#conversations.delete(id)
    }
    const source = this.#hasStreams ? 'store' : 'topics'
    return { path: this.#path, definition, types, source, conversations: this.#conversations, endsKnownSince }
  }

  #begin(id: string): Conversation | undefined {
    if (this.#conversations.size >= MAX_CONVERSATIONS) {
      this.isFull = true
      return undefined
    }
    const conversation = newConversation(id, this.types)
    this.#conversations.set(id, conversation)
    return conversation
  }
}

/** Reads the streams of a saga. */
async function readStreams(
  store: EventStore,
  gatherer: Gatherer,
  { since, signal, onProgress }: GatherRequest,
): Promise<void> {
  const from = since === undefined ? undefined : new Date(since)
  const streamPrefix = streamPrefixOf(gatherer.definition.saga)
  let read = 0
  const batches = store.readAll({ since: from, streamPrefix, batchSize: BATCH_SIZE, signal })
  for await (const batch of inTurns(batches, signal)) {
    for (const stored of batch) gatherer.addStored(stored)
    read += batch.length
    onProgress?.(read, undefined)
  }
}

/** Reads each topic once, for all sagas that need it. */
async function readTopics(
  bus: EventBus,
  gatherers: readonly Gatherer[],
  { since, now, signal, onProgress }: GatherRequest,
  notes: SagaNote[],
): Promise<void> {
  const readers = new Map<string, Gatherer[]>()
  for (const gatherer of gatherers) {
    for (const topic of gatherer.topics) readers.set(topic, [...(readers.get(topic) ?? []), gatherer])
  }
  const from = since === undefined ? undefined : since - MAX_SKEW_MS
  const { slices, missing, total } = await slicesOf(bus, [...readers.keys()], from)
  for (const topic of missing) {
    for (const { definition } of readers.get(topic) ?? []) {
      notes.push({ code: 'topic-missing', saga: definition.saga, topic })
    }
  }
  for (const [topic, known] of await knownSince(bus, slices)) {
    for (const owner of readers.get(topic) ?? []) owner.endsKnownSince = Math.max(owner.endsKnownSince, known)
  }
  const onUnreadable = ({ topic, partition, reason }: SkippedRange) =>
    notes.push({ code: 'unreadable', topic, partition, reason })
  let read = 0
  const batches = readSkippingUnreadable(bus.log, slices, { signal }, onUnreadable)
  for await (const batch of inTurns(batches, signal)) {
    const owners = readers.get(batch[0]?.topic ?? '') ?? []
    for (const record of batch) {
      const fact = factOfRecord(record, now)
      if (fact === undefined) continue
      for (const owner of owners) owner.addMessage(fact.correlationId, fact.eventType, fact.at)
    }
    read += batch.length
    onProgress?.(read, total)
  }
}

/** Adds what is only in the store: the messages of outboxes, and open dead letters. */
async function addFromStore(store: OpenSagaStore, gatherers: readonly Gatherer[], signal: AbortSignal): Promise<void> {
  for (const gatherer of gatherers) {
    for (const { event, createdAt } of await waitingMessages(store, gatherer.definition.saga)) {
      const { correlationId } = event.metadata ?? {}
      if (correlationId !== undefined) gatherer.addMessage(correlationId, event.eventType, createdAt.getTime())
    }
  }
  for await (const page of openDeadLetters(store, signal)) {
    for (const letter of page) {
      const { correlationId } = letter.event.metadata ?? {}
      if (correlationId === undefined) continue
      for (const gatherer of gatherers) gatherer.addFailure(correlationId, failureOf(letter))
    }
  }
}
