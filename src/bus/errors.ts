import { advice, busHints, type Hint } from './hints.ts'
import { validTopicLike, whyInvalidTopic } from './names/topic-name.ts'
import type { Position } from './record.ts'

/**
 * The error codes of every bus, each with the exit code of the command line. Both are stable: codes are never renamed and
 * exit codes never renumbered. Messages may change.
 *
 * @example
 * ```ts
 * import { EventBusError, eventBusErrorCodes } from 'crbus'
 *
 * const exitCodeOf = (error: unknown) => (error instanceof EventBusError ? eventBusErrorCodes[error.code] : 1)
 *
 * exitCodeOf(new EventBusError('TOPIC_NOT_FOUND', "topic 'order-events' does not exist")) // => 4
 * ```
 */
export const eventBusErrorCodes = {
  /** The bus cannot be reached or opened, or it was closed in this process. */
  CONNECTION_FAILED: 3,
  /** The broker refused the login, the client certificate or the permission for the operation. */
  AUTHENTICATION_FAILED: 3,
  /** The topic does not exist. */
  TOPIC_NOT_FOUND: 4,
  /** The consumer group does not exist. */
  GROUP_NOT_FOUND: 4,
  /** An event was not published, and no more specific code applies. */
  PUBLISH_FAILED: 5,
  /** A subscription cannot begin or continue. */
  SUBSCRIPTION_FAILED: 5,
  /** The members of the consumer group use another assignment strategy, or a reset of the group was not completed. */
  CONSUMER_GROUP_ERROR: 5,
  /** The name of the topic is invalid, or the broker refused its partitions, replication or settings. */
  INVALID_TOPIC: 6,
  /** The topic to create exists already. */
  TOPIC_EXISTS: 6,
  /** The consumer group has members, so its offsets cannot be changed. */
  GROUP_ACTIVE: 6,
  /** The offsets have changed since the plan of a reset was made. */
  PLAN_STALE: 6,
  /** The call has an invalid option, or the bus does not allow the change. */
  REFUSED: 6,
  /** A record cannot be decoded, or a record batch is corrupt or too large. */
  DESERIALIZATION_FAILED: 7,
  /** The broker rejected the request for another reason, or a disk failed or is full. */
  TRANSPORT_ERROR: 8,
  /** The broker does not support the request, or a record has a format from before Kafka 0.11. */
  UNSUPPORTED: 8,
} as const

/** An error code of a bus: a key of {@link eventBusErrorCodes}. */
export type EventBusErrorCode = keyof typeof eventBusErrorCodes

/** Details of an {@link EventBusError}. */
export interface EventBusErrorDetails {
  readonly topic?: string | undefined
  readonly topics?: readonly string[] | undefined
  readonly group?: string | undefined
  /** What to try next. */
  readonly hints?: readonly Hint[] | undefined
  /** The part of a change that was completed before it failed, as plain data. */
  readonly outcome?: object | undefined
  /**
   * True: the same call may succeed later, for example after an outage, or once the password of the user is set on the brokers.
   * False: the same call always fails. Absent: unknown. Default: true for failed connections, failed logins and transport
   * errors; false for invalid or refused requests.
   */
  readonly isPassing?: boolean | undefined
  /** The error that led to this one, as in `Error`. */
  readonly cause?: unknown
}

/** The default of `isPassing` by code. */
const passingByCode: Partial<Record<EventBusErrorCode, boolean>> = {
  CONNECTION_FAILED: true,
  AUTHENTICATION_FAILED: true,
  TRANSPORT_ERROR: true,
  INVALID_TOPIC: false,
  REFUSED: false,
  UNSUPPORTED: false,
}

/** The beginnings of the messages of Composable Rust's error variants. */
const VARIANT_PREFIX =
  /^(?:(?:Connection failed|Deserialization failed|Transport error|Invalid topic)|Publish failed for topic '[^']*'|Subscription failed for topics \[(?:"(?:[^"\\]|\\.)*"(?:, )?)*\]): /

const withoutPrefix = (message: string): string => message.replace(VARIANT_PREFIX, '')

/**
 * The error of every failed operation of a bus. Programs decide by `code`; `message` says what is wrong, and `hints`
 * what to try next.
 *
 * @example
 * ```ts
 * import { EventBusError, InMemoryEventBus, serializedEvent } from 'crbus'
 *
 * await using bus = new InMemoryEventBus()
 * try {
 *   await bus.publish('order-events', serializedEvent('OrderPlaced.v1', Buffer.from('{}')))
 * } catch (error) {
 *   if (!(error instanceof EventBusError)) throw error
 *   error.code // => 'TOPIC_NOT_FOUND'
 *   error.topic // => 'order-events'
 * }
 * ```
 */
