import type { Position } from './record.ts'

export interface TopicSummary {
  readonly topic: string
  readonly partitions: number
  readonly replication: number
  /** Made by the broker for itself (`__consumer_offsets`). */
  readonly internal: boolean
}

export interface TopicDescription extends TopicSummary {
  readonly layout: readonly PartitionLayout[]
  /** Settings that differ from the bus's defaults, sorted by name. Sensitive values are absent. */
  readonly config: ReadonlyMap<string, string>
}

export interface PartitionLayout {
  readonly partition: number
  /** Broker id, or -1 when the partition has no leader. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

export interface NewTopic {
  /** Default 3. */
  readonly partitions?: number | undefined
  /** Default: the broker's own; always 1 on memory and embedded. */
  readonly replication?: number | undefined
  readonly config?: Readonly<Record<string, string>> | undefined
}

/**
 * Kafka's own words for a group's state; `Unknown` when the broker says something else. `Assigning` and `Reconciling`
 * are those of its newer protocol, which has no rebalance that stops everybody.
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

export interface GroupSummary {
  readonly group: string
  /** `consumer` for groups of subscribers. */
  readonly protocolType: string
}

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

export interface GroupMemberDescription {
  readonly memberId: string
  readonly clientId: string
  readonly host: string
  readonly assignment: readonly TopicPartition[]
  /** The topics it asked for, sorted; absent where the bus does not tell. */
  readonly subscription?: readonly string[] | undefined
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** What a client says when it commits an offset, besides the offset. */
export interface CommitDetails {
  /** A text of the client's own. Absent: none, which is an empty text. */
  readonly metadata?: string | undefined
  /** The leader epoch of the record before the offset, by which clients notice that a log was cut. Absent: not known. */
  readonly leaderEpoch?: number | undefined
}

/** The next offset that a group would read, with what was said when it was committed. */
export interface CommittedOffset extends Position, CommitDetails {}

export interface ClusterDescription {
  /** What the bus is, for people: `memory`, `embedded /path/to/file`, `kafka`. */
  readonly kind: string
  readonly clusterId: string
  /** Broker id of the controller, or -1. */
  readonly controller: number
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[]
}

/**
 * Topics, groups and the cluster. Every method rejects with an `EventBusError` whose code says what is wrong.
 * Nothing here joins a group.
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
