import type { SerializedEvent } from '../bus/event.ts'
import type { EventStoreError } from './errors.ts'

/** An event of a stream, with its version and the time when it was stored. */
export interface StoredEvent {
  readonly streamId: string
  /** Its place in the stream. The first event's is 1. */
  readonly version: number
  readonly event: SerializedEvent
  /** When it was stored, by the store's clock. */
  readonly createdAt: Date
}

/** The version at which a stream must be. 0: the stream must not exist yet. `any`: no expectation. */
export type ExpectedVersion = number | 'any'

/** Events to append to one stream. */
export interface StreamAppend {
  /** By convention `{aggregate}-{id}`: `order-123`. */
  readonly streamId: string
  readonly expectedVersion: ExpectedVersion
  /** At least one. */
  readonly events: readonly SerializedEvent[]
}

/** An event to publish, kept in the store until it is on the bus. */
export interface OutgoingMessage {
  readonly topic: string
  /** The record key, not empty; `undefined`: the event type. */
  readonly key?: string | undefined
  readonly event: SerializedEvent
}

/** An event that an aggregate or a saga receives at a given time, once. */
export interface Timer {
  /** Unique within an owner: setting the same id again replaces it. */
  readonly id: string
  /** Whom it wakes. */
  readonly streamId: string
  /** To the millisecond. */
  readonly due: Date
  readonly event: SerializedEvent
}

/** Events, messages and timers that are stored together: all of them or none. */
export interface Commit {
  /** In this order; a stream may come twice, and the second then follows on the first. May be empty. */
  readonly appends: readonly StreamAppend[]
  /** Relayed in this order. */
  readonly messages?: readonly OutgoingMessage[] | undefined
  /** Set after `fired` was removed, so that a timer may set itself again. */
  readonly timers?: readonly Timer[] | undefined
  /**
   * Timers this reacts to, which it removes. One that is gone (somebody else fired it), or is due at another time by now,
   * fails the commit: `TIMER_GONE`.
   */
  readonly fired?: readonly Pick<Timer, 'id' | 'due'>[] | undefined
  /** Commands that an aggregate rejected, to be kept as dead letters. */
  readonly rejected?: readonly RejectedCommand[] | undefined
}

/** The result of one commit: the new versions of its streams, or the error when nothing of it was stored. */
export type Committed =
  | {
      readonly ok: true
      /** For each append, the version of its last event. */
      readonly versions: readonly number[]
    }
  /** `VERSION_CONFLICT`, `TIMER_GONE` or `INVALID_APPEND`. Nothing of the commit was stored. */
  | { readonly ok: false; readonly error: EventStoreError }

