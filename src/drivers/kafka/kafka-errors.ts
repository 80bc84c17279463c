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
import { advice, type Hint } from '../../bus/hints.ts'
import { driverHints } from '../hints.ts'

/** The error codes of Kafka that this driver handles (https://kafka.apache.org/protocol#protocol_error_codes). */
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
  SECURITY_DISABLED: 54,
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

/** Error codes after which a retry with fresh metadata may succeed. */
const passingCodes = new Set<number>([
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

/** The hint for a failed connection without a known cause. */
export const CHECK_BROKER = advice('check that the broker is running')

/** Whether a retry may succeed after this error code. */
export const isPassingCode = (code: number): boolean => passingCodes.has(code)

/**
 * Whether a broker reports that the consumer group does not exist. Some brokers answer with an empty group instead. Kafka also
 * reports this code for share groups, which ListGroups returns but which have no committed offsets.
 */
export const isNoGroup = (code: number): boolean => code === errorCode.GROUP_ID_NOT_FOUND

/** What a failed request was about, as far as the code that sent it knows. */
export interface FailureSubject {
  /** The request, by its name in Kafka's protocol. */
  readonly request?: string | undefined
  readonly topic?: string | undefined
  readonly group?: string | undefined
}

interface FailureDetails {
  readonly cause?: unknown
  /** Kafka's error code, in a `protocol` failure. */
  readonly code?: number | undefined
  /** The name of the error code. */
  readonly type?: string | undefined
  readonly subject?: FailureSubject | undefined
  /** Whether the address does not work, so that a retry succeeds only after a broker was started there. */
  readonly isRefused?: boolean
  /** What to try next, if more is known than the kind of the failure tells. */
  readonly hints?: readonly Hint[] | undefined
  /** Whether the message continues a sentence that begins with the address of the broker. */
  readonly isBroker?: boolean
}

/** A failure inside this folder. {@link toBusError} converts it, with the topic or group, before it leaves the folder. */
export class KafkaFailure extends Error {
  override readonly name = 'KafkaFailure'
  /** `answer`: the bytes do not follow the protocol. A retry does not help. */
  readonly kind: 'connection' | 'authentication' | 'unsupported' | 'protocol' | 'answer'
  readonly code: number | undefined
  readonly type: string | undefined
  readonly subject: FailureSubject
  readonly isRefused: boolean
  readonly hints: readonly Hint[] | undefined
  readonly isBroker: boolean

  constructor(kind: KafkaFailure['kind'], message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.kind = kind
    this.code = details.code
    this.type = details.type
    this.subject = details.subject ?? {}
    this.isRefused = details.isRefused ?? false
    this.hints = details.hints
    this.isBroker = details.isBroker ?? false
  }

  get isPassing(): boolean {
    return this.kind === 'connection' || (this.code !== undefined && isPassingCode(this.code))
  }
}

/** Creates the failure for a damaged answer, of the broker at `address` to the request `name`. */
export function damagedAnswer(address: string, name: string, cause: unknown): KafkaFailure {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new KafkaFailure('answer', `the answer of ${address} to ${name} is damaged: ${reason}`, { cause })
}

/** Creates the failure for an answer, of the broker at `address` to `request`, that has no result for the requested `subject`. */
export function missingResult(address: string, request: string, subject: string): KafkaFailure {
  return new KafkaFailure('answer', `the broker answered without a result for ${subject} (${request}, ${address})`)
}

/** Whether a retry may succeed after this error. */
export const isPassing = (error: unknown): boolean => error instanceof KafkaFailure && error.isPassing

/** The subject of an error of the bus. */
export interface ErrorSubject {
  readonly brokers: readonly string[]
  readonly topic?: string | undefined
  readonly group?: string | undefined
  /** Whether other protocol errors are reported as `PUBLISH_FAILED`. Default: as `TRANSPORT_ERROR`. */
  readonly isPublish?: boolean | undefined
}

/** Reasons why a broker refuses a topic with a valid name. */
const topicRefusals: Readonly<Record<number, { readonly words: string; readonly hints?: readonly Hint[] }>> = {
  [errorCode.INVALID_PARTITIONS]: { words: 'cannot have this number of partitions' },
  [errorCode.INVALID_REPLICATION_FACTOR]: {
    words: 'cannot have this number of replicas',
    hints: [advice('ask for no more replicas than the cluster has brokers')],
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
  DeleteRecords: { topic: 'Delete' },
  DescribeLogDirs: { cluster: 'Describe' },
  DescribeClientQuotas: { cluster: 'DescribeConfigs' },
  DescribeAcls: { cluster: 'Describe' },
  CreateAcls: { cluster: 'Alter' },
  DeleteAcls: { cluster: 'Alter' },
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

/** Creates the error for a missing ACL, with the operation and the resource. */
function notAllowed(cause: KafkaFailure, { request = '', topic, group }: FailureSubject): EventBusError {
  const { code, type, message } = cause
  const resource = refusedResources[code ?? 0]
  const refuse = (text: string, hints: readonly Hint[]) =>
    new EventBusError('AUTHENTICATION_FAILED', `Not allowed: ${text}`, { cause, topic, group, hints })
  if (resource === undefined) return refuse(message, [advice('ask for the ACL that the user lacks')])
  const operation = operations[request]?.[resource]
  const name = { topic, group, cluster: undefined }[resource]
  const what = resource === 'cluster' ? 'the cluster' : name === undefined ? `a ${resource}` : `${resource} '${name}'`
  return refuse(`the user may not ${operation === undefined ? 'use' : `do ${operation} on`} ${what} (${type})`, [
    driverHints.grantAcl(resource, name, operation),
  ])
}

const unsupported = (reason: string, details: EventBusErrorDetails) =>
  new EventBusError('UNSUPPORTED', reason, {
    ...details,
    hints: [advice('use Apache Kafka 2.4 or later, or Redpanda'), advice('use the newest version of crbus')],
  })

/** Converts a failure to the error of the bus, by its kind and code, never by its text. */
export function toBusError(error: unknown, subject: ErrorSubject): EventBusError {
  if (error instanceof EventBusError) return error
  if (!(error instanceof KafkaFailure)) {
    const { topic, group } = subject
    return transportError(error instanceof Error ? error.message : String(error), { cause: error, topic, group })
  }
  // The failure may know its topic or group more precisely than the caller.
  const { request, topic: ownTopic = subject.topic, group: ownGroup = subject.group } = error.subject
  const details = { cause: error, topic: ownTopic, group: ownGroup }
  const { brokers } = subject
  const [topic, group] = [ownTopic ?? '', ownGroup ?? '']
  if (error.kind === 'connection') {
    // Nearly all messages begin with the address of a broker, which a single broker's address would only repeat.
    const named = brokers.join(', ')
    return connectionFailed(error.message.startsWith(`${named} `) ? error.message : `${named} (${error.message})`, {
      ...details,
      hints: error.hints ?? [driverHints.checkAddress(), CHECK_BROKER],
    })
  }
  if (error.kind === 'answer' && error.isRefused) {
    return connectionFailed(error.message, {
      ...details,
      hints: [advice('check that the address is a Kafka listener without TLS'), driverHints.raiseMaxBatchBytes()],
    })
  }
  if (error.kind === 'authentication') {
    return new EventBusError('AUTHENTICATION_FAILED', `Connection failed: ${error.message}`, {
      ...details,
      hints: error.hints,
    })
  }
  if (error.kind === 'unsupported') return unsupported(error.message, details)
  switch (error.code) {
    case errorCode.UNSUPPORTED_VERSION:
      return unsupported(error.message, details)
    case errorCode.SECURITY_DISABLED:
      return new EventBusError('UNSUPPORTED', 'the brokers check no ACLs, because they have no authorizer', {
        ...details,
        hints: [advice('set authorizer.class.name in the configuration of the brokers')],
      })
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
        hints: refusal?.hints,
      })
    }
    // The answers to a commit by a client outside the group while the group has members.
    case errorCode.UNKNOWN_MEMBER_ID:
    case errorCode.ILLEGAL_GENERATION:
    case errorCode.REBALANCE_IN_PROGRESS:
    case errorCode.NON_EMPTY_GROUP:
      return groupActive(group, ['the broker does not name them'])
    case errorCode.INCONSISTENT_GROUP_PROTOCOL:
      return new EventBusError(
        'CONSUMER_GROUP_ERROR',
        `the members of group '${group}' do not use the assignment strategy 'range'`,
        {
          ...details,
          hints: [
            advice('configure its members with the assignment strategy range'),
            advice('subscribe with another group'),
          ],
        },
      )
    case errorCode.TOPIC_AUTHORIZATION_FAILED:
    case errorCode.GROUP_AUTHORIZATION_FAILED:
    case errorCode.CLUSTER_AUTHORIZATION_FAILED:
    case errorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
    case errorCode.DELEGATION_TOKEN_AUTHORIZATION_FAILED:
      return notAllowed(error, { request, topic: ownTopic, group: ownGroup })
    default:
      return subject.isPublish
        ? publishFailed(topic, error.message, { ...details, isPassing: error.isPassing || undefined })
        : transportError(error.message, details)
  }
}
