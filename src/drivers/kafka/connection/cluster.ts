import type { ConnectionOptions } from 'node:tls'
import { connectionFailed, type EventBusError, transportError } from '../../../bus/errors.ts'
import { type ErrorPlace, errorCode, isNoGroup, isPassing, KafkaFailure, toBusError } from '../kafka-errors.ts'
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
import { triedFor } from './tried-for.ts'
import { protocolFailure, WireConnection } from './wire.ts'

export interface ClusterOptions {
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly timeout: number
  /** A record batch may take so many bytes when it is decompressed, and on the wire. */
  readonly maxBatchBytes?: number | undefined
  readonly tls?: boolean | ConnectionOptions | undefined
  readonly sasl?: Sasl | undefined
}

interface Address {
  readonly host: string
  readonly port: number
}

/** A topic's partitions, asked for at a time of the clock that never goes back. */
interface Asked {
  readonly at: number
  readonly partitions: Promise<readonly PartitionMetadata[]>
}

/** The broker that keeps a group. */
export interface Coordinator extends Address {
  readonly id: number
}

/** An address that refuses is told after this long: the caller mistyped it more often than the broker is starting. */
const REFUSED_PATIENCE_MS = 500
/** Kafka takes 9 s to notice that a broker died, 18 with ZooKeeper, and a moment to have others lead in its place. */
const FAILOVER_PATIENCE_MS = 30_000
/** Between an attempt that failed and the next: doubled each time. */
const MIN_PAUSE_MS = 20
const MAX_PAUSE_MS = 500
const KAFKA_PORT = 9092

/** The connections to a cluster, opened when first needed, and who leads which partition. */
export class KafkaCluster {
  readonly options: ClusterOptions
  readonly #seeds: readonly Address[]
  readonly #brokers = new Map<number, Address>()
  /** Every broker the cluster ever named: a dead one is no longer among those above. */
  readonly #named = new Set<number>()
  readonly #connections = new Map<string, WireConnection>()
  /** `host:port` of the brokers that have answered a request. */
  readonly #answered = new Set<string>()
  readonly #topics = new Map<string, Asked>()
  readonly #leaders = new Map<string, readonly PartitionMetadata[]>()
  readonly #freeChannels: string[] = []
  #channels = 0
  #wasReached = false
  #isClosed = false

