import type { SerializedEvent } from '../bus/event.ts'
import type { EventStoreError } from './errors.ts'

export interface StoredEvent {
  readonly streamId: string
  /** Its place in the stream. The first event's is 1. */
  readonly version: number
  readonly event: SerializedEvent
  /** When it was stored, by the store's clock. */
  readonly createdAt: Date
}

/** The version a stream must be at. 0: it must not exist yet. `any`: whatever it is at. */
export type ExpectedVersion = number | 'any'

export interface StreamAppend {
  /** By convention `{aggregate}-{id}`: `order-123`. */
  readonly streamId: string
  readonly expectedVersion: ExpectedVersion
  /** At least one. */
  readonly events: readonly SerializedEvent[]
}

/** An event for the bus, kept in the store until it is there. */
export interface OutgoingMessage {
  readonly topic: string
  /** The record key, not empty; `undefined`: the event type. */
  readonly key?: string | undefined
  readonly event: SerializedEvent
}

export interface Timer {
  /** Unique within an owner: setting the same id again replaces it. */
  readonly id: string
  /** Whom it wakes. */
  readonly streamId: string
  /** To the millisecond. */
  readonly due: Date
  readonly event: SerializedEvent
}

/** What is stored together: all of it or nothing. */
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

export type Committed =
  | {
      readonly ok: true
      /** For each append, the version of its last event. */
      readonly versions: readonly number[]
    }
  /** `VERSION_CONFLICT`, `TIMER_GONE` or `INVALID_APPEND`. Nothing of the commit was stored. */
  | { readonly ok: false; readonly error: EventStoreError }

/** A part of a stream, both versions included. */
export interface StreamRange {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

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

export interface NewSnapshot {
  readonly streamId: string
  /** The version of the last event in it. */
  readonly version: number
  readonly state: Uint8Array
}

export interface Snapshot extends NewSnapshot {
  readonly createdAt: Date
}

/**
 * Streams of events with optimistic concurrency, and beside them what has to be stored in the same transaction: messages
 * for the bus (an outbox) and timers.
 *
 * **Failure.** Every method rejects with an `EventStoreError`: `STORE_UNAVAILABLE` when the store cannot be reached,
 * `STORE_CLOSED` after `close`, `STORE_NOT_READY` when its tables are missing, `STORE_MISMATCH` when they are others. After a
 * `STORE_UNAVAILABLE` out of `append` or `commit` it is open whether it was stored: read the stream.
 *
 * **Texts** (stream ids, event types, topics, owners, timer ids) are at most 1000 bytes of UTF-8 and hold no NUL; stream
 * ids, owners and timer ids are not empty. Metadata is what JSON can say. What is not so is an `INVALID_APPEND`.
 *
 * **Metadata** come back as they were written, as far as JSON can say it: in `extra`, whole numbers come back as numbers
 * within 2^53 and as bigints beyond, bytes as base64, dates as texts.
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

export interface PendingMessage extends OutgoingMessage {
  readonly id: string
  /** How often publishing it has failed. */
  readonly attempts: number
  readonly createdAt: Date
}

export interface OutboxDepth {
  readonly messages: number
  /** By the store's clock; absent when there are none. */
  readonly oldest?: Date | undefined
}

/** Messages stored and not yet on the bus. */
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

export interface Lease {
  /** Aborts when the lease is lost: the connection is gone or the store was closed. Not by `release`. */
  readonly lost: AbortSignal
  /** Idempotent. */
  release(): Promise<void>
}

/** Timers set by commits. They are removed by the commit that reacts to them: see {@link Commit.fired}. */
export interface Timers {
  /** Those due at `now` or before, earliest first, then by id. */
  due(owner: string, now: Date, limit: number): Promise<readonly Timer[]>
  /** How many are set, due ones included. */
  count(owner: string): Promise<number>
  /** When the earliest is due. */
  next(owner: string): Promise<Date | undefined>
}

export interface FailureReason {
  readonly message: string
  /** What helps to find out more: a stack, the position of a record. */
  readonly details?: string | undefined
}

export type DeadLetterStatus = 'pending' | 'processing' | 'resolved' | 'discarded'

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

/** A command that its aggregate rejected: a dead letter of no attempts, whose error is the reason. */
export interface RejectedCommand extends Omit<NewDeadLetter, 'retryCount'> {
  /** A stream has one dead letter for each message id: the same command again adds none. */
  readonly messageId: string
}

/** A row of Composable Rust's `failed_events`. */
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

/** Events that could not be processed or published, for a person to decide about. */
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
