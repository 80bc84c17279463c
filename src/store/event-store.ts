import type { SerializedEvent } from '../bus/event.ts'
import type { EventStoreError } from './errors.ts'

/** An event of a stream, with its version and the time when it was stored. */
export interface StoredEvent {
  readonly streamId: string
  /** The position in the stream, from 1. */
  readonly version: number
  /** The event as it was appended. */
  readonly event: SerializedEvent
  /** When it was stored, by the store's clock. */
  readonly createdAt: Date
}

/** The version at which a stream must be. 0: the stream must not exist yet. `any`: every version is accepted. */
export type ExpectedVersion = number | 'any'

/** Events to append to one stream. */
export interface StreamAppend {
  /** By convention `{aggregate}-{id}`: `order-123`. */
  readonly streamId: string
  /** The version at which the stream must be. */
  readonly expectedVersion: ExpectedVersion
  /** At least one event. */
  readonly events: readonly SerializedEvent[]
}

/** An event to publish, kept in the store until the bus has acknowledged it. */
export interface OutgoingMessage {
  readonly topic: string
  /** The key of the record, not empty. Default: the event type. */
  readonly key?: string | undefined
  readonly event: SerializedEvent
}

/** An event that an aggregate or a saga receives at a given time, once. */
export interface Timer {
  /** Unique within an owner. Setting a timer with the same id again replaces the timer. */
  readonly id: string
  /** The stream that receives the event. */
  readonly streamId: string
  /** When the timer fires, to the millisecond. */
  readonly due: Date
  readonly event: SerializedEvent
}

/** Events, messages and timers that are stored together: all of them or none. */
export interface Commit {
  /** The appends, in order. May be empty. The second append to a stream continues after the first. */
  readonly appends: readonly StreamAppend[]
  /** The messages to publish, in order. */
  readonly messages?: readonly OutgoingMessage[] | undefined
  /** Timers to set after those in `fired` are removed, so that a timer may set itself again. */
  readonly timers?: readonly Timer[] | undefined
  /**
   * Timers that the commit reacts to, and removes. The commit fails with `TIMER_GONE` when another process has fired the timer
   * or set it to another time.
   */
  readonly fired?: readonly Pick<Timer, 'id' | 'due'>[] | undefined
  /** Commands that an aggregate rejected, to be stored as dead letters. */
  readonly rejected?: readonly RejectedCommand[] | undefined
}

/** The result of one commit: the new versions of its streams, or the reason why nothing of the commit was stored. */
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
  /** The first version. Default: 1. */
  readonly from?: number | undefined
  /** The last version. Default: the last of the stream. */
  readonly to?: number | undefined
}

/** Options of `EventStore.readAll`. */
export interface ReadAllOptions {
  /** Events stored at this time or later. */
  readonly since?: Date | undefined
  /** Events stored before this time. */
  readonly until?: Date | undefined
  /** Only streams whose ids begin with this text. */
  readonly streamPrefix?: string | undefined
  /** Default 1000. */
  readonly batchSize?: number | undefined
  /** Ends the iteration without an error. */
  readonly signal?: AbortSignal | undefined
}

/** A snapshot of the state of a stream, to be saved. */
export interface NewSnapshot {
  readonly streamId: string
  /** The version of the last event that the state includes. */
  readonly version: number
  /** The state, encoded by the caller. */
  readonly state: Uint8Array
}

/** A saved snapshot of the state of a stream. */
export interface Snapshot extends NewSnapshot {
  /** When it was saved, by the store's clock. */
  readonly createdAt: Date
}