  constructor(options: ClusterOptions) {
    this.options = options
    this.#seeds = options.brokers.map(toAddress)
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /**
   * A name for connections of one's own: a broker answers a connection's requests one after another, so that whoever
   * waits at it (a fetch, a join) would keep everybody else waiting.
   */
  openChannel(): string {
    this.#channels += 1
    return this.#freeChannels.pop() ?? `${this.#channels}`
  }

  /** Gives the connections to the next who opens one, or, with something still under way on them, ends them. */
  closeChannel(channel: string, isIdle: boolean): void {
    if (isIdle) this.#freeChannels.push(channel)
    else this.dropChannel(channel)
  }

  /** Ends a channel's connections; the next request opens others. */
  dropChannel(channel: string): void {
    for (const [key, connection] of this.#connections) {
      if (!key.startsWith(`${channel} `)) continue
      this.#connections.delete(key)
      connection.close()
    }
  }

  /** The connection to a broker the cluster named. */
  async broker(id: number, channel = 'main'): Promise<WireConnection> {
    const address = this.#brokers.get(id)
    if (!address)
      throw new KafkaFailure('protocol', `broker ${id} is not known`, { code: errorCode.BROKER_NOT_AVAILABLE })
    return this.#connect(address, channel)
  }

  /** Any broker that answers: one that is connected, else one that was named, else those of the options. */
  async anyBroker(): Promise<WireConnection> {
    const known = new Map(
      [...this.#brokers.values(), ...this.#seeds].map((address) => [keyOf('main', address), address]),
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

  /** Of the topics named, or of all. Errors of single topics are theirs, in the answer. */
  async metadata(topics: readonly string[] | null): Promise<Metadata> {
    const metadata = await ask(await this.anyBroker(), metadataApi, topics)
    this.#brokers.clear()
    for (const { id, host, port } of metadata.brokers) this.#name(id, { host, port })
    return metadata
  }

  /**
   * A topic's partitions, sorted; asked for once, or again when that was more than `maxAge` milliseconds ago. A failure
   * for a topic that does not exist.
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
   * Those of several topics, sorted, by one request at most: as they are now, or as they were `maxAge` milliseconds ago at
   * most. Topics that do not exist are absent.
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

  /** Who leads a partition, as far as known by now; asked for by {@link partitions}. */
  knownLeader(topic: string, partition: number): number | undefined {
    const leader = this.#leaders.get(topic)?.[partition]?.leader
    return leader === undefined || leader < 0 ? undefined : leader
  }

  /** Asks again when next needed: after "not the leader", a restart, a deletion. */
  forget(topic?: string): void {
    if (topic === undefined) {
      this.#topics.clear()
      this.#leaders.clear()
    } else {
      this.#topics.delete(topic)
      this.#leaders.delete(topic)
    }
  }

  /** Whether a broker named this version of a request. */
  async speaks(connection: WireConnection, api: Pick<Api<never, unknown>, 'key' | 'version'>): Promise<boolean> {
    await connection.open()
    return connection.supports(api)
  }

  /**
   * Asks about many groups in a version that not every broker has. Groups are absent from the answer where the broker did
   * not name the version, or named it and does not support it after all: Kafka 3.9 names ConsumerGroupDescribe, which is
   * off by default.
   */
  async askNewer<Answer extends { readonly error: number }>(
    connection: WireConnection,
    api: Api<readonly string[], readonly Answer[]>,
    groups: readonly string[],
  ): Promise<readonly Answer[]> {
    if (groups.length === 0 || !(await this.speaks(connection, api))) return []
    return (await ask(connection, api, groups)).filter(({ error }) => error !== errorCode.UNSUPPORTED_VERSION)
  }

  async coordinator(group: string, channel = 'main'): Promise<WireConnection> {
    const [found] = await this.#findCoordinators(await this.anyBroker(), [group])
    if (found === undefined) throw protocolFailure(errorCode.COORDINATOR_NOT_AVAILABLE)
    return this.#connect(this.#toCoordinator(found), channel)
  }

  /**
   * The brokers that keep groups, each with those it keeps: one request, or one a group of a broker before Kafka 3. A group
   * of which a broker says that it does not exist is left out.
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
    this.#name(id, { host, port })
    return { id, host, port }
  }

  #name(id: number, address: Address): void {
    this.#brokers.set(id, address)
    this.#named.add(id)
  }

  /**
   * Works, and again after a pause for as long as what fails passes by itself and the time-out is not over; or, where
   * other brokers answer, until what a dead one led or kept has come to them.
   */
  async retrying<T>(place: Omit<ErrorPlace, 'brokers'>, work: () => Promise<T>): Promise<T> {
    const start = performance.now()
    for (let pause = MIN_PAUSE_MS; ; pause = Math.min(pause * 2, MAX_PAUSE_MS)) {
      if (this.#isClosed) throw busClosed()
      try {
        return await work()
      } catch (error) {
        if (this.#isClosed) throw busClosed()
        if (!isPassing(error)) throw this.toBusError(error, place)
        const { limit, isSet } = await this.#patience(error)
        if (this.#isClosed) throw busClosed()
        const tried = performance.now() - start
        if (tried + MIN_PAUSE_MS > limit) throw triedFor(this.toBusError(error, place), tried, limit, isSet)
        this.forget(place.topic)
        await new Promise((resolve) => setTimeout(resolve, Math.min(pause, limit - tried)))
      }
    }
  }

  toBusError(error: unknown, place: Omit<ErrorPlace, 'brokers'> = {}): EventBusError {
    return toBusError(error, { brokers: this.options.brokers, ...place })
  }

  close(): void {
    this.#isClosed = true
    for (const connection of this.#connections.values()) connection.close()
    this.#connections.clear()
  }

  /** How long to try again, in milliseconds, and whether a larger `timeout` makes that longer. */
  async #patience(error: unknown): Promise<{ readonly limit: number; readonly isSet: boolean }> {
    const { timeout } = this.options
    const isMistyped = !this.#wasReached && error instanceof KafkaFailure && error.isRefused
    if (isMistyped) return { limit: Math.min(timeout, REFUSED_PATIENCE_MS), isSet: timeout < REFUSED_PATIENCE_MS }
    // With a single broker there is none to ask, and asking it would take another time-out.
    const mayHaveOthers = Math.max(this.#named.size, this.#seeds.length) > 1
    const isAnswered =
      mayHaveOthers &&
      (await this.metadata([]).then(
        () => true,
        () => false,
      ))
    const hasOthers = isAnswered && this.#named.size > 1
    return { limit: hasOthers ? Math.max(timeout, FAILOVER_PATIENCE_MS) : timeout, isSet: true }
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
      throw new KafkaFailure('answer', `the partitions that Metadata lists of topic '${topic}' have gaps`)
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
    await connection.open()
    this.#wasReached = true
    return connection
  }
}

const busClosed = () => transportError('the bus is closed')

const keyOf = (channel: string, { host, port }: Address): string => `${channel} ${host}:${port}`

/** `host`, `host:port`, `[v6]:port`; 9092 without a port, as librdkafka has it. */
function toAddress(broker: string): Address {
  const found = /^(?:[A-Za-z_]+:\/\/)?(?:\[([^\]]+)\]|([^:/]+))(?::(\d{1,5}))?$/.exec(broker)
  const host = found?.[1] ?? found?.[2]
  const port = Number(found?.[3] ?? KAFKA_PORT)
  if (host === undefined || port < 1 || port > 65535) {
    throw connectionFailed(`'${broker}' is not host:port`, { suggestions: ['--brokers 127.0.0.1:9092'] })
  }
  return { host, port }
}
