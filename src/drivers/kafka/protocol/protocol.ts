/**
 * The requests this driver makes (https://kafka.apache.org/protocol), each in one version: the newest in the plain
 * encoding that Kafka 2.4 to 4.x and Redpanda all answer. A request that is here twice has a newer version in the
 * compact encoding, which is preferred where the broker names it (`KafkaCluster.speaks`). Every broker names its versions
 * when a connection opens, and is sent no others (`WireConnection`).
 */
import type { CommittedOffset } from '../../../bus/admin.ts'
import type { Isolation } from '../../../bus/topic-log.ts'
import type { WireConnection } from '../connection/wire.ts'
import { damagedAnswer } from '../kafka-errors.ts'
import { Reader, Writer } from './bytes.ts'

export interface Api<Request, Answer> {
  readonly key: number
  readonly version: number
  readonly name: string
  /** In the compact encoding, whose headers end with tagged fields. */
  readonly isCompact?: boolean
  write(to: Writer, request: Request): void
  read(from: Reader): Answer
}

export async function ask<Request, Answer>(
  connection: WireConnection,
  { key, version, name, isCompact, write, read }: Api<Request, Answer>,
  request: Request,
  timeout?: number,
): Promise<Answer> {
  const to = new Writer()
  if (isCompact) to.uvarint(0)
  write(to, request)
  const from = new Reader(await connection.send({ key, version, name, body: to.bytes, timeout }))
  try {
    if (isCompact) from.skipTags()
    const answer = read(from)
    if (isCompact) from.skipTags()
    from.end()
    return answer
  } catch (error) {
    throw damagedAnswer(connection.address, name, error)
  }
}

/** The bytes that a fetch asks of a broker for all partitions together. One batch may be more. */
export const ANSWER_BYTES = 16 * 1024 * 1024

interface PlacesRequest<Request> {
  readonly request: Request
  readonly places: readonly Place[]
  /** A fetch may leave out what its byte limit has no room for. */
  readonly mayOmit?: boolean
  readonly timeout?: number
}

/** Asks about partitions. An answer that tells of others, of one twice or of one too few is damaged. */
export async function askPlaces<Request, Answer extends Place>(
  connection: WireConnection,
  api: Api<Request, readonly Answer[]>,
  { request, places, mayOmit = false, timeout }: PlacesRequest<Request>,
): Promise<readonly Answer[]> {
  const answers = await ask(connection, api, request, timeout)
  const keyOf = ({ topic, partition }: Place) => `${topic}[${partition}]`
  const left = new Set(places.map(keyOf))
  for (const answer of answers) {
    const key = keyOf(answer)
    if (!left.delete(key))
      throw damagedAnswer(connection.address, api.name, new Error(`${key} was not asked for, or is there twice`))
  }
  const [omitted] = left
  if (omitted !== undefined && !mayOmit)
    throw damagedAnswer(connection.address, api.name, new Error(`${omitted} is missing`))
  return answers
}

export interface Metadata {
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[]
  readonly clusterId: string
  readonly controller: number
  readonly topics: readonly TopicMetadata[]
}

export interface TopicMetadata {
  readonly error: number
  readonly topic: string
  readonly internal: boolean
  readonly partitions: readonly PartitionMetadata[]
}

