import type { ConnectionOptions } from 'node:tls'
import { type EventBusError, transportError } from '../../../bus/errors.ts'
import { addressText } from '../../../bus/names/address-text.ts'
import { sleep } from '../../../bus/time/sleep.ts'
import { type ErrorSubject, errorCode, isNoGroup, isPassing, KafkaFailure, toBusError } from '../kafka-errors.ts'
import { MAX_BATCH_BYTES, type Sasl } from '../kafka-options.ts'
import { type Api, ask } from '../protocol/api.ts'
import { MAX_FETCH_BYTES } from '../protocol/fetch.ts'
import {
  type FoundCoordinator,
  findCoordinatorApi,
  findCoordinatorsApi,
  type Metadata,
  metadataApi,
  type PartitionMetadata,
} from '../protocol/metadata.ts'
import { type Address, toAddress } from './address.ts'
import { atAdvertised } from './connection-failure.ts'
import { triedFor } from './tried-for.ts'
import { protocolFailure, WireConnection } from './wire.ts'

export interface ClusterOptions {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly timeout: number
  /** The limit of a record batch in bytes, compressed and decompressed. */
  readonly maxBatchBytes?: number | undefined
  readonly tls?: boolean | ConnectionOptions | undefined
  readonly sasl?: Sasl | undefined
}

/** The partitions of a topic, as one Metadata request has returned them. */
interface CachedTopic {
  /** When the request was sent, by `performance.now()`. */
  readonly at: number
  readonly partitions: Promise<readonly PartitionMetadata[]>
}

/** The broker that coordinates a consumer group. */
export interface Coordinator extends Address {
  readonly id: number
}

/**
 * How long to retry an address that refuses connections. Short, because the address is more likely mistyped than the broker
 * starting.
 */
const REFUSED_RETRY_MS = 500
/**
 * How long to retry while other brokers answer. Kafka notices a dead broker after 9 s (18 s with ZooKeeper), then elects new
 * leaders.
 */
const FAILOVER_RETRY_MS = 30_000
/** The back-off after a failed attempt, which doubles with each attempt. */
const MIN_PAUSE_MS = 20
const MAX_PAUSE_MS = 500

/** The connections to the brokers of a cluster, opened when first needed, and what is known about the cluster. */
export class KafkaCluster {
  readonly options: ClusterOptions
  readonly #bootstrapAddresses: readonly Address[]
  readonly #brokers = new Map<number, Address>()
  /** The ids of all brokers that Metadata ever named. Unlike in `#brokers`, dead brokers stay here. */
  readonly #namedIds = new Set<number>()
  readonly #connections = new Map<string, WireConnection>()
  /** The addresses (`host:port`) of brokers that have answered a request. */
  readonly #answered = new Set<string>()
  readonly #topics = new Map<string, CachedTopic>()
  readonly #leaders = new Map<string, readonly PartitionMetadata[]>()
  readonly #freeChannels: string[] = []
  #channelCount = 0
  #hasConnected = false
  #isClosed = false

