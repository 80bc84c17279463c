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
  TRANSACTIONAL_ID_AUTHORIZATION_FAILED: 53,
  KAFKA_STORAGE_ERROR: 56,
  DELEGATION_TOKEN_AUTHORIZATION_FAILED: 65,
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

/** What a request that failed was about, as far as it is known where it failed. */
export interface FailurePlace {
  /** The request, by its name in Kafka's protocol. */
  readonly request?: string | undefined
  readonly topic?: string | undefined
  readonly group?: string | undefined
}

interface FailureDetails {
  readonly cause?: unknown
  /** Kafka's error code, of a `protocol` failure. */
  readonly code?: number | undefined
  /** Its name. */
  readonly type?: string | undefined
  readonly place?: FailurePlace | undefined
  /** The address itself will not do: trying again helps only if somebody starts something there. */
  readonly isRefused?: boolean
  /** What to try next, where more is known than the kind says. */
  readonly suggestions?: readonly string[] | undefined
  /** The message says what a broker did, and wants its address before it. */
  readonly isBroker?: boolean
}

/** What went wrong inside this folder, before it is known for whom. Never leaves it: see {@link toBusError}. */
export class KafkaFailure extends Error {
  override readonly name = 'KafkaFailure'
  /** `answer`: bytes that are not what the protocol says. It does not pass by itself. */
  readonly kind: 'connection' | 'authentication' | 'unsupported' | 'protocol' | 'answer'
  readonly code: number | undefined
  readonly type: string | undefined
  readonly place: FailurePlace
  readonly isRefused: boolean
  readonly suggestions: readonly string[] | undefined
  readonly isBroker: boolean

  constructor(kind: KafkaFailure['kind'], message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.kind = kind
    this.code = details.code
    this.type = details.type
    this.place = details.place ?? {}
    this.isRefused = details.isRefused ?? false
    this.suggestions = details.suggestions
    this.isBroker = details.isBroker ?? false
  }

  get isPassing(): boolean {
    return this.kind === 'connection' || (this.code !== undefined && isPassingCode(this.code))
  }
}

/** The failure for the answer of the broker at `address` to request `name` whose bytes are not what the protocol says. */
export function damagedAnswer(address: string, name: string, cause: unknown): KafkaFailure {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new KafkaFailure('answer', `the answer of ${address} to ${name} is damaged: ${reason}`, { cause })
}

/** The failure for an answer to `request` of the broker at `address` that has no result for what was requested. */
export function missingResult(address: string, request: string, subject: string): KafkaFailure {
  return new KafkaFailure('answer', `the broker answered without a result for ${subject} (${request}, ${address})`)
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

type Resource = 'topic' | 'group' | 'cluster'

/**
 * The ACL operations that requests need (https://kafka.apache.org/documentation/#operations_resources_and_protocols).
 */
const operations: Readonly<Record<string, Partial<Record<Resource, string>>>> = {
  Produce: { topic: 'Write', cluster: 'IdempotentWrite' },
  Fetch: { topic: 'Read', cluster: 'ClusterAction' },
  ListOffsets: { topic: 'Describe' },
  Metadata: { topic: 'Describe', cluster: 'Describe' },
  CreateTopics: { topic: 'Create', cluster: 'Create' },
  DeleteTopics: { topic: 'Delete' },
  CreatePartitions: { topic: 'Alter' },
  DescribeConfigs: { topic: 'DescribeConfigs' },
  IncrementalAlterConfigs: { topic: 'AlterConfigs' },
  FindCoordinator: { group: 'Describe' },
  ListGroups: { cluster: 'Describe' },
  DescribeGroups: { group: 'Describe' },
  ConsumerGroupDescribe: { group: 'Describe', topic: 'Describe' },
  OffsetFetch: { group: 'Describe', topic: 'Describe' },
  OffsetCommit: { group: 'Read', topic: 'Read' },
  OffsetDelete: { group: 'Delete', topic: 'Read' },
  DeleteGroups: { group: 'Delete' },
  JoinGroup: { group: 'Read' },
  SyncGroup: { group: 'Read' },
  Heartbeat: { group: 'Read' },
}

const refusedResources: Readonly<Record<number, Resource>> = {
  [errorCode.TOPIC_AUTHORIZATION_FAILED]: 'topic',
  [errorCode.GROUP_AUTHORIZATION_FAILED]: 'group',
  [errorCode.CLUSTER_AUTHORIZATION_FAILED]: 'cluster',
}

/** Names the operation that the user has no ACL for, and on what. */
function notAllowed(cause: KafkaFailure, { request = '', topic, group }: FailurePlace): EventBusError {
  const { code, type, message } = cause
  const resource = refusedResources[code ?? 0]
  const refuse = (text: string, suggestions: readonly string[]) =>
    new EventBusError('AUTHENTICATION_FAILED', `Not allowed: ${text}`, { cause, topic, group, suggestions })
  if (resource === undefined) return refuse(message, ['ask for the ACL that the user lacks'])
  const operation = operations[request]?.[resource]
  const name = { topic, group, cluster: undefined }[resource]
  const what = resource === 'cluster' ? 'the cluster' : name === undefined ? `a ${resource}` : `${resource} '${name}'`
  const flag = resource === 'cluster' ? '--cluster' : `--${resource} ${name ?? 'NAME'}`
  return refuse(`the user may not ${operation === undefined ? 'use' : `do ${operation} on`} ${what} (${type})`, [
    `grant the ACL: kafka-acls --add --allow-principal User:NAME --operation ${operation ?? 'All'} ${flag}`,
  ])
}

const unsupported = (reason: string, details: EventBusErrorDetails) =>
  new EventBusError('UNSUPPORTED', reason, {
    ...details,
    suggestions: ['use Apache Kafka 2.4 or later, or Redpanda', 'use the newest version of crbus'],
  })

/** A failure as the bus tells it, by kind and code, never by its text. */
export function toBusError(error: unknown, place: ErrorPlace): EventBusError {
  if (error instanceof EventBusError) return error
  if (!(error instanceof KafkaFailure)) {
    const { topic, group } = place
    return transportError(error instanceof Error ? error.message : String(error), { cause: error, topic, group })
  }
  // Where it failed more may be known than where it was asked.
  const { request, topic: ownTopic = place.topic, group: ownGroup = place.group } = error.place
  const details = { cause: error, topic: ownTopic, group: ownGroup }
  const { brokers } = place
  const [topic, group] = [ownTopic ?? '', ownGroup ?? '']
  if (error.kind === 'connection') {
    return connectionFailed(`${brokers.join(', ')} (${error.message})`, {
      ...details,
      suggestions: error.suggestions ?? [
        'check the address in --brokers or CRBUS_BROKERS',
        'check that the broker is running',
      ],
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
      suggestions: error.suggestions,
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
    case errorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case errorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED:
      return notAllowed(error, { request, topic: ownTopic, group: ownGroup })
    default:
      return place.isPublish
        ? publishFailed(topic, error.message, { ...details, isPassing: error.isPassing || undefined })
        : transportError(error.message, details)
  }
}