export interface PartitionMetadata {
  readonly error: number
  readonly partition: number
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

/** Of the topics named; `null` for all. Never makes one. */
export const metadataApi: Api<readonly string[] | null, Metadata> = {
  key: 3,
  version: 5,
  name: 'Metadata',
  write(to, topics) {
    if (topics === null) to.int32(-1)
    else to.list(topics, (topic) => to.string(topic))
    to.int8(0)
  },
  read(from) {
    from.int32()
    const int32s = () => from.list(() => from.int32())
    const brokers = from.list(() => {
      const broker = { id: from.int32(), host: from.text(), port: from.int32() }
      from.string()
      return broker
    })
    return {
      brokers,
      clusterId: from.text(),
      controller: from.int32(),
      topics: from.list(() => ({
        error: from.int16(),
        topic: from.text(),
        internal: from.boolean(),
        partitions: from.list(() => {
          const layout = {
            error: from.int16(),
            partition: from.int32(),
            leader: from.int32(),
            replicas: int32s(),
            inSync: int32s(),
          }
          int32s()
          return layout
        }),
      })),
    }
  },
}

export interface PartitionAnswer {
  readonly topic: string
  readonly partition: number
  readonly error: number
}

interface Place {
  readonly topic: string
  readonly partition: number
}

/** Writes partitions grouped by topic, as most requests want them. */
function writePlaces<T extends Place>(to: Writer, places: readonly T[], write: (place: T) => void): void {
  to.list([...Map.groupBy(places, ({ topic }) => topic)], ([topic, own]) => {
    to.string(topic).list(own, (place) => {
      to.int32(place.partition)
      write(place)
    })
  })
}

function readPlaces<T>(from: Reader, read: (place: Place) => T): T[] {
  return from
    .list(() => {
      const topic = from.text()
      return from.list(() => read({ topic, partition: from.int32() }))
    })
    .flat()
}

/** Kafka's timestamps that are none: the oldest offset there is, and the one the next record gets. */
export const EARLIEST = -2n
export const LATEST = -1n

/** Kafka's numbers for isolation levels. */
const isolationLevels: Readonly<Record<Isolation, number>> = { uncommitted: 0, committed: 1 }

/**
 * Offsets by time. With isolation `committed` the end is the last stable offset, where the first open transaction
 * begins; with `uncommitted` it is the high watermark.
 */
export const listOffsetsApi: Api<
  { readonly places: readonly (Place & { readonly timestamp: bigint })[]; readonly isolation: Isolation },
  (PartitionAnswer & { readonly offset: bigint })[]
> = {
  key: 2,
  version: 2,
  name: 'ListOffsets',
  write(to, { places, isolation }) {
    to.int32(-1).int8(isolationLevels[isolation])
    writePlaces(to, places, ({ timestamp }) => to.int64(timestamp))
  },
  read(from) {
    from.int32()
    return readPlaces(from, (place) => {
      const error = from.int16()
      from.int64()
      return { ...place, error, offset: from.int64() }
    })
  },
}

export interface FetchRequest {
  readonly partitions: readonly (Place & { readonly next: bigint })[]
  readonly maxWait: number
  readonly maxBytes: number
  readonly maxPartitionBytes: number
  readonly isolation: Isolation
}

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: bigint
}

export interface FetchedPartition extends PartitionAnswer {
  /** Behind the last record that every in-sync replica has: records at or behind it are not read. */
  readonly highWatermark: bigint
  /** No transaction before it is open: a reader of committed records reads up to here. */
  readonly lastStable: bigint
  /** Empty when uncommitted records were asked for. */
  readonly aborted: readonly AbortedTransaction[]
  /** A view of record batches; the last may be cut off. */
  readonly batches: Buffer
}

export const fetchApi: Api<FetchRequest, FetchedPartition[]> = {
  key: 1,
  version: 11,
  name: 'Fetch',
  write(to, { partitions, maxWait, maxBytes, maxPartitionBytes, isolation }) {
    // From no replica, at least a byte, outside any fetch session.
    to.int32(-1).int32(maxWait).int32(1).int32(maxBytes).int8(isolationLevels[isolation]).int32(0).int32(-1)
    writePlaces(to, partitions, ({ next }) => to.int32(-1).int64(next).int64(-1n).int32(maxPartitionBytes))
    // No topics to forget, no rack.
    to.int32(0).string('')
  },
  read(from) {
    from.int32()
    const error = from.int16()
    from.int32()
    return readPlaces(from, (place) => {
      const own = from.int16()
      const [highWatermark, lastStable] = [from.int64(), from.int64()]
      from.int64()
      const aborted = from.list(() => ({ producerId: from.int64(), firstOffset: from.int64() }))
      from.int32()
      return { ...place, error: own || error, highWatermark, lastStable, aborted, batches: from.block() }
    })
  },
}

export interface ProduceRequest {
  readonly acks: number
  readonly timeout: number
  readonly batches: readonly (Place & { readonly bytes: Buffer })[]
}

export interface ProduceAnswer {
  readonly answers: readonly (PartitionAnswer & { readonly base: bigint })[]
  /** Milliseconds the broker will not read from this connection, as a quota is used up. */
  readonly throttled: number
}

export const produceApi: Api<ProduceRequest, ProduceAnswer> = {
  key: 0,
  version: 7,
  name: 'Produce',
  write(to, { acks, timeout, batches }) {
    to.string(null).int16(acks).int32(timeout)
    writePlaces(to, batches, ({ bytes }) => to.block(bytes))
  },
  read(from) {
    const answers = readPlaces(from, (place) => {
      const answer = { ...place, error: from.int16(), base: from.int64() }
      from.int64()
      from.int64()
      return answer
    })
    return { answers, throttled: from.int32() }
  },
}