/**
 * Stores streams of events with optimistic concurrency, and in the same transaction messages for the bus (an outbox) and
 * timers.
 *
 * **Failure.** Every method rejects with an `EventStoreError`: `STORE_UNAVAILABLE` when the store cannot be reached,
 * `STORE_CLOSED` after `close`, `STORE_NOT_READY` when its tables are missing, `STORE_MISMATCH` when its tables are different.
 * After a `STORE_UNAVAILABLE` of `append` or `commit`, the events may be stored or not: read the stream to find out.
 *
 * **Texts** (stream ids, event types, topics, owners, timer ids) are at most 1000 bytes of UTF-8 without NUL; stream ids,
 * owners and timer ids are not empty. Metadata must be JSON. Anything else is an `INVALID_APPEND`.
 *
 * **Metadata** are stored as JSON, so some values in `extra` are read back in another form: integers up to 2^53 as numbers and
 * larger ones as bigints, bytes as base64 texts, dates as texts.
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
   * Appends to one stream and returns the version of the last event. Rejects with `VERSION_CONFLICT` if the stream is at another
   * version than expected, and with `INVALID_APPEND` for an empty list.
   */
  append(streamId: string, expectedVersion: ExpectedVersion, events: readonly SerializedEvent[]): Promise<number>

  /**
   * Makes many commits in the given order, in as few transactions as possible. Each commit is atomic, and a commit that fails
   * does not affect the others. `owner` owns the outbox and the timers: a service, or the group of a saga. Returns the results
   * in the order of the commits. Rejects only when the store itself fails.
   */
  commit(owner: string, commits: readonly Commit[]): Promise<readonly Committed[]>

  /** Reads a stream in version order. Resolves with an empty list if the stream does not exist. */
  readStream(streamId: string, range?: StreamRange): Promise<readonly StoredEvent[]>

  /** Reads many streams in one request. The result has an empty list for a stream that does not exist. */
  readStreams(streamIds: readonly string[]): Promise<ReadonlyMap<string, readonly StoredEvent[]>>

  /**
   * Reads all events in batches, ordered by `createdAt` at the resolution of the store, then by the bytes of the stream id, then
   * by version. The batches are not one transaction: events that were stored when the iteration began are returned once each,
   * and events that are stored meanwhile may be returned or not.
   */
  readAll(options?: ReadAllOptions): AsyncIterable<readonly StoredEvent[]>

  /** Saves a snapshot. A stream keeps only the snapshot of the highest version, so an older one changes nothing. */
  saveSnapshot(snapshot: NewSnapshot): Promise<void>
  /** Reads the snapshot of a stream; `undefined` when it has none. */
  loadSnapshot(streamId: string): Promise<Snapshot | undefined>

  /** The messages that are stored and not published yet. */
  readonly outbox: Outbox
  /** The timers that commits have set. */
  readonly timers: Timers
  /** The events that could not be handled or published. */
  readonly deadLetters: DeadLetters

  /** Finishes running calls, then releases leases and connections. Idempotent. */
  close(): Promise<void>
  /** Closes the store, as `close` does, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>
}

/** A message of the outbox that is not published yet. */
export interface PendingMessage extends OutgoingMessage {
  /** The id in the outbox, unique within the store. */
  readonly id: string
  /** How often publishing it has failed. */
  readonly attempts: number
  /** When it was stored, by the store's clock. */
  readonly createdAt: Date
}

/** The number of messages in an outbox, and the age of the oldest. */
export interface OutboxDepth {
  /** The number of messages. */
  readonly messages: number
  /** When the oldest message was stored, by the store's clock; absent for an empty outbox. */
  readonly oldest?: Date | undefined
}

/** The messages that are stored and not published yet. */
export interface Outbox {
  /**
   * Reads the oldest messages, oldest first. Messages stored with one stream are in the order of that stream. Leaves out the ids
   * in `except`.
   */
  pending(owner: string, limit: number, except?: Iterable<string>): Promise<readonly PendingMessage[]>
  /** Returns the number of messages, and when the oldest was stored. */
  depth(owner: string): Promise<OutboxDepth>
  /** Deletes messages that the bus has acknowledged. Ignores unknown ids. */
  published(owner: string, ids: readonly string[]): Promise<void>
  /** Counts one failed attempt for each message. */
  failed(owner: string, ids: readonly string[]): Promise<void>
  /**
   * Moves a message to the dead letters, with its topic and its attempts as `retryCount`. Ignores an unknown id. The dead letter
   * gets the stream id of the first append of the commit that stored the message or, without an append, the topic.
   */
  bury(owner: string, id: string, reason: FailureReason): Promise<void>
  /**
   * Takes the exclusive right to publish the messages of an owner. Resolves with `undefined` while another lease is held. A lease
   * also ends when the process that holds it dies.
   */
  lease(owner: string): Promise<Lease | undefined>
}

/** The exclusive right to relay the messages of an owner; see {@link Outbox.lease}. */
export interface Lease {
  /** Aborts when the lease is lost because the connection broke or the store was closed, not when it is released. */
  readonly lost: AbortSignal
  /** Gives the lease back. Idempotent. */
  release(): Promise<void>
}

/** The timers that commits have set. The commit that reacts to a timer removes it: see {@link Commit.fired}. */
export interface Timers {
  /** Reads the timers that are due at `now` or before, by time and then by id. */
  due(owner: string, now: Date, limit: number): Promise<readonly Timer[]>
  /** Returns the number of timers, due ones included. */
  count(owner: string): Promise<number>
  /** Returns when the earliest timer is due; `undefined` without timers. */
  next(owner: string): Promise<Date | undefined>
}