export class EventBusError extends Error {
  override readonly name = 'EventBusError'
  /** The kind of failure, by which programs decide. */
  readonly code: EventBusErrorCode
  readonly topic: string | undefined
  readonly topics: readonly string[] | undefined
  readonly group: string | undefined
  /**
   * Why the operation failed: the message without a prefix such as `Publish failed for topic 'order-events': `. Equals the
   * `reason` in Composable Rust's error variants, such as `PublishFailed { topic, reason }`. The whole message when it has no
   * such prefix. In an `AppendError`, the counts at the end of the message are left out too.
   */
  readonly reason: string
  /** What to try next. */
  readonly hints: readonly Hint[]
  /** The part of a change that was completed before it failed, as plain data. */
  readonly outcome: object | undefined
  /** See {@link EventBusErrorDetails.isPassing}. */
  readonly isPassing: boolean | undefined

  /** Creates an error. For other implementations of `EventBus`, and for tests. */
  constructor(code: EventBusErrorCode, message: string, details: EventBusErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.topic = details.topic
    this.topics = details.topics
    this.group = details.group
    this.reason = withoutPrefix(message)
    this.hints = details.hints ?? []
    this.outcome = details.outcome
    this.isPassing = details.isPassing ?? passingByCode[code]
  }
}

/** A range of offsets of one partition whose records cannot be read. */
export interface UnreadableRange {
  readonly topic: string
  readonly partition: number
  /** The first unreadable offset. */
  readonly offset: bigint
  /** The first offset after the range, from which reading can continue. */
  readonly next: bigint
}

/** The error for records that are damaged, too large, or in a format that this reader does not support. A retry fails again. */
export class UnreadableError extends EventBusError {
  readonly range: UnreadableRange

  constructor(
    code: EventBusErrorCode,
    message: string,
    range: UnreadableRange,
    details: Pick<EventBusErrorDetails, 'hints' | 'cause'>,
  ) {
    super(code, message, { ...details, topic: range.topic, isPassing: false })
    this.range = range
  }
}

/** A record that the bus refused as invalid. A retry fails again. */
export interface RefusedRecord {
  /** Its index in the list given to `append` or `publish`, from 0. */
  readonly index: number
  /** Why the bus refused the record. */
  readonly reason: string
  /** Size in bytes of a record that is too large, as sent: with headers, framing and compression. */
  readonly size?: number | undefined
  /** The maximum size in bytes, when the bus reports it. */
  readonly limit?: number | undefined
}

/**
 * The outcome of each record of a failed append: appended, refused, or unknown. A record without a position that is in neither
 * `refused` nor `unknown` was not appended.
 */
export interface AppendOutcome {
  /** One element for each record given: the position of an acknowledged record, `undefined` for any other. */
  readonly positions: readonly (Position | undefined)[]
  /** Lowest index first. None of these records was appended. */
  readonly refused: readonly RefusedRecord[]
  /** Indices, lowest first, of records that were sent without an answer: each may have been appended or not. */
  readonly unknown: readonly number[]
}

/**
 * The error of an `append` or `publish` when some records were or may have been appended, or one was refused. `append` holds
 * the outcome of each record, so that a caller can send only those again that were not appended.
 *
 * @example
 * ```ts
 * import { AppendError, InMemoryEventBus, serializedEvent } from 'crbus'
 *
 * await using bus = new InMemoryEventBus({ createTopics: true })
 * // The second event has an empty key, which is refused.
 * const events = ['o-1', ''].map((id) => serializedEvent('OrderPlaced.v1', Buffer.from(id)))
 * try {
 *   await bus.publish('order-events', events, { key: ({ data }) => Buffer.from(data).toString() })
 * } catch (error) {
 *   if (!(error instanceof AppendError)) throw error
 *   error.append.refused.map(({ index }) => index) // => [1]
 * }
 * ```
 */
export class AppendError extends EventBusError {
  /** The outcome of each record. */
  readonly append: AppendOutcome
  /** The message without the counts at its end. */
  readonly summary: string
  override readonly reason: string

  /** Creates an error whose message is `summary` and the counts of `append`. */
  constructor(code: EventBusErrorCode, summary: string, append: AppendOutcome, details: EventBusErrorDetails = {}) {
    super(code, `${summary}${countsOf(append)}`, details)
    this.append = append
    this.summary = summary
    this.reason = withoutPrefix(summary)
  }
}

/**
 * Returns the counts for the end of a message, such as ` (3 of 5 records were appended, 1 more may have been)`. Empty when no
 * record can have been appended.
 */
function countsOf({ positions, unknown }: AppendOutcome): string {
  const count = positions.length
  const appended = positions.filter((position) => position !== undefined).length
  if (appended + unknown.length === 0) return ''
  if (count === 1) return ' (the record may have been appended)'
  const doubt = unknown.length === 0 ? '' : `, ${unknown.length} more may have been`
  return ` (${appended} of ${count} records were appended${doubt})`
}

// Where Composable Rust has an error variant for the failure, the message begins with the words of that variant.

export const connectionFailed = (reason: string, details: EventBusErrorDetails = {}) =>
  new EventBusError('CONNECTION_FAILED', `Connection failed: ${reason}`, details)

export const publishFailed = (topic: string, reason: string, details: EventBusErrorDetails = {}) =>
  new EventBusError('PUBLISH_FAILED', `Publish failed for topic '${topic}': ${reason}`, { topic, ...details })

/** The name of a record in a message, by its index from 0: `record 3`, or `the record` when it is the only one. */
export const recordName = (index: number, count: number): string => (count === 1 ? 'the record' : `record ${index}`)

