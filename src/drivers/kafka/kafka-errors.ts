import {
  connectionFailed,
  EventBusError,
  type EventBusErrorDetails,
  groupActive,
  groupNotFound,
  invalidTopic,
  publishFailed,
  topicExists,
  topicNotFound,
  transportError,
} from '../../bus/errors.ts'

/** Kafka's error codes this driver acts on (https://kafka.apache.org/protocol#protocol_error_codes). */
export const errorCode = {
  UNKNOWN_SERVER_ERROR: -1,
  OFFSET_OUT_OF_RANGE: 1,
  CORRUPT_MESSAGE: 2,
  UNKNOWN_TOPIC_OR_PARTITION: 3,
  LEADER_NOT_AVAILABLE: 5,
  NOT_LEADER_OR_FOLLOWER: 6,
  REQUEST_TIMED_OUT: 7,
  BROKER_NOT_AVAILABLE: 8,
  REPLICA_NOT_AVAILABLE: 9,
  MESSAGE_TOO_LARGE: 10,
  NETWORK_EXCEPTION: 13,
  COORDINATOR_LOAD_IN_PROGRESS: 14,
  COORDINATOR_NOT_AVAILABLE: 15,
  NOT_COORDINATOR: 16,
  INVALID_TOPIC: 17,
  RECORD_LIST_TOO_LARGE: 18,
  NOT_ENOUGH_REPLICAS: 19,
  NOT_ENOUGH_REPLICAS_AFTER_APPEND: 20,
  ILLEGAL_GENERATION: 22,
  INCONSISTENT_GROUP_PROTOCOL: 23,
  UNKNOWN_MEMBER_ID: 25,
  REBALANCE_IN_PROGRESS: 27,
  TOPIC_AUTHORIZATION_FAILED: 29,
  GROUP_AUTHORIZATION_FAILED: 30,
  CLUSTER_AUTHORIZATION_FAILED: 31,
  INVALID_TIMESTAMP: 32,
  UNSUPPORTED_VERSION: 35,
  TOPIC_EXISTS: 36,
  INVALID_PARTITIONS: 37,
  INVALID_REPLICATION_FACTOR: 38,
  INVALID_CONFIG: 40,
  NOT_CONTROLLER: 41,
  POLICY_VIOLATION: 44,
  KAFKA_STORAGE_ERROR: 56,
  NON_EMPTY_GROUP: 68,
  GROUP_ID_NOT_FOUND: 69,
  FENCED_LEADER_EPOCH: 74,
  UNKNOWN_LEADER_EPOCH: 75,
  OFFSET_NOT_AVAILABLE: 78,
  MEMBER_ID_REQUIRED: 79,
  INVALID_RECORD: 87,
} as const

/** What passes by itself, given fresh metadata and a moment. */
const passing = new Set<number>([
  errorCode.LEADER_NOT_AVAILABLE,
  errorCode.NOT_LEADER_OR_FOLLOWER,
  errorCode.REQUEST_TIMED_OUT,
  errorCode.BROKER_NOT_AVAILABLE,
  errorCode.REPLICA_NOT_AVAILABLE,
  errorCode.NETWORK_EXCEPTION,
  errorCode.COORDINATOR_LOAD_IN_PROGRESS,
  errorCode.COORDINATOR_NOT_AVAILABLE,
  errorCode.NOT_COORDINATOR,
  errorCode.NOT_ENOUGH_REPLICAS,
  errorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  errorCode.NOT_CONTROLLER,
  errorCode.KAFKA_STORAGE_ERROR,
  errorCode.FENCED_LEADER_EPOCH,
  errorCode.UNKNOWN_LEADER_EPOCH,
  errorCode.OFFSET_NOT_AVAILABLE,
])

export const isPassingCode = (code: number): boolean => passing.has(code)

/**
 * Whether a broker says that it keeps no such consumer group. Some answer with an empty group instead, and Kafka says it
 * of share groups too, which it lists and which have no committed offsets.
 */
export const isNoGroup = (code: number): boolean => code === errorCode.GROUP_ID_NOT_FOUND

interface FailureDetails {
  readonly cause?: unknown
  /** Kafka's error code, of a `protocol` failure. */
  readonly code?: number
  /** The address itself will not do: trying again helps only if somebody starts something there. */
  readonly isRefused?: boolean
}

/** What went wrong inside this folder, before it is known for whom. Never leaves it: see {@link toBusError}. */
export class KafkaFailure extends Error {
  override readonly name = 'KafkaFailure'
  /** `answer`: bytes that are not what the protocol says. It does not pass by itself. */
  readonly kind: 'connection' | 'authentication' | 'unsupported' | 'protocol' | 'answer'
  readonly code: number | undefined
  readonly isRefused: boolean

  constructor(kind: KafkaFailure['kind'], message: string, { cause, code, isRefused = false }: FailureDetails = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.kind = kind
    this.code = code
    this.isRefused = isRefused
  }