interface CreateTopic {
  readonly topic: string
  readonly partitions: number
  readonly replication: number
  readonly config: Readonly<Record<string, string>>
  readonly timeout: number
}

interface Refusal {
  readonly error: number
  readonly message: string | null
}

/** What is said of the one topic a request was about. */
function readRefusal(from: Reader): Refusal {
  from.int32()
  const [answer] = from.list(() => {
    from.text()
    return { error: from.int16(), message: from.string() }
  })
  return answer ?? { error: 0, message: null }
}

/** Version 4: the first in which -1 asks for the broker's own replication. */
export const createTopicApi: Api<CreateTopic, Refusal> = {
  key: 19,
  version: 4,
  name: 'CreateTopics',
  write(to, { topic, partitions, replication, config, timeout }) {
    to.list([topic], () => {
      to.string(topic).int32(partitions).int16(replication).int32(0)
      to.list(Object.entries(config), ([name, value]) => to.string(name).string(value))
    })
    to.int32(timeout).int8(0)
  },
  read: readRefusal,
}

export const deleteTopicApi: Api<{ readonly topic: string; readonly timeout: number }, Refusal> = {
  key: 20,
  version: 1,
  name: 'DeleteTopics',
  write(to, { topic, timeout }) {
    to.list([topic], (name) => to.string(name)).int32(timeout)
  },
  read(from) {
    from.int32()
    const [answer] = from.list(() => {
      from.text()
      return { error: from.int16(), message: null }
    })
    return answer ?? { error: 0, message: null }
  },
}

interface MorePartitions {
  readonly topic: string
  /** So many in all. */
  readonly partitions: number
  readonly timeout: number
}

export const createPartitionsApi: Api<MorePartitions, Refusal> = {
  key: 37,
  version: 0,
  name: 'CreatePartitions',
  write(to, { topic, partitions, timeout }) {
    // No assignment: the controller places them.
    to.list([topic], (name) => to.string(name).int32(partitions).int32(-1))
    to.int32(timeout).int8(0)
  },
  read: readRefusal,
}

export interface ConfigEntry {
  readonly name: string
  readonly value: string | null
  /** 1: set on the topic itself; everything else is inherited. */
  readonly source: number
  readonly isSensitive: boolean
}

const TOPIC_RESOURCE = 2

/** `names` narrows the settings; `null` for all. */
export const describeTopicConfigsApi: Api<
  { readonly topics: readonly string[]; readonly names: readonly string[] | null },
  readonly (Refusal & { readonly topic: string; readonly entries: readonly ConfigEntry[] })[]
> = {
  key: 32,
  version: 2,
  name: 'DescribeConfigs',
  write(to, { topics, names }) {
    to.list(topics, (topic) => {
      to.int8(TOPIC_RESOURCE).string(topic)
      if (names === null) to.int32(-1)
      else to.list(names, (name) => to.string(name))
    }).int8(0)
  },
  read(from) {
    from.int32()
    return from.list(() => {
      const refusal = { error: from.int16(), message: from.string() }
      from.int8()
      const topic = from.text()
      const entries = from.list(() => {
        const [name, value] = [from.text(), from.string()]
        from.boolean()
        const entry = { name, value, source: from.int8(), isSensitive: from.boolean() }
        from.list(() => [from.text(), from.string(), from.int8()])
        return entry
      })
      return { ...refusal, topic, entries }
    })
  },
}

interface ConfigChange {
  readonly topic: string
  readonly config: Readonly<Record<string, string>>
}

const SET = 0

/** Changes what is named and leaves the rest, unlike AlterConfigs. */
export const incrementalAlterConfigsApi: Api<ConfigChange, Refusal> = {
  key: 44,
  version: 0,
  name: 'IncrementalAlterConfigs',
  write(to, { topic, config }) {
    to.list([topic], () => {
      to.int8(TOPIC_RESOURCE).string(topic)
      to.list(Object.entries(config), ([name, value]) => to.string(name).int8(SET).string(value))
    })
    to.int8(0)
  },
  read(from) {
    from.int32()
    const [answer] = from.list(() => {
      const refusal = { error: from.int16(), message: from.string() }
      from.int8()
      from.text()
      return refusal
    })
    return answer ?? { error: 0, message: null }
  },
}