/** A range of versions of a stream, both ends included. */
export interface StreamRange {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** Options of `EventStore.readAll`. */
export interface ReadAllOptions {
  /** Events stored at this time or later. */
  readonly since?: Date | undefined
  /** Events stored before this time. */
  readonly until?: Date | undefined
  /** Only streams whose ids begin so. */
  readonly streamPrefix?: string | undefined
  /** Default 1000. */
  readonly batchSize?: number | undefined
  /** Ends the reading, without an error. */
  readonly signal?: AbortSignal | undefined
}

/** A snapshot of the state of a stream, to be saved. */
export interface NewSnapshot {
  readonly streamId: string
  /** The version of the last event in it. */
  readonly version: number
  readonly state: Uint8Array
}

/** A saved snapshot of the state of a stream. */
export interface Snapshot extends NewSnapshot {
  readonly createdAt: Date
}

/**
 * Stores streams of events with optimistic concurrency, and in the same transaction messages for the bus (an outbox) and
 * timers.
 *
 * **Failure.** Every method rejects with an `EventStoreError`: `STORE_UNAVAILABLE` when the store cannot be reached,
 * `STORE_CLOSED` after `close`, `STORE_NOT_READY` when its tables are missing, `STORE_MISMATCH` when its tables are different.
 * After a `STORE_UNAVAILABLE` of `append` or `commit`, the events may be stored or not: read the stream.
 *
 * **Texts** (stream ids, event types, topics, owners, timer ids) are at most 1000 bytes of UTF-8 without NUL; stream ids,
 * owners and timer ids are not empty. Metadata must be JSON. Anything else is an `INVALID_APPEND`.
 *
 * **Metadata** are read as they were written, as far as JSON can hold them: in `extra`, whole numbers are read as numbers
 * within 2^53 and as bigints beyond, bytes as base64, dates as texts.
 *
 * @example
 * ```ts
 * import { type EventStore, openEventStore, serializedEvent } from 'crbus'
 *
 * async function placeOrder(store: EventStore, orderId: string): Promise<void> {
 *   const placed = serializedEvent('OrderPlaced.v1', Buffer.from(JSON.stringify({ order_id: orderId })))
 *   const appends = [{ streamId: `order-${orderId}`, expectedVersion: 0, events: [placed] }]
 *   const messages = [{ topic: 'order-events', event: placed }]
 *   const [committed] = await store.commit('orders', [{ appends, messages }])
 *   if (committed?.ok === false) throw committed.error
 * }
 *
 * await using store = await openEventStore(':memory:')
 * await placeOrder(store, 'o-1')
 * const { messages } = await store.outbox.depth('orders')
 * messages // => 1
 * ```
 */
export interface EventStore {
  /**
   * Appends to one stream and returns the version of the last event. `VERSION_CONFLICT` when the stream is at another
   * version than expected; `INVALID_APPEND` for an empty list.
   */
  append(streamId: string, expectedVersion: ExpectedVersion, events: readonly SerializedEvent[]): Promise<number>

  /**
   * Many commits at once, in as few transactions as possible. Each by itself is all or nothing and they are made in the
   * order given; one that fails leaves the others. `owner` is whose outbox and timers these are: a service, a saga's group.
   * The answers are in the order of the commits. Rejects only when the store itself fails.
   */
  commit(owner: string, commits: readonly Commit[]): Promise<readonly Committed[]>

  /** A stream in version order, both ends included. Empty when there is none. */
  readStream(streamId: string, range?: StreamRange): Promise<readonly StoredEvent[]>

  /** Many streams in one round, each once. Streams that do not exist have an empty list. */
  readStreams(streamIds: readonly string[]): Promise<ReadonlyMap<string, readonly StoredEvent[]>>

  /**
   * All events by time: `createdAt` as finely as the store knows it, then stream id by its bytes, then version. In batches,
   * and without a transaction between them. What was stored when the reading began comes, each event once; of what is
   * stored meanwhile a part may come.
   */
  readAll(options?: ReadAllOptions): AsyncIterable<readonly StoredEvent[]>

  /** One a stream is kept, that of the highest version: an older one changes nothing. */
  saveSnapshot(snapshot: NewSnapshot): Promise<void>
  loadSnapshot(streamId: string): Promise<Snapshot | undefined>

  readonly outbox: Outbox
  readonly timers: Timers
  readonly deadLetters: DeadLetters