  constructor(options: ClusterOptions) {
    this.options = options
    this.#bootstrapAddresses = options.brokers.map(toAddress)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /**
   * Opens a channel, which is a name for a separate set of connections. A broker answers the requests of a connection one
   * after another, so a request that waits at the broker (a fetch, a join) would delay all others on its connection.
   */
  openChannel(): string {
    this.#channelCount += 1
    return this.#freeChannels.pop() ?? `${this.#channelCount}`
  }

  /** Keeps the connections of an idle channel for the next `openChannel`. Closes the connections if requests are in flight. */
  closeChannel(channel: string, isIdle: boolean): void {
    if (isIdle) this.#freeChannels.push(channel)
    else this.dropChannel(channel)
  }

  /** Closes the connections of a channel; the next request opens new ones. */
  dropChannel(channel: string): void {
    for (const [key, connection] of this.#connections) {
      if (!key.startsWith(`${channel} `)) continue
      this.#connections.delete(key)
      connection.close()
    }
  }

  /** Returns the connection to a broker of the cluster. */
  async broker(id: number, channel = 'main'): Promise<WireConnection> {
    const address = this.#brokers.get(id)
    if (!address)
      throw new KafkaFailure('protocol', `broker ${id} is unknown`, { code: errorCode.BROKER_NOT_AVAILABLE })
    return this.#connect(address, channel)
  }

  /** Returns a connection to any broker that answers. Tries connected brokers first, then those in Metadata, then the options. */
  async anyBroker(): Promise<WireConnection> {
    const known = new Map(
      [...this.#brokers.values(), ...this.#bootstrapAddresses].map((address) => [keyOf('main', address), address]),
    )
    const isOpen = (key: string) => this.#connections.get(key)?.isClosed === false
    const inOrder = [...known].sort(([a], [b]) => Number(isOpen(b)) - Number(isOpen(a)))
    let failure: unknown
    for (const [, address] of inOrder) {
      try {
        return await this.#connect(address, 'main')
      } catch (error) {
        failure = error
        if (error instanceof KafkaFailure && error.kind === 'authentication') break
      }
    }
    throw failure
  }

  /** Requests the metadata of some topics, or of all for `null`. Errors of single topics are in the answer and not thrown. */
  async metadata(topics: readonly string[] | null): Promise<Metadata> {
    const metadata = await ask(await this.anyBroker(), metadataApi, topics)
    this.#brokers.clear()
    for (const { id, host, port } of metadata.brokers) this.#addBroker(id, { host, port })
    return metadata
  }

  /**
   * Returns the partitions of a topic, sorted by number. Uses the cached partitions unless they are older than `maxAge`
   * milliseconds. Rejects if the topic does not exist.
   */
  partitions(topic: string, maxAge = Number.POSITIVE_INFINITY): Promise<readonly PartitionMetadata[]> {
    const known = this.#topics.get(topic)
    if (known !== undefined && performance.now() - known.at < maxAge) return known.partitions
    const partitions = this.#askPartitions(topic)
    this.#topics.set(topic, { at: performance.now(), partitions })
    partitions.catch(() => this.forget(topic))
    return partitions
  }

  /**
   * Returns the partitions of several topics, sorted by number, with one request at most. Uses cached partitions that are not
   * older than `maxAge` milliseconds. Topics that do not exist are absent.
   */
  async partitionsOf(
    topics: readonly string[],
    maxAge = 0,
  ): Promise<ReadonlyMap<string, readonly PartitionMetadata[]>> {
    const partitionsOf = new Map<string, readonly PartitionMetadata[]>()
    const asked: string[] = []
    for (const topic of new Set(topics)) {
      const known = this.#topics.get(topic)
      const isFresh = known !== undefined && performance.now() - known.at < maxAge
      const partitions = isFresh ? await known.partitions.catch(() => undefined) : undefined
      if (partitions === undefined) asked.push(topic)
      else partitionsOf.set(topic, partitions)
    }
    const found = asked.length === 0 ? [] : (await this.metadata(asked)).topics
    const known = found.filter(({ error }) => error !== errorCode.UNKNOWN_TOPIC_OR_PARTITION)
    for (const { error, topic } of known) {
      if (error === 0) continue
      const failure = protocolFailure(error, null, { request: metadataApi.name, topic })
      throw failure.isPassing ? failure : this.toBusError(failure, { topic })
    }
    for (const { topic, partitions } of known) partitionsOf.set(topic, this.#remember(topic, partitions))
    return partitionsOf
  }

  /** Returns the id of the leader of a partition, if it is cached; {@link partitions} requests it. */
  knownLeader(topic: string, partition: number): number | undefined {
    const leader = this.#leaders.get(topic)?.[partition]?.leader
    return leader === undefined || leader < 0 ? undefined : leader
  }

  /** Drops the cached partitions of a topic, or of all topics, for example after the error NOT_LEADER_OR_FOLLOWER. */
  forget(topic?: string): void {
    if (topic === undefined) {
      this.#topics.clear()
      this.#leaders.clear()
    } else {
      this.#topics.delete(topic)
      this.#leaders.delete(topic)
    }
  }

  /** Connects if necessary, and returns whether the broker reports this version of a request as supported. */
  async speaks(connection: WireConnection, api: Pick<Api<never, unknown>, 'key' | 'version'>): Promise<boolean> {
    await connection.open()
    return connection.supports(api)
  }

  /**
   * Sends a request about many groups in a version that not every broker supports. If the broker does not support the version,
   * the groups are absent from the result. Some brokers report a version and then reject it: Kafka 3.9 reports
   * ConsumerGroupDescribe, which is off by default.
   */
  async askNewer<Answer extends { readonly error: number }>(
    connection: WireConnection,
    api: Api<readonly string[], readonly Answer[]>,
    groups: readonly string[],
  ): Promise<readonly Answer[]> {
    if (groups.length === 0 || !(await this.speaks(connection, api))) return []
    return (await ask(connection, api, groups)).filter(({ error }) => error !== errorCode.UNSUPPORTED_VERSION)
  }

  /** Returns the connection to the coordinator of a group. */
  async coordinator(group: string, channel = 'main'): Promise<WireConnection> {
    const [found] = await this.#findCoordinators(await this.anyBroker(), [group])
    if (found === undefined) throw protocolFailure(errorCode.COORDINATOR_NOT_AVAILABLE)
    return this.#connect(this.#toCoordinator(found), channel)
  }

  /**
   * Returns the coordinators of groups, each with the groups that it coordinates. Takes one request, or one for each group before
   * Kafka 3.0. Groups that a broker reports as unknown are left out.
   */
  async coordinators(
    groups: readonly string[],
  ): Promise<readonly { readonly coordinator: Coordinator; readonly groups: readonly string[] }[]> {
    if (groups.length === 0) return []
    const answers = await this.#findCoordinators(await this.anyBroker(), [...new Set(groups)])
    const found = answers
      .filter(({ error }) => !isNoGroup(error))
      .map((answer) => ({ group: answer.group, coordinator: this.#toCoordinator(answer) }))
    return [...Map.groupBy(found, ({ coordinator }) => coordinator.id).values()].map((own) => {
      const [{ coordinator }] = own as [(typeof own)[number]]
      return { coordinator, groups: own.map(({ group }) => group) }
    })
  }

  async #findCoordinators(broker: WireConnection, groups: readonly string[]): Promise<readonly FoundCoordinator[]> {
    const found = await this.askNewer(broker, findCoordinatorsApi, groups)
    const known = new Set(found.map(({ group }) => group))
    const rest = groups.filter((group) => !known.has(group))
    const others = rest.map(async (group) => ({ group, ...(await ask(broker, findCoordinatorApi, group)) }))
    return [...found, ...(await Promise.all(others))]
  }

  #toCoordinator({ group, error, id, host, port }: FoundCoordinator): Coordinator {
    if (error !== 0) throw protocolFailure(error, null, { request: findCoordinatorApi.name, group })
    this.#addBroker(id, { host, port })
    return { id, host, port }
  }

  #addBroker(id: number, address: Address): void {
    this.#brokers.set(id, address)
    this.#namedIds.add(id)
  }

  /**
   * Runs `work` and retries it with back-off after errors that may pass: until the option `timeout` is over or, while other
   * brokers answer, long enough for them to take over from a dead broker.
   *
   * @param subject The topic or group in the error.
   */
  async retrying<T>(subject: Omit<ErrorSubject, 'brokers'>, work: () => Promise<T>): Promise<T> {
    const start = performance.now()
    for (let pause = MIN_PAUSE_MS; ; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
      if (this.#isClosed) throw busClosed()
      try {
        return await work()
      } catch (error) {
        if (this.#isClosed) throw busClosed()
        if (!isPassing(error)) throw this.toBusError(error, subject)
        const { limit, isSet } = await this.#retryLimit(error)
        if (this.#isClosed) throw busClosed()
        const tried = performance.now() - start
        if (tried + MIN_PAUSE_MS > limit) throw triedFor(this.toBusError(error, subject), tried, limit, isSet)
        this.forget(subject.topic)
        await sleep(Math.min(pause, limit - tried))
      }
    }
  }

  /** Converts a failure to the error of the bus; see `toBusError` in kafka-errors.ts. */
  toBusError(error: unknown, subject: Omit<ErrorSubject, 'brokers'> = {}): EventBusError {
    return toBusError(error, { brokers: this.options.brokers, ...subject })
  }

  close(): void {
    this.#isClosed = true
    for (const connection of this.#connections.values()) connection.close()
    this.#connections.clear()
  }

  /** Returns how long to retry after an error, in milliseconds, and whether a larger option `timeout` would raise this limit. */
  async #retryLimit(error: unknown): Promise<{ readonly limit: number; readonly isSet: boolean }> {
    const { timeout } = this.options
    const isMistyped = !this.#hasConnected && error instanceof KafkaFailure && error.isRefused
    if (isMistyped) return { limit: Math.min(timeout, REFUSED_RETRY_MS), isSet: timeout < REFUSED_RETRY_MS }
    // Skip the request for a single broker: no other broker could answer, and the request would take another time-out.
    const mayHaveOthers = Math.max(this.#namedIds.size, this.#bootstrapAddresses.length) > 1
    const isAnswered =
      mayHaveOthers &&
      (await this.metadata([]).then(
        () => true,
        () => false,
      ))
    const hasOthers = isAnswered && this.#namedIds.size > 1
    return { limit: hasOthers ? Math.max(timeout, FAILOVER_RETRY_MS) : timeout, isSet: true }
  }

  async #askPartitions(topic: string): Promise<readonly PartitionMetadata[]> {
    const { topics } = await this.metadata([topic])
    const found = topics.find((one) => one.topic === topic)
    if (!found) throw protocolFailure(errorCode.UNKNOWN_TOPIC_OR_PARTITION)
    if (found.error !== 0) throw protocolFailure(found.error, null, { request: metadataApi.name, topic })
    return this.#remember(topic, found.partitions)
  }

  #remember(topic: string, partitions: readonly PartitionMetadata[]): readonly PartitionMetadata[] {
    const sorted = [...partitions].sort((a, b) => a.partition - b.partition)
    const isComplete = sorted.every(({ partition }, at) => partition === at)
    if (!isComplete)
      throw new KafkaFailure('answer', `the partition numbers of topic '${topic}' in the Metadata answer have gaps`)
    this.#leaders.set(topic, sorted)
    this.#topics.set(topic, { at: performance.now(), partitions: Promise.resolve(sorted) })
    return sorted
  }

  async #connect(address: Address, channel: string): Promise<WireConnection> {
    if (this.#isClosed) throw busClosed()
    const key = keyOf(channel, address)
    let connection = this.#connections.get(key)
    if (connection === undefined || connection.isClosed) {
      const maxAnswerBytes = MAX_FETCH_BYTES + (this.options.maxBatchBytes ?? MAX_BATCH_BYTES)
      connection = new WireConnection({ ...this.options, ...address, maxAnswerBytes, answered: this.#answered })
      this.#connections.set(key, connection)
    }
    try {
      await connection.open()
    } catch (error) {
      throw this.#isAdvertisedOnly(address) ? atAdvertised(error, connection.address) : error
    }
    this.#hasConnected = true
    return connection
  }

  /** Whether only the brokers named this address, and it has never answered this client. */
  #isAdvertisedOnly(address: Address): boolean {
    const { host, port } = address
    const isGiven = this.#bootstrapAddresses.some((one) => one.host === host && one.port === port)
    return !isGiven && !this.#answered.has(addressText(address))
  }
}

const busClosed = () => transportError('the bus is closed')

/** The key of a connection. */
const keyOf = (channel: string, address: Address): string => `${channel} ${addressText(address)}`
