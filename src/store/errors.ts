import { advice, type Hint } from '../bus/hints.ts'

/**
 * The error codes of every event store, each with the exit code of the command line. Both are stable: codes are never renamed
 * and exit codes never renumbered. Messages may change.
 *
 * @example
 * ```ts
 * import { EventStoreError, eventStoreErrorCodes } from 'crbus'
 *
 * const exitCodeOf = (error: unknown) => (error instanceof EventStoreError ? eventStoreErrorCodes[error.code] : 1)
 *
 * exitCodeOf(new EventStoreError('STORE_NOT_READY', 'the table events is missing')) // => 4
 * ```
 */
export const eventStoreErrorCodes = {
  /** The store cannot be reached or used: no connection, no login, a full disk. Trying again may help. */
  STORE_UNAVAILABLE: 3,
  /** The store was closed in this process. */
  STORE_CLOSED: 3,
  /** Tables, or columns that a newer version of crbus needs, are missing: create them with `openStoreSetup`. */
  STORE_NOT_READY: 4,
  /** A table with the name of an event store table has a different layout. */
  STORE_MISMATCH: 6,
  /** The stream is not at the expected version. */
  VERSION_CONFLICT: 6,
  /** A fired timer is gone: another process fired it or set it again. */
  TIMER_GONE: 6,
  /** The arguments are invalid in any state of the store: no events, an invalid version, a text with a NUL. */
  INVALID_APPEND: 6,
} as const

/** An error code of an event store: a key of {@link eventStoreErrorCodes}. */
export type EventStoreErrorCode = keyof typeof eventStoreErrorCodes

/** Details of an {@link EventStoreError}. */
export interface EventStoreErrorDetails {
  readonly streamId?: string | undefined
  /** For `VERSION_CONFLICT`: the version that the writer expected. */
  readonly expected?: number | undefined
  /** For `VERSION_CONFLICT`: the version of the stream; 0 when it does not exist. */
  readonly actual?: number | undefined
  /** For `TIMER_GONE`: the id of the timer. */
  readonly timerId?: string | undefined
  /** What to try next. */
  readonly hints?: readonly Hint[] | undefined
  /** The error that led to this one, as in `Error`. */
  readonly cause?: unknown
}

/**
 * The error of every failed operation of an event store. Programs decide by `code`. `message` says what is wrong, and `hints` say
 * what to try next.
 *
 * @example
 * ```ts
 * import { EventStoreError, openEventStore, serializedEvent } from 'crbus'
 *
 * const placed = serializedEvent('OrderPlaced.v1', Buffer.from('{}'))
 * await using store = await openEventStore(':memory:')
 * await store.append('order-1', 0, [placed])
 * try {
 *   await store.append('order-1', 0, [placed])
 * } catch (error) {
 *   if (!(error instanceof EventStoreError) || error.code !== 'VERSION_CONFLICT') throw error
 *   error.actual // => 1
 * }
 * ```
 */
export class EventStoreError extends Error {
  override readonly name = 'EventStoreError'
  /** The kind of failure, by which programs decide. */
  readonly code: EventStoreErrorCode
  readonly streamId: string | undefined
  /** For `VERSION_CONFLICT`: the version that the writer expected. */
  readonly expected: number | undefined
  /** For `VERSION_CONFLICT`: the version of the stream; 0 when it does not exist. */
  readonly actual: number | undefined
  /** For `TIMER_GONE`: the id of the timer. */
  readonly timerId: string | undefined
  /** What to try next. */
  readonly hints: readonly Hint[]

  /** Creates an error, for another implementation of `EventStore` or for a test. */
  constructor(code: EventStoreErrorCode, message: string, details: EventStoreErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.streamId = details.streamId
    this.expected = details.expected
    this.actual = details.actual
    this.timerId = details.timerId
    this.hints = details.hints ?? []
  }
}

export const versionConflict = (streamId: string, expected: number, actual: number) =>
  new EventStoreError(
    'VERSION_CONFLICT',
    `Concurrency conflict on stream '${streamId}': expected version ${expected}, but the stream is at ${actual}`,
    { streamId, expected, actual, hints: [advice('read the stream again and decide again')] },
  )

export const timerGone = (timerId: string) =>
  new EventStoreError('TIMER_GONE', `timer '${timerId}' is gone: it was fired or set again`, { timerId })

export const storeUnavailable = (reason: string, details: EventStoreErrorDetails = {}) =>
  new EventStoreError('STORE_UNAVAILABLE', reason, details)

export const storeClosed = () => new EventStoreError('STORE_CLOSED', 'the store is closed')

export const storeMismatch = (reason: string, details: EventStoreErrorDetails = {}) =>
  new EventStoreError('STORE_MISMATCH', reason, details)

export const invalidAppend = (reason: string, details: EventStoreErrorDetails = {}) =>
  new EventStoreError('INVALID_APPEND', reason, details)
