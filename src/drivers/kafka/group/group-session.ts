import type { TopicPartition } from '../../../bus/admin.ts'
import type { JoinRequest } from '../../../bus/driver-port.ts'
import type { Position } from '../../../bus/record.ts'
import { assignRange } from '../../assignment.ts'
import type { KafkaCluster } from '../connection/cluster.ts'
import { protocolFailure } from '../connection/wire.ts'
import { errorCode, KafkaFailure } from '../kafka-errors.ts'
import { ask } from '../protocol/api.ts'
import { offsetCommitApi } from '../protocol/committed-offsets.ts'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
} from '../protocol/consumer-protocol.ts'
import { heartbeatApi, type JoinedGroup, joinGroupApi, leaveGroupApi, syncGroupApi } from '../protocol/membership.ts'

/** The session time-out of the Rust services: a member that sends no heartbeat for this long loses its partitions. */
const SESSION_TIMEOUT_MS = 6000
/** How long a rebalance waits for a member that does not rejoin. */
const REBALANCE_TIMEOUT_MS = 12_000
/** The assignment strategy, the same as in librdkafka, so that Rust services can be members of the same group. */
const PROTOCOL = 'range'

/** The error codes for a group with a new generation, with or without this member. Joining again resolves them. */
const newGenerationCodes: ReadonlySet<number> = new Set([
  errorCode.ILLEGAL_GENERATION,
  errorCode.UNKNOWN_MEMBER_ID,
  errorCode.REBALANCE_IN_PROGRESS,
])

/** Whether a request failed because the group has a new generation. */
export const isNewGeneration = (error: unknown): boolean =>
  error instanceof KafkaFailure && newGenerationCodes.has(error.code ?? 0)

/** The answer to a heartbeat: `rebalancing` asks the member to join again, `expelled` says that it has lost its partitions. */
export type Heartbeat = 'stable' | 'rebalancing' | 'expelled'

/**
 * The membership protocol of a classic Kafka group: joins the group, receives or (as the leader) computes the assignment,
 * sends heartbeats and commits under the current member id and generation.
 */
export class GroupSession {
  readonly #cluster: KafkaCluster
  readonly #request: JoinRequest
  readonly #channel: string
  readonly #onExpelled: () => void
  #memberId = ''
  #generation = -1
  /**
   * The number of partitions of each topic when this member, as the leader, last computed the assignment; `undefined` otherwise.
   */
  #assignedCounts: ReadonlyMap<string, number> | undefined

  /** `onExpelled` is called when the group has continued without this member, so that all its partitions are lost. */
  constructor(cluster: KafkaCluster, request: JoinRequest, onExpelled: () => void) {
    this.#cluster = cluster
    this.#request = request
    this.#channel = cluster.openChannel()
    this.#onExpelled = onExpelled
  }

  get isMember(): boolean {
    return this.#memberId !== ''
  }

  /** Joins the current generation. Resolves with this member's partitions, or with `undefined` if it has to join again. */
  async join(): Promise<TopicPartition[] | undefined> {
    const joined = await this.#join()
    return joined === undefined ? undefined : this.#sync(joined)
  }