/**
 * Converts the error of an append that failed after it had appended some of its `count` records: to an `AppendError` with the
 * positions of those records. Returns the error unchanged when no record was appended, and when it is an `AppendError` already or not an
 * `EventBusError`.
 */
export function stoppedAppend(error: unknown, count: number, appended: readonly Position[]): unknown {
  if (!(error instanceof EventBusError) || error instanceof AppendError || appended.length === 0) return error
  const positions = Array.from({ length: count }, (_, index) => appended[index])
  const { code, message, topic, hints, isPassing } = error
  const outcome = { positions, refused: [], unknown: [] }
  return new AppendError(code, message, outcome, { topic, hints, isPassing, cause: error })
}

/**
 * The error of an append that stopped at a refused record: the records before it were appended, the records after it were
 * not. `count` is the number of records given.
 */
export function recordRefused(
  topic: string,
  refused: RefusedRecord,
  count: number,
  appended: readonly Position[],
): AppendError {
  const positions = Array.from({ length: count }, (_, index) => appended[index])
  const { message } = publishFailed(topic, `${recordName(refused.index, count)} ${refused.reason}`)
  const outcome = { positions, refused: [refused], unknown: [] }
  return new AppendError('PUBLISH_FAILED', message, outcome, { topic, isPassing: false })
}

export const subscriptionFailed = (topics: readonly string[], reason: string, details: EventBusErrorDetails = {}) =>
  new EventBusError(
    'SUBSCRIPTION_FAILED',
    `Subscription failed for topics [${topics.map((topic) => JSON.stringify(topic)).join(', ')}]: ${reason}`,
    { topics, ...details },
  )

export const deserializationFailed = (reason: string, details: EventBusErrorDetails = {}) =>
  new EventBusError('DESERIALIZATION_FAILED', `Deserialization failed: ${reason}`, details)

export const transportError = (reason: string, details: EventBusErrorDetails = {}) =>
  new EventBusError('TRANSPORT_ERROR', `Transport error: ${reason}`, details)

export const invalidTopic = (topic: string, reason: string) =>
  new EventBusError('INVALID_TOPIC', `Invalid topic: '${topic}' ${reason}`, {
    topic,
    hints: whyInvalidTopic(topic) === undefined ? [] : [busHints.validTopic(validTopicLike(topic))],
  })

export const topicNotFound = (topic: string) =>
  new EventBusError('TOPIC_NOT_FOUND', `topic '${topic}' does not exist`, {
    topic,
    // No topic with an invalid name can be created.
    hints: [busHints.listTopics(), ...(whyInvalidTopic(topic) === undefined ? [busHints.createTopic(topic)] : [])],
  })

export const topicExists = (topic: string) =>
  new EventBusError('TOPIC_EXISTS', `topic '${topic}' already exists`, {
    topic,
    hints: [busHints.describeTopic(topic)],
  })

export const partitionCountNotLarger = (topic: string, has: number, wanted: number) =>
  new EventBusError(
    'REFUSED',
    `topic '${topic}' already has ${has} partition${has === 1 ? '' : 's'}; the new count must be larger than ${has}, not ${wanted}`,
    {
      topic,
    },
  )

/** The error for a partition that a topic does not have. */
export const partitionNotFound = (topic: string, partition: number, has: number) =>
  new EventBusError('REFUSED', `topic '${topic}' has no partition ${partition}; it has ${has}`, {
    topic,
    hints: [busHints.describeTopic(topic)],
  })

/** The error for the deletion of records up to an offset that the partition does not have yet. */
export const offsetAfterEnd = (topic: string, partition: number, offset: bigint) =>
  new EventBusError(
    'REFUSED',
    `offset ${offset} is after the end of ${topic}[${partition}], so records cannot be deleted up to it`,
    {
      topic,
    },
  )

/** The error for records that cannot be deleted, because their topic is compacted and keeps the newest record of each key. */
export const onlyCompacted = (topic: string) =>
  new EventBusError(
    'REFUSED',
    `topic '${topic}' is only compacted (cleanup.policy=compact), so records cannot be deleted by offset`,
    { topic, hints: [advice('set cleanup.policy to compact,delete first, or publish tombstones')] },
  )

export const groupNotFound = (group: string, hints: readonly Hint[] = []) =>
  new EventBusError('GROUP_NOT_FOUND', `group '${group}' does not exist`, {
    group,
    hints: [busHints.listGroups(), ...hints],
  })

export const groupActive = (group: string, members: readonly string[]) =>
  new EventBusError('GROUP_ACTIVE', `group '${group}' has running members: ${members.join(', ')}`, {
    group,
    hints: [advice('stop the members first, because they would overwrite the offsets')],
  })

/**
 * Begins each line below the first one in the message of an error. The command line breaks a message here alone: it escapes all other
 * line breaks, which may come from a name that a stranger chose.
 */
export const NEXT_LINE = '\n  - '

/** Joins the message of an error and the lines below it, such as problems of a file. */
export const withLines = (message: string, lines: readonly string[]): string => [message, ...lines].join(NEXT_LINE)