  /** Finishes what is under way, releases leases and connections. Idempotent. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** A message of the outbox that is not on the bus yet. */
export interface PendingMessage extends OutgoingMessage {
  readonly id: string
  /** How often publishing it has failed. */
  readonly attempts: number
  readonly createdAt: Date
}

/** The number of messages in an outbox, and the age of the oldest. */
export interface OutboxDepth {
  readonly messages: number
  /** By the store's clock; absent when there are none. */
  readonly oldest?: Date | undefined
}

/** The messages that are stored and not on the bus yet. */
export interface Outbox {
  /**
   * The oldest ones, oldest first; what was stored with one stream is in that stream's order. Without those of the ids in
   * `except`, which are known already.
   */
  pending(owner: string, limit: number, except?: Iterable<string>): Promise<readonly PendingMessage[]>
  /** How many there are, and when the oldest was stored. */
  depth(owner: string): Promise<OutboxDepth>
  /** The bus has acknowledged them: they are forgotten. Ids that are gone are no error. */
  published(owner: string, ids: readonly string[]): Promise<void>
  /** Publishing them failed: counts an attempt each. */
  failed(owner: string, ids: readonly string[]): Promise<void>
  /**
   * Moves one to the dead letters, with its topic and its attempts as `retryCount`. One that is gone is no error.
   * Its stream is the one of the commit's first append, or, when there was none, the topic.
   */
  bury(owner: string, id: string, reason: FailureReason): Promise<void>
  /**
   * The right to relay an owner's messages, which one at a time has; `undefined` while another has it. It ends with the
   * process that holds it, however that dies.
   */
  lease(owner: string): Promise<Lease | undefined>
}

/** The exclusive right to relay the messages of an owner; see {@link Outbox.lease}. */
export interface Lease {
  /** Aborts when the lease is lost: the connection is gone or the store was closed. Not by `release`. */
  readonly lost: AbortSignal
  /** Idempotent. */
  release(): Promise<void>
}

/** The timers that commits have set. The commit that reacts to a timer removes it: see {@link Commit.fired}. */
export interface Timers {
  /** Those due at `now` or before, earliest first, then by id. */
  due(owner: string, now: Date, limit: number): Promise<readonly Timer[]>
  /** How many are set, due ones included. */
  count(owner: string): Promise<number>
  /** When the earliest is due. */
  next(owner: string): Promise<Date | undefined>
}

/** Why an event became a dead letter. */
export interface FailureReason {
  readonly message: string
  /** What helps to find out more: a stack, the position of a record. */
  readonly details?: string | undefined
}

/** The status of a dead letter. `pending` and `processing` are open; `resolved` and `discarded` are final. */
export type DeadLetterStatus = 'pending' | 'processing' | 'resolved' | 'discarded'

/** A dead letter to be stored: an event that could not be handled or published. */
export interface NewDeadLetter {
  /** The stream it is about; where none is known, the topic. */
  readonly streamId: string
  /** Where it came from, or was to go. */
  readonly topic?: string | undefined
  readonly event: SerializedEvent
  /** When the event was made. */
  readonly originalTimestamp: Date
  readonly error: string
  readonly details?: string | undefined
  /** Attempts made before it was given up. Default 0. */
  readonly retryCount?: number | undefined
}

/** A command that its aggregate rejected: a dead letter without attempts, whose error is the reason. */
export interface RejectedCommand extends Omit<NewDeadLetter, 'retryCount'> {
  /** A stream has one dead letter for each message id: the same command again adds none. */
  readonly messageId: string
}

/** A stored dead letter: a row of Composable Rust's table `failed_events`. */
export interface DeadLetter extends NewDeadLetter {
  /** The message id of a command that its aggregate rejected; `undefined` when handling or publishing failed. */
  readonly rejected?: string | undefined
  readonly id: string
  readonly retryCount: number
  readonly firstFailedAt: Date
  readonly lastFailedAt: Date
  readonly status: DeadLetterStatus
  readonly resolvedAt?: Date | undefined
  readonly resolvedBy?: string | undefined
  readonly notes?: string | undefined
}

/** The events that could not be handled or published, for a person to decide about. */
export interface DeadLetters {
  /** Returns its id. */
  add(entry: NewDeadLetter): Promise<string>
  /** Oldest first. */
  list(options?: {
    readonly status?: DeadLetterStatus | undefined
    /** Default 100. */
    readonly limit?: number | undefined
    /** The id of the last one of the page before. */
    readonly after?: string | undefined
  }): Promise<readonly DeadLetter[]>
  get(id: string): Promise<DeadLetter | undefined>
  count(status?: DeadLetterStatus): Promise<number>
  /** Another attempt failed: counts it and notes the time. False when nothing unsettled has this id. */
  retried(id: string): Promise<boolean>
  /** It was dealt with. False when nothing unsettled has this id. */
  resolve(id: string, by: string, notes?: string): Promise<boolean>
  /** It is given up. False when nothing unsettled has this id. */
  discard(id: string, by: string, notes?: string): Promise<boolean>
}