export const findCoordinatorApi: Api<
  string,
  { readonly error: number; readonly id: number; readonly host: string; readonly port: number }
> = {
  key: 10,
  version: 1,
  name: 'FindCoordinator',
  write(to, group) {
    to.string(group).int8(0)
  },
  read(from) {
    from.int32()
    const error = from.int16()
    from.string()
    return { error, id: from.int32(), host: from.text(), port: from.int32() }
  },
}

export interface FoundCoordinator {
  readonly group: string
  readonly error: number
  readonly id: number
  readonly host: string
  readonly port: number
}

/** Of many groups at once. Kafka 3.0 and later. */
export const findCoordinatorsApi: Api<readonly string[], readonly FoundCoordinator[]> = {
  key: 10,
  version: 4,
  name: 'FindCoordinator',
  isCompact: true,
  write(to, groups) {
    to.int8(0)
      .compactList(groups, (group) => to.compactString(group))
      .uvarint(0)
  },
  read(from) {
    from.int32()
    return from.compactList(() => {
      const group = from.compactText()
      const [id, host, port, error] = [from.int32(), from.compactText(), from.int32(), from.int16()]
      from.compactText()
      from.skipTags()
      return { group, error, id, host, port }
    })
  },
}

export const listGroupsApi: Api<
  undefined,
  { readonly error: number; readonly groups: readonly { readonly group: string; readonly protocolType: string }[] }
> = {
  key: 16,
  version: 1,
  name: 'ListGroups',
  write: () => undefined,
  read(from) {
    from.int32()
    return { error: from.int16(), groups: from.list(() => ({ group: from.text(), protocolType: from.text() })) }
  },
}

export interface DescribedGroup {
  readonly error: number
  readonly group: string
  readonly state: string
  readonly protocolType: string
  readonly protocol: string
  readonly members: readonly {
    readonly memberId: string
    readonly clientId: string
    readonly host: string
    readonly subscription: Buffer
    readonly assignment: Buffer
  }[]
}

export const describeGroupsApi: Api<readonly string[], readonly DescribedGroup[]> = {
  key: 15,
  version: 1,
  name: 'DescribeGroups',
  write(to, groups) {
    to.list(groups, (name) => to.string(name))
  },
  read(from) {
    from.int32()
    return from.list(() => {
      return {
        error: from.int16(),
        group: from.text(),
        state: from.text(),
        protocolType: from.text(),
        protocol: from.text(),
        members: from.list(() => {
          const who = { memberId: from.text(), clientId: from.text(), host: from.text() }
          return { ...who, subscription: from.block(), assignment: from.block() }
        }),
      }
    })
  },
}

/** Of every partition the group has committed, when no places are given. Version 5: the first with leader epochs. */
export const offsetFetchApi: Api<
  { readonly group: string; readonly places: readonly Place[] | null },
  Omit<FetchedOffsets, 'group'>
> = {
  key: 9,
  version: 5,
  name: 'OffsetFetch',
  write(to, { group, places }) {
    to.string(group)
    if (places === null) to.int32(-1)
    else writePlaces(to, places, () => undefined)
  },
  read(from) {
    from.int32()
    const offsets = readPlaces(from, ({ topic, partition }) => {
      const [offset, leaderEpoch, metadata, error] = [from.int64(), from.int32(), from.text(), from.int16()]
      return committedOffset({ topic, partition, offset, leaderEpoch, metadata, error })
    })
    return { error: from.int16(), offsets: offsets.filter((offset) => offset !== undefined) }
  },
}

export interface FetchedOffsets {
  readonly group: string
  readonly error: number
  /** Partitions without a committed offset, or with an error of their own, are left out. */
  readonly offsets: readonly CommittedOffset[]
}

/** As Kafka writes it: -1 is "nothing committed", and a leader epoch that is not known. */
interface CommittedPartition extends PartitionAnswer {
  readonly offset: bigint
  readonly leaderEpoch: number
  readonly metadata: string
}

function committedOffset(found: CommittedPartition): CommittedOffset | undefined {
  const { topic, partition, offset, leaderEpoch, metadata, error } = found
  if (error !== 0 || offset < 0n) return undefined
  return {
    topic,
    partition,
    offset,
    metadata: metadata === '' ? undefined : metadata,
    leaderEpoch: leaderEpoch < 0 ? undefined : leaderEpoch,
  }
}

