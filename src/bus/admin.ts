import type { Position } from './record.ts'

/** A topic in the list of a bus. */
export interface TopicSummary {
  readonly topic: string
  readonly partitions: number
  readonly replication: number
  /** Made by the broker for itself (`__consumer_offsets`). */
  readonly internal: boolean
}

/** A topic with its partitions and settings. */
export interface TopicDescription extends TopicSummary {
  readonly layout: readonly PartitionLayout[]
  /** Settings that differ from the bus's defaults, sorted by name. Sensitive values are absent. */
  readonly config: ReadonlyMap<string, string>
}

/** The leader and the replicas of one partition. */
export interface PartitionLayout {
  readonly partition: number
  /** Broker id, or -1 when the partition has no leader. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

/** Options of `BusAdmin.createTopic`. */
export interface NewTopic {
  /** Default 3. */
  readonly partitions?: number | undefined
  /** Default: the broker's own; always 1 on memory and embedded. */
  readonly replication?: number | undefined
  readonly config?: Readonly<Record<string, string>> | undefined
}

/**
 * The state of a consumer group in Kafka's words; `Unknown` when the broker reports a state that is not listed here.
 * `Assigning` and `Reconciling` belong to Kafka's newer group protocol (KIP-848), whose rebalances do not stop all members.
 */
export type GroupState =
  | 'Empty'
  | 'Stable'
  | 'PreparingRebalance'
  | 'CompletingRebalance'
  | 'Assigning'
  | 'Reconciling'
  | 'Dead'
  | 'Unknown'

/** A consumer group in the list of a bus. */
export interface GroupSummary {
  readonly group: string
  /** `consumer` for groups of subscribers. */
  readonly protocolType: string
}

/** A consumer group with its state and its members. */
export interface GroupDescription extends GroupSummary {
  readonly state: GroupState
  /** The assignment strategy in use, for example `range`; empty when the group has no members. */
  readonly protocol: string
  readonly members: readonly GroupMemberDescription[]
  /** `consumer`: Kafka's newer group protocol, KIP-848, where brokers assign. Absent: the classic one. */
  readonly groupType?: 'consumer' | undefined
  /** The broker that keeps the group, where there are brokers. */
  readonly coordinator?: { readonly id: number; readonly host: string; readonly port: number } | undefined
}

/** A member of a consumer group with the partitions assigned to it. */
export interface GroupMemberDescription {
  readonly memberId: string
  readonly clientId: string
  readonly host: string
  readonly assignment: readonly TopicPartition[]
  /** The topics it asked for, sorted; absent where the bus does not tell. */
  readonly subscription?: readonly string[] | undefined
}

/** One partition of a topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** What a client stores with a committed offset, besides the offset. */
export interface CommitDetails {
  /** A text of the client's own. Absent: none, which is an empty text. */
  readonly metadata?: string | undefined
  /** The leader epoch of the record before the offset, by which clients notice that a log was cut. Absent: not known. */
  readonly leaderEpoch?: number | undefined
}

/** The next offset that a group reads from a partition, with the details stored when it was committed. */
export interface CommittedOffset extends Position, CommitDetails {}

/** The identity of a bus and its brokers. */
export interface ClusterDescription {
  /** What the bus is, for people: `memory`, `embedded /path/to/file`, `kafka`. */
  readonly kind: string
  readonly clusterId: string
  /** Broker id of the controller, or -1. */
  readonly controller: number
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[]
}

/**
 * Administers topics, consumer groups and the cluster without joining a group. Every method rejects with an `EventBusError`
 * whose code names the failure.
 *
 * @example
 * ```ts
 * import { type BusAdmin, InMemoryEventBus } from 'crbus'
 *
 * async function ensureTopic(admin: BusAdmin, topic: string): Promise<void> {
 *   const topics = await admin.listTopics()
 *   if (!topics.some((known) => known.topic === topic)) await admin.createTopic(topic, { partitions: 6 })
 * }
 *
 * await using bus = new InMemoryEventBus()
 * await ensureTopic(bus.admin, 'order-events')
 * const { partitions } = await bus.admin.describeTopic('order-events')
 * partitions // => 6
 * ```
 */
export interface BusAdmin {
  /** Sorted by name. */
  listTopics(): Promise<readonly TopicSummary[]>
  /**
   * Those of the topics that compaction takes records from, so that not every offset holds one. Topics whose settings may
   * not be read, or that are gone, are left out. What it costs does not grow with topics.
   */
  compactedTopics(topics: readonly string[]): Promise<ReadonlySet<string>>
  /** `TOPIC_NOT_FOUND` when there is none. */
  describeTopic(topic: string): Promise<TopicDescription>
  /** Resolves when the topic can be written and read. `TOPIC_EXISTS` or `INVALID_TOPIC` when it cannot be made. */
  createTopic(topic: string, options?: NewTopic): Promise<void>
  /**
   * Gives a topic more partitions, so many in all; resolves when they can be written and read. `REFUSED` when it has as
   * many: partitions are never taken away. A key may have another partition from then on.
   */
  addPartitions(topic: string, partitions: number): Promise<void>
  /** Sets these settings of a topic and leaves the others. `TOPIC_NOT_FOUND`, `INVALID_TOPIC`. */
  setTopicConfig(topic: string, config: Readonly<Record<string, string>>): Promise<void>
  /** `TOPIC_NOT_FOUND` when there is none. Resolves when the topic is no longer listed. */
  deleteTopic(topic: string): Promise<void>
  /** Sorted by name. */
  listGroups(): Promise<readonly GroupSummary[]>
  /** A group nobody knows is described as `Dead` without members, as Kafka does. */
  describeGroup(group: string): Promise<GroupDescription>
  /** The same of several groups at once, in the order given. What it costs grows with brokers. */
  describeGroups(groups: readonly string[]): Promise<readonly GroupDescription[]>
  /**
   * The next offset the group would read, for each partition it has committed; sorted by topic and partition.
   * Never writes. `topics` narrows it; default all.
   */
  committedOffsets(group: string, topics?: readonly string[]): Promise<readonly CommittedOffset[]>
  /** The same of several groups at once, in the order given. */
  committedOffsetsOf(groups: readonly string[]): Promise<readonly (readonly CommittedOffset[])[]>
  /**
   * Sets the next offset to read, without joining the group; metadata and leader epoch are those given, or none.
   * `GROUP_ACTIVE` when the group has members: they would
   * overwrite it. Creates the group when it does not exist.
   */
  commitOffsets(group: string, offsets: readonly CommittedOffset[]): Promise<void>
  /**
   * Forgets what the group committed on these partitions, as if it never had; the others stay, and so does the group.
   * A partition it never committed, or that is no longer there, is passed over. `GROUP_ACTIVE`, `GROUP_NOT_FOUND`.
   */
  deleteOffsets(group: string, partitions: readonly TopicPartition[]): Promise<void>
  /** Forgets the group and everything it committed. `GROUP_ACTIVE`, `GROUP_NOT_FOUND`. */
  deleteGroup(group: string): Promise<void>
  describeCluster(): Promise<ClusterDescription>
}
