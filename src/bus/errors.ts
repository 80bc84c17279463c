/**
 * Every way a bus can fail, with the exit code of the command line for it. Public: codes are never renamed and exit
 * codes never renumbered; messages may change.
 */
export const eventBusErrorCodes = {
  CONNECTION_FAILED: 3,
  AUTHENTICATION_FAILED: 3,
  TOPIC_NOT_FOUND: 4,
  GROUP_NOT_FOUND: 4,
  PUBLISH_FAILED: 5,
  SUBSCRIPTION_FAILED: 5,
  CONSUMER_GROUP_ERROR: 5,
  INVALID_TOPIC: 6,
  TOPIC_EXISTS: 6,
  GROUP_ACTIVE: 6,
  PLAN_STALE: 6,
  REFUSED: 6,
  DESERIALIZATION_FAILED: 7,
  TRANSPORT_ERROR: 8,
  UNSUPPORTED: 8,
} as const

export type EventBusErrorCode = keyof typeof eventBusErrorCodes

export interface EventBusErrorDetails {
  readonly topic?: string | undefined
  readonly topics?: readonly string[] | undefined
  readonly group?: string | undefined
  /** What to try next, one sentence or command each. */
  readonly suggestions?: readonly string[] | undefined
  /** What was done all the same, as plain data, by a change that failed half-way. */
  readonly outcome?: object | undefined
  /**
   * True: the same may well succeed later, since the bus is at fault. False: never, as it is. Not said: nobody knows.
   * Default: true of a failed connection or login and of a transport error, false of what is invalid or refused.
   */
  readonly isPassing?: boolean | undefined
  readonly cause?: unknown
}

const passes: Partial<Record<EventBusErrorCode, boolean>> = {
  CONNECTION_FAILED: true,
  AUTHENTICATION_FAILED: true,
  TRANSPORT_ERROR: true,
  INVALID_TOPIC: false,
  REFUSED: false,
  UNSUPPORTED: false,
}

/** The one error type of the bus. The message says what is true; `suggestions` say what to do. */
export class EventBusError extends Error {
  override readonly name = 'EventBusError'
  readonly code: EventBusErrorCode
  readonly topic: string | undefined
  readonly topics: readonly string[] | undefined
  readonly group: string | undefined
  readonly suggestions: readonly string[]
  readonly outcome: object | undefined
  /** See {@link EventBusErrorDetails.isPassing}. */
  readonly isPassing: boolean | undefined

  constructor(code: EventBusErrorCode, message: string, details: EventBusErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.topic = details.topic
    this.topics = details.topics
    this.group = details.group
    this.suggestions = details.suggestions ?? []
    this.outcome = details.outcome
    this.isPassing = details.isPassing ?? passes[code]
  }
}

// The first sentence of each message is the one Composable Rust prints for the same variant.

export const connectionFailed = (reason: string, details: EventBusErrorDetails = {}) =>
  new EventBusError('CONNECTION_FAILED', `Connection failed: ${reason}`, details)

export const publishFailed = (topic: string, reason: string, details: EventBusErrorDetails = {}) =>
  new EventBusError('PUBLISH_FAILED', `Publish failed for topic '${topic}': ${reason}`, { topic, ...details })

export const subscriptionFailed = (topics: readonly string[], reason: string, details: EventBusErrorDetails = {}) =>
  new EventBusError(
    'SUBSCRIPTION_FAILED',
    `Subscription failed for topics [${topics.map((topic) => JSON.stringify(topic)).join(', ')}]: ${reason}`,
    {
      topics,
      ...details,
    },
  )

export const deserializationFailed = (reason: string, details: EventBusErrorDetails = {}) =>
  new EventBusError('DESERIALIZATION_FAILED', `Deserialization failed: ${reason}`, details)

export const transportError = (reason: string, details: EventBusErrorDetails = {}) =>
  new EventBusError('TRANSPORT_ERROR', `Transport error: ${reason}`, details)

export const invalidTopic = (topic: string, reason: string) =>
  new EventBusError('INVALID_TOPIC', `Invalid topic: '${topic}' ${reason}`, { topic })

export const topicNotFound = (topic: string) =>
  new EventBusError('TOPIC_NOT_FOUND', `topic '${topic}' does not exist`, {
    topic,
    suggestions: ['crbus topics list', `crbus topics create ${topic}`],
  })

export const topicExists = (topic: string) =>
  new EventBusError('TOPIC_EXISTS', `topic '${topic}' already exists`, {
    topic,
    suggestions: [`crbus topics describe ${topic}`],
  })

export const noMorePartitions = (topic: string, has: number, wanted: number) =>
  new EventBusError('REFUSED', `topic '${topic}' has ${has} partitions, and ${wanted} are not more`, { topic })

export const groupNotFound = (group: string, suggestions: readonly string[] = []) =>
  new EventBusError('GROUP_NOT_FOUND', `group '${group}' does not exist`, {
    group,
    suggestions: ['crbus groups list', ...suggestions],
  })

export const groupActive = (group: string, members: readonly string[]) =>
  new EventBusError('GROUP_ACTIVE', `group '${group}' has running members: ${members.join(', ')}`, {
    group,
    suggestions: ['stop the members first: they would overwrite the offsets'],
  })