/** Of every partition that each of many groups has committed. Kafka 3.0 and later. */
export const offsetFetchManyApi: Api<readonly string[], readonly FetchedOffsets[]> = {
  key: 9,
  version: 8,
  name: 'OffsetFetch',
  isCompact: true,
  write(to, groups) {
    // No list of topics: all of them. Offsets of transactions that are still open are not waited for.
    to.compactList(groups, (group) => to.compactString(group).uvarint(0).uvarint(0))
    to.int8(0).uvarint(0)
  },
  read(from) {
    from.int32()
    return from.compactList(() => {
      const group = from.compactText()
      const offsets = from.compactList(() => {
        const topic = from.compactText()
        const own = from.compactList(() => {
          const [partition, offset, leaderEpoch] = [from.int32(), from.int64(), from.int32()]
          const [metadata, error] = [from.compactText(), from.int16()]
          from.skipTags()
          return committedOffset({ topic, partition, offset, leaderEpoch, metadata, error })
        })
        from.skipTags()
        return own.filter((offset) => offset !== undefined)
      })
      const error = from.int16()
      from.skipTags()
      return { group, error, offsets: offsets.flat() }
    })
  },
}

export interface CommitRequest {
  readonly group: string
  /** -1, with an empty member id, for who is no member: taken while the group has none. */
  readonly generation: number
  readonly memberId: string
  readonly offsets: readonly CommittedOffset[]
}

/** Version 6: the first with leader epochs. */
export const offsetCommitApi: Api<CommitRequest, PartitionAnswer[]> = {
  key: 8,
  version: 6,
  name: 'OffsetCommit',
  write(to, { group, generation, memberId, offsets }) {
    to.string(group).int32(generation).string(memberId)
    writePlaces(to, offsets, ({ offset, leaderEpoch = -1, metadata = '' }) => {
      to.int64(offset).int32(leaderEpoch).string(metadata)
    })
  },
  read(from) {
    from.int32()
    return readPlaces(from, (place) => ({ ...place, error: from.int16() }))
  },
}

/** The versions of requests that a broker supports, by the request's number. */
export type ApiVersions = ReadonlyMap<number, { readonly oldest: number; readonly newest: number }>

/** Version 0, which every broker answers whatever it supports. An error with it leaves the list valid. */
export const apiVersionsApi: Pick<Api<undefined, ApiVersions>, 'key' | 'version' | 'name' | 'read'> = {
  key: 18,
  version: 0,
  name: 'ApiVersions',
  read(from) {
    from.int16()
    return new Map(from.list(() => [from.int16(), { oldest: from.int16(), newest: from.int16() }]))
  },
}

export interface DescribedConsumerGroup {
  readonly group: string
  readonly error: number
  readonly state: string
  readonly assignor: string
  readonly members: readonly {
    readonly memberId: string
    readonly clientId: string
    readonly host: string
    readonly subscription: readonly string[]
    readonly assignment: readonly Place[]
  }[]
}

/** Groups of the newer protocol, of which DescribeGroups says that they are dead. Kafka 3.7 and later; not Redpanda. */
export const describeConsumerGroupsApi: Api<readonly string[], readonly DescribedConsumerGroup[]> = {
  key: 69,
  version: 0,
  name: 'ConsumerGroupDescribe',
  isCompact: true,
  write(to, groups) {
    to.compactList(groups, (name) => to.compactString(name))
    to.int8(0).uvarint(0)
  },
  read(from) {
    const readAssignment = () => {
      const places = from.compactList(() => {
        from.skip(16)
        const topic = from.compactText()
        const own = from.compactList(() => ({ topic, partition: from.int32() }))
        from.skipTags()
        return own
      })
      from.skipTags()
      return places.flat()
    }
    from.int32()
    return from.compactList(() => {
      const error = from.int16()
      from.compactText()
      const group = from.compactText()
      const state = from.compactText()
      from.int32()
      from.int32()
      const assignor = from.compactText()
      const members = from.compactList(() => {
        const memberId = from.compactText()
        from.compactText()
        from.compactText()
        from.int32()
        const who = { memberId, clientId: from.compactText(), host: from.compactText() }
        const subscription = from.compactList(() => from.compactText())
        from.compactText()
        const assignment = readAssignment()
        readAssignment()
        from.skipTags()
        return { ...who, subscription, assignment }
      })
      from.int32()
      from.skipTags()
      return { group, error, state, assignor, members }
    })
  },
}