/** Why an event became a dead letter. */
export interface FailureReason {
  /** What failed, in one sentence. */
  readonly message: string
  /** Information for debugging, such as a stack and the position of a record. */
  readonly details?: string | undefined
}

/** The status of a dead letter. `pending` and `processing` are open; `resolved` and `discarded` are final. */
export type DeadLetterStatus = 'pending' | 'processing' | 'resolved' | 'discarded'

/** A dead letter to be stored: an event that could not be handled or published. */
export interface NewDeadLetter {
  /** The stream of the event; the topic when the stream is not known. */
  readonly streamId: string
  /** The topic that the event came from or was to be published to. */
  readonly topic?: string | undefined
  /** The key of the record on `topic`, if it is not the default. Stored only with a topic. */
  readonly key?: string | undefined
  readonly event: SerializedEvent
  /** When the event was created. */
  readonly originalTimestamp: Date
  /** What failed, in one sentence. */
  readonly error: string
  /** Information for debugging, such as a stack and the position of a record. */
  readonly details?: string | undefined
  /** The number of attempts before it was given up. Default 0. */
  readonly retryCount?: number | undefined
}

/** A command that its aggregate rejected: a dead letter without attempts, whose error is the reason. */
export interface RejectedCommand extends Omit<NewDeadLetter, 'retryCount'> {
  /** Identifies the command. A stream has one dead letter for each message id, so the same command again does not add another. */
  readonly messageId: string
}

/** A stored dead letter: a row of Composable Rust's table `failed_events`. */
export interface DeadLetter extends NewDeadLetter {
  /** The message id of a command that its aggregate rejected; `undefined` when handling or publishing failed. */
  readonly rejected?: string | undefined
  /** The id, unique within the store. */
  readonly id: string
  /** The number of failed attempts; `DeadLetters.retried` adds one. */
  readonly retryCount: number
  /** When the dead letter was stored. */
  readonly firstFailedAt: Date
  /** When the last attempt failed. */
  readonly lastFailedAt: Date
  /** Whether it is open, resolved or discarded. */
  readonly status: DeadLetterStatus
  /** When it was resolved or discarded. */
  readonly resolvedAt?: Date | undefined
  /** The person or program that resolved or discarded it. */
  readonly resolvedBy?: string | undefined
  /** The notes given to `resolve` or `discard`. */
  readonly notes?: string | undefined
}

/** A change of a dead letter, which is made only if no other program has changed the letter meanwhile. */
export interface DeadLetterChange {
  /** The id of the dead letter. An id that no dead letter has is ignored. */
  readonly id: string
  /** The status and the notes that the dead letter must still have. */
  readonly from: Pick<DeadLetter, 'status' | 'notes'>
  /** The new status, the person or program that sets it, and new notes. The status `pending` removes name and notes. */
  readonly to: { readonly status: DeadLetterStatus; readonly by: string; readonly notes?: string | undefined }
}

/** The events that could not be handled or published, for a person to decide about. */
export interface DeadLetters {
  /** Stores a dead letter and returns its id. */
  add(entry: NewDeadLetter): Promise<string>
  /** Lists dead letters, oldest first. */
  list(options?: {
    /** Only dead letters with this status, or with one of these. */
    readonly status?: DeadLetterStatus | readonly DeadLetterStatus[] | undefined
    /** Default 100. */
    readonly limit?: number | undefined
    /** The id of the last dead letter of the previous page. */
    readonly after?: string | undefined
  }): Promise<readonly DeadLetter[]>
  /** Reads a dead letter; `undefined` when it does not exist. */
  get(id: string): Promise<DeadLetter | undefined>
  /** Returns the number of dead letters, of one status or of all. */
  count(status?: DeadLetterStatus): Promise<number>
  /** Counts another failed attempt and stores its time. Resolves with false if no open dead letter has this id. */
  retried(id: string): Promise<boolean>
  /** Marks a dead letter as resolved. Resolves with false if no open dead letter has this id. */
  resolve(id: string, by: string, notes?: string): Promise<boolean>
  /** Marks a dead letter as discarded. Resolves with false if no open dead letter has this id. */
  discard(id: string, by: string, notes?: string): Promise<boolean>
  /**
   * Changes many dead letters in one transaction, each only if it still has the status and the notes in `from`. So of several
   * programs that change the same letter, one succeeds. Resolves with the ids of the changed letters.
   */
  change(changes: readonly DeadLetterChange[]): Promise<ReadonlySet<string>>
}