  get isPassing(): boolean {
    return this.kind === 'connection' || (this.code !== undefined && isPassingCode(this.code))
  }
}

export const isPassing = (error: unknown): boolean => error instanceof KafkaFailure && error.isPassing

export interface ErrorPlace {
  readonly brokers: readonly string[]
  readonly topic?: string | undefined
  readonly group?: string | undefined
  /** A protocol error nobody has a better word for is a failed publish. */
  readonly isPublish?: boolean | undefined
}

/** What a broker may have against a topic whose name is fine. */
const topicRefusals: Readonly<Record<number, { readonly words: string; readonly suggestions?: readonly string[] }>> = {
  [errorCode.INVALID_PARTITIONS]: { words: 'cannot have this number of partitions' },
  [errorCode.INVALID_REPLICATION_FACTOR]: {
    words: 'cannot have this number of replicas',
    suggestions: ['ask for no more replicas than the cluster has brokers'],
  },
  [errorCode.INVALID_CONFIG]: { words: 'cannot have these settings' },
  [errorCode.POLICY_VIOLATION]: { words: 'is against a policy of the cluster' },
}

const unsupported = (reason: string, details: EventBusErrorDetails) =>
  new EventBusError('UNSUPPORTED', reason, {
    ...details,
    suggestions: ['use Apache Kafka 2.3 or later, or Redpanda', 'use the newest version of crbus'],
  })

/** A failure as the bus tells it, by kind and code, never by its text. */
export function toBusError(error: unknown, place: ErrorPlace): EventBusError {
  if (error instanceof EventBusError) return error
  const { brokers, topic = '', group = '' } = place
  const details = { cause: error, topic: place.topic, group: place.group }
  if (!(error instanceof KafkaFailure))
    return transportError(error instanceof Error ? error.message : String(error), details)
  if (error.kind === 'connection') {
    return connectionFailed(`${brokers.join(', ')} (${error.message})`, {
      ...details,
      suggestions: ['check the address in --brokers or CRBUS_BROKERS', 'check that the broker is running'],
    })
  }
  if (error.kind === 'answer' && error.isRefused) {
    return connectionFailed(error.message, {
      ...details,
      suggestions: [
        'check that the address is that of a Kafka listener without TLS',
        'for larger batches: --max-batch-bytes (maxBatchBytes in crbus.json and in code)',
      ],
    })
  }
  if (error.kind === 'authentication') {
    return new EventBusError('AUTHENTICATION_FAILED', `Connection failed: ${error.message}`, {
      ...details,
      suggestions: ['check the user name, the password and the mechanism'],
    })
  }
  if (error.kind === 'unsupported') return unsupported(error.message, details)
  switch (error.code) {
    case errorCode.UNSUPPORTED_VERSION:
      return unsupported(error.message, details)
    case errorCode.GROUP_ID_NOT_FOUND:
      return groupNotFound(group)
    case errorCode.UNKNOWN_TOPIC_OR_PARTITION:
      return topicNotFound(topic)
    case errorCode.TOPIC_EXISTS:
      return topicExists(topic)
    case errorCode.INVALID_TOPIC:
      return invalidTopic(topic, `was refused: ${error.message}`)
    case errorCode.INVALID_PARTITIONS:
    case errorCode.INVALID_REPLICATION_FACTOR:
    case errorCode.INVALID_CONFIG:
    case errorCode.POLICY_VIOLATION: {
      const refusal = topicRefusals[error.code]
      return new EventBusError('INVALID_TOPIC', `topic '${topic}' ${refusal?.words}: ${error.message}`, {
        ...details,
        suggestions: refusal?.suggestions,
      })
    }
    // The broker's word for a commit from outside while the group has members.
    case errorCode.UNKNOWN_MEMBER_ID:
    case errorCode.ILLEGAL_GENERATION:
    case errorCode.REBALANCE_IN_PROGRESS:
    case errorCode.NON_EMPTY_GROUP:
      return groupActive(group, ['members that the broker does not name'])
    case errorCode.INCONSISTENT_GROUP_PROTOCOL:
      return new EventBusError('CONSUMER_GROUP_ERROR', `group '${group}' has members that do not share by 'range'`, {
        ...details,
        suggestions: ['give the members the assignment strategy range', 'subscribe with a group of your own'],
      })
    case errorCode.TOPIC_AUTHORIZATION_FAILED:
    case errorCode.GROUP_AUTHORIZATION_FAILED:
    case errorCode.CLUSTER_AUTHORIZATION_FAILED:
      return new EventBusError('AUTHENTICATION_FAILED', `Not allowed: ${error.message}`, {
        ...details,
        suggestions: ['ask for the permission on the topic or group'],
      })
    default:
      return place.isPublish
        ? publishFailed(topic, error.message, { ...details, isPassing: error.isPassing || undefined })
        : transportError(error.message, details)
  }
}