export const deleteGroupApi: Api<string, number> = {
  key: 42,
  version: 1,
  name: 'DeleteGroups',
  write(to, group) {
    to.list([group], (name) => to.string(name))
  },
  read(from) {
    from.int32()
    const [error] = from.list(() => {
      from.text()
      return from.int16()
    })
    return error ?? 0
  },
}

export const offsetDeleteApi: Api<
  { readonly group: string; readonly places: readonly Place[] },
  { readonly error: number; readonly partitions: readonly PartitionAnswer[] }
> = {
  key: 47,
  version: 0,
  name: 'OffsetDelete',
  write(to, { group, places }) {
    to.string(group)
    writePlaces(to, places, () => undefined)
  },
  read(from) {
    const error = from.int16()
    from.int32()
    return { error, partitions: readPlaces(from, (place) => ({ ...place, error: from.int16() })) }
  },
}

interface JoinGroup {
  readonly group: string
  readonly sessionTimeout: number
  readonly rebalanceTimeout: number
  readonly memberId: string
  readonly protocol: string
  readonly subscription: Buffer
}

export interface JoinedGroup {
  readonly error: number
  readonly generation: number
  readonly leader: string
  readonly memberId: string
  /** Everybody, for the leader to assign; empty for all others. */
  readonly members: readonly { readonly memberId: string; readonly subscription: Buffer }[]
}

export const joinGroupApi: Api<JoinGroup, JoinedGroup> = {
  key: 11,
  version: 4,
  name: 'JoinGroup',
  write(to, { group, sessionTimeout, rebalanceTimeout, memberId, protocol, subscription }) {
    to.string(group).int32(sessionTimeout).int32(rebalanceTimeout).string(memberId).string('consumer')
    to.list([protocol], (name) => to.string(name).block(subscription))
  },
  read(from) {
    from.int32()
    const [error, generation] = [from.int16(), from.int32()]
    from.string()
    return {
      error,
      generation,
      leader: from.text(),
      memberId: from.text(),
      members: from.list(() => ({ memberId: from.text(), subscription: from.block() })),
    }
  },
}

interface SyncGroup {
  readonly group: string
  readonly generation: number
  readonly memberId: string
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[]
}

export const syncGroupApi: Api<SyncGroup, { readonly error: number; readonly assignment: Buffer }> = {
  key: 14,
  version: 2,
  name: 'SyncGroup',
  write(to, { group, generation, memberId, assignments }) {
    to.string(group).int32(generation).string(memberId)
    to.list(assignments, ({ memberId: id, assignment }) => to.string(id).block(assignment))
  },
  read(from) {
    from.int32()
    return { error: from.int16(), assignment: from.block() }
  },
}

interface Membership {
  readonly group: string
  readonly memberId: string
}

export const heartbeatApi: Api<Membership & { readonly generation: number }, number> = {
  key: 12,
  version: 2,
  name: 'Heartbeat',
  write(to, { group, generation, memberId }) {
    to.string(group).int32(generation).string(memberId)
  },
  read(from) {
    from.int32()
    return from.int16()
  },
}

export const leaveGroupApi: Api<Membership, number> = {
  key: 13,
  version: 2,
  name: 'LeaveGroup',
  write(to, { group, memberId }) {
    to.string(group).string(memberId)
  },
  read(from) {
    from.int32()
    return from.int16()
  },
}

// What members of a group tell each other (ConsumerProtocolSubscription and -Assignment, version 0).

export function encodeSubscription(topics: readonly string[]): Buffer {
  const to = new Writer().int16(0)
  return to.list(topics, (topic) => to.string(topic)).block(Buffer.alloc(0)).bytes
}

export function decodeSubscription(bytes: Buffer): string[] {
  const from = new Reader(bytes)
  from.int16()
  return from.list(() => from.text())
}

export function encodeAssignment(places: readonly Place[]): Buffer {
  const to = new Writer().int16(0)
  writePlaces(to, places, () => undefined)
  return to.block(Buffer.alloc(0)).bytes
}

export function decodeAssignment(bytes: Buffer): Place[] {
  if (bytes.length === 0) return []
  const from = new Reader(bytes)
  from.int16()
  return readPlaces(from, (place) => place)
}