  async heartbeat(): Promise<Heartbeat> {
    const { group } = this.#request
    const connection = await this.#coordinator()
    const request = { group, generation: this.#generation, memberId: this.#memberId }
    // An answer that takes longer than the session time-out is useless: the member is expelled by then.
    const error = await ask(connection, heartbeatApi, request, SESSION_TIMEOUT_MS)
    switch (error) {
      case 0:
        return 'stable'
      case errorCode.REBALANCE_IN_PROGRESS:
        return 'rebalancing'
      case errorCode.UNKNOWN_MEMBER_ID:
        this.#memberId = ''
        this.#onExpelled()
        return 'expelled'
      case errorCode.ILLEGAL_GENERATION:
        this.#onExpelled()
        return 'expelled'
      default:
        throw protocolFailure(error, null, { request: heartbeatApi.name })
    }
  }

  /**
   * Whether a topic has more partitions than when this member computed the assignment. Always false unless this member is the
   * leader of the group.
   */
  async hasNewPartitions(): Promise<boolean> {
    const assigned = this.#assignedCounts
    if (!assigned) return false
    const counts = await this.#countPartitions([...assigned.keys()])
    const isSame = [...assigned].every(([topic, count]) => counts.get(topic) === count)
    if (!isSame) for (const topic of assigned.keys()) this.#cluster.forget(topic)
    return !isSame
  }

  async commit(offsets: readonly Position[]): Promise<void> {
    if (offsets.length === 0) return
    const { group } = this.#request
    const request = { group, generation: this.#generation, memberId: this.#memberId, offsets }
    for (const { error, topic } of await ask(await this.#coordinator(), offsetCommitApi, request)) {
      if (error !== 0) throw protocolFailure(error, null, { request: offsetCommitApi.name, topic })
    }
  }

  /** Leaves the group. Ignores a failure, because the group expels a member without heartbeats anyway. */
  async leave(): Promise<void> {
    const { group } = this.#request
    await this.#coordinator()
      .then((connection) => ask(connection, leaveGroupApi, { group, memberId: this.#memberId }))
      .catch(() => undefined)
  }

  /** Closes the connection to the coordinator. The next request opens a new one. */
  disconnect(): void {
    this.#cluster.dropChannel(this.#channel)
  }

  #coordinator() {
    return this.#cluster.coordinator(this.#request.group, this.#channel)
  }

  async #join(): Promise<JoinedGroup | undefined> {
    const { group, topics } = this.#request
    const request = {
      group,
      sessionTimeout: SESSION_TIMEOUT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      memberId: this.#memberId,
      protocol: PROTOCOL,
      subscription: encodeSubscription(topics),
    }
    const timeout = REBALANCE_TIMEOUT_MS + this.#cluster.options.timeout
    const joined = await ask(await this.#coordinator(), joinGroupApi, request, timeout)
    if (joined.error === errorCode.MEMBER_ID_REQUIRED) {
      this.#memberId = joined.memberId
      return undefined
    }
    if (joined.error === errorCode.UNKNOWN_MEMBER_ID) {
      this.#memberId = ''
      this.#onExpelled()
      return undefined
    }
    if (joined.error !== 0) throw protocolFailure(joined.error, null, { request: joinGroupApi.name })
    this.#memberId = joined.memberId
    this.#generation = joined.generation
    return joined
  }

  async #sync({ leader, members, memberId, generation }: JoinedGroup): Promise<TopicPartition[] | undefined> {
    const assignments = leader === memberId ? await this.#assign(members) : []
    this.#assignedCounts = leader === memberId ? this.#assignedCounts : undefined
    const { group } = this.#request
    const request = { group, generation, memberId, assignments }
    const timeout = REBALANCE_TIMEOUT_MS + this.#cluster.options.timeout
    const { error, assignment } = await ask(await this.#coordinator(), syncGroupApi, request, timeout)
    if (error === errorCode.REBALANCE_IN_PROGRESS) return undefined
    if (error === errorCode.UNKNOWN_MEMBER_ID || error === errorCode.ILLEGAL_GENERATION) {
      this.#memberId = ''
      this.#onExpelled()
      return undefined
    }
    if (error !== 0) throw protocolFailure(error, null, { request: syncGroupApi.name })
    return decodeAssignment(assignment)
  }

  async #assign(members: JoinedGroup['members']) {
    const assignable = members.map(({ memberId, subscription }) => ({
      memberId,
      topics: decodeSubscription(subscription),
    }))
    const counts = await this.#countPartitions(assignable.flatMap(({ topics }) => topics))
    this.#assignedCounts = counts
    return [...assignRange(assignable, (topic) => counts.get(topic) ?? 0)].map(([memberId, partitions]) => ({
      memberId,
      assignment: encodeAssignment(partitions),
    }))
  }

  async #countPartitions(topics: readonly string[]): Promise<Map<string, number>> {
    const { topics: found } = await this.#cluster.metadata([...new Set(topics)])
    return new Map(found.map(({ topic, partitions }) => [topic, partitions.length]))
  }
}
