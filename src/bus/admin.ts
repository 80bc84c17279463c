import type { Acl } from './cluster/acl.ts'
import type { ClientQuota, ClusterDetails } from './cluster/cluster-details.ts'
import type { Position } from './record.ts'

/** A topic in the list of a bus. */
export interface TopicSummary {
  readonly topic: string
  /** The number of partitions. */
  readonly partitions: number
  /** The number of replicas of each partition. */
  readonly replication: number
  /** Whether the broker created the topic for its own use, as it does with `__consumer_offsets`. */
  readonly internal: boolean
  /** The number of partitions with a replica that is not in sync with the leader. */
  readonly underReplicated: number
  /** The number of partitions without a leader, which can be neither read nor written. */
  readonly leaderless: number
}

/** A topic with its partitions and settings. */
export interface TopicDescription extends Omit<TopicSummary, 'underReplicated' | 'leaderless'> {
  /** The partitions, sorted by number. */
  readonly layout: readonly PartitionLayout[]
  /** Settings that differ from the bus's defaults, sorted by name. Sensitive values are absent. */
  readonly config: ReadonlyMap<string, string>
}

/** The leader and the replicas of one partition. */
export interface PartitionLayout {
  readonly partition: number
  /** Broker id, or -1 when the partition has no leader. */
  readonly leader: number
  /** The ids of the brokers that hold a replica. */
  readonly replicas: readonly number[]
  /** The ids of the brokers whose replica is in sync with the leader. */
  readonly inSync: readonly number[]
}

/** Options of `BusAdmin.createTopic`. */
export interface NewTopic {
  /** The number of partitions. Default 3. */
  readonly partitions?: number | undefined
  /**
   * The number of replicas of each partition. Default: the broker's default. Always 1 on the in-memory and the embedded bus.
   */
  readonly replication?: number | undefined
  /** Settings that differ from the defaults of the bus, by their names in Kafka: `retention.ms`. */
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

/** Where the value of a setting comes from: the topic itself, one broker, all brokers, or the default of Kafka. */
export type SettingSource = 'topic' | 'broker' | 'cluster' | 'default'

/** A setting of a topic with its value. */
export interface TopicSetting {
  /** The name in Kafka, such as `retention.ms`. */
  readonly name: string
  /** `null` if the setting has no value, or one that the broker keeps secret. */
  readonly value: string | null
  /** Where the value comes from. */
  readonly source: SettingSource
  /** The value without the setting of the topic, and its source. Absent: the bus knows none. */
  readonly inherited?: { readonly value: string | null; readonly source: SettingSource } | undefined
}

/** New values of settings, by their names in Kafka. `null` removes a setting from the topic, so that the default applies again. */
export type SettingChanges = Readonly<Record<string, string | null>>

/** A folder in which a broker stores records. */
export interface LogDir {
  /** The id of the broker. */
  readonly broker: number
  /** The path on the machine of the broker. */
  readonly path: string
  /** Why the broker cannot use the folder. Absent: it can. */
  readonly error?: string | undefined
  /** The size of its volume in bytes. Absent: the broker does not tell, as before Kafka 3.3. */
  readonly totalBytes?: bigint | undefined
  /** The free bytes of its volume. Absent: the broker does not tell. */
  readonly freeBytes?: bigint | undefined
  /** The replicas in the folder, without those that a broker still copies to another folder. */
  readonly replicas: readonly (TopicPartition & { readonly bytes: bigint })[]
}

/** A consumer group in the list of a bus. */
export interface GroupSummary {
  readonly group: string
  /** `consumer` for the groups of subscribers. Other clients have other types, such as `connect` for Kafka Connect. */
  readonly protocolType: string
}

/** A consumer group with its state and its members. */
export interface GroupDescription extends GroupSummary {
  /** The state of the group. `Empty`: it has committed offsets and no members. */
  readonly state: GroupState
  /** The assignment strategy in use, for example `range`; empty when the group has no members. */
  readonly protocol: string
  /** The members that are connected now. */
  readonly members: readonly GroupMemberDescription[]
  /** `consumer`: Kafka's newer group protocol (KIP-848), in which brokers assign partitions. Absent: the classic protocol. */
  readonly groupType?: 'consumer' | undefined
  /** The broker that coordinates the group. Absent on buses without brokers. */
  readonly coordinator?: { readonly id: number; readonly host: string; readonly port: number } | undefined
}

/** A member of a consumer group with the partitions assigned to it. */
export interface GroupMemberDescription {
  /** The id that the coordinator gave to the member. */
  readonly memberId: string
  /** The name of the client, such as `crbus`; not unique. */
  readonly clientId: string
  /** The address that the member connects from, as the bus reports it. */
  readonly host: string
  /** The partitions that the member reads, sorted by topic and partition. */
  readonly assignment: readonly TopicPartition[]
  /** The topics that the member subscribes to, sorted. Absent when the bus does not report them. */
  readonly subscription?: readonly string[] | undefined
}

/** One partition of a topic. */
export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** The details that a client stores with a committed offset. */
export interface CommitDetails {
  /** A string that the client chose. Absent: the empty string. */
  readonly metadata?: string | undefined
  /** The leader epoch of the record before the offset, by which clients detect that a log was truncated. Absent: unknown. */
  readonly leaderEpoch?: number | undefined
}

/** The next offset that a group reads from a partition, with the details stored when it was committed. */
export interface CommittedOffset extends Position, CommitDetails {}

/** The identity of a bus and its brokers. */
export interface ClusterDescription {
  /** The kind of bus, for display: `memory`, `embedded /path/to/file`, `kafka`. */
  readonly kind: string
  /** The id of the cluster. */
  readonly clusterId: string
  /** Broker id of the controller, or -1. */
  readonly controller: number
  /** The brokers that are running. */
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
  /** Lists the topics, sorted by name. */
  listTopics(): Promise<readonly TopicSummary[]>
  /**
   * Returns those of the given topics that are compacted: compaction deletes records, so some of their offsets hold no record.
   * Leaves out topics that do not exist and topics whose settings the caller may not read. The number of requests does not
   * depend on the number of topics.
   */
  compactedTopics(topics: readonly string[]): Promise<ReadonlySet<string>>
  /** Describes a topic. `TOPIC_NOT_FOUND` when it does not exist. */
  describeTopic(topic: string): Promise<TopicDescription>
  /** Creates a topic; resolves when it can be written and read. `TOPIC_EXISTS` or `INVALID_TOPIC` when it cannot be created. */
  createTopic(topic: string, options?: NewTopic): Promise<void>
  /**
   * Increases the number of partitions of a topic to `partitions`; resolves when the new ones can be written and read.
   * `REFUSED` when the topic already has that many partitions or more, because partitions cannot be removed. A key may map to
   * another partition afterwards.
   */
  addPartitions(topic: string, partitions: number): Promise<void>
  /**
   * Returns the settings of a topic with their sources, sorted by name. Kafka returns every setting that it knows; the in-memory
   * and the embedded bus return those of the topic, which they store but do not apply. `TOPIC_NOT_FOUND` when the topic does not
   * exist.
   */
  topicSettings(topic: string): Promise<readonly TopicSetting[]>
  /**
   * Sets or removes the given settings of a topic and leaves the others unchanged. `TOPIC_NOT_FOUND` when the topic does not
   * exist, `INVALID_TOPIC` when the bus refuses a setting.
   */
  setTopicConfig(topic: string, config: SettingChanges): Promise<void>
  /** Checks whether `setTopicConfig` would accept these settings, with its errors. Changes nothing. */
  validateTopicConfig(topic: string, config: SettingChanges): Promise<void>
  /**
   * Deletes the records before an offset in each of the given partitions, and returns the new start of each. An offset at or
   * before the start changes nothing. Groups with an earlier committed offset continue at the new start, or as their clients
   * are configured. `TOPIC_NOT_FOUND` when the topic does not exist; `REFUSED` when a partition does not exist, an offset is
   * after the end, or the topic is only compacted (`cleanup.policy=compact`). The bus deletes partition by partition: after an
   * error, the records of some partitions may be deleted.
   */
  deleteRecords(topic: string, offsets: ReadonlyMap<number, bigint>): Promise<ReadonlyMap<number, bigint>>
  /**
   * Returns the folders of all brokers, with the replicas of the given topics; default: of all topics. Empty on the in-memory and
   * the embedded bus.
   */
  logDirs(topics?: readonly string[]): Promise<readonly LogDir[]>
  /** Deletes a topic; resolves when it is no longer listed. `TOPIC_NOT_FOUND` when it does not exist. */
  deleteTopic(topic: string): Promise<void>
  /** Lists the consumer groups, sorted by name. */
  listGroups(): Promise<readonly GroupSummary[]>
  /** Describes a group. A group that does not exist is `Dead` and has no members, as in Kafka. */
  describeGroup(group: string): Promise<GroupDescription>
  /** Describes several groups at once, in the order given. The number of requests depends on the number of brokers only. */
  describeGroups(groups: readonly string[]): Promise<readonly GroupDescription[]>
  /**
   * Returns the next offset that the group would read, for each partition with a committed offset, sorted by topic and
   * partition. Changes nothing. `topics` limits the answer to these topics; default: all topics.
   */
  committedOffsets(group: string, topics?: readonly string[]): Promise<readonly CommittedOffset[]>
  /** Returns the committed offsets of several groups at once, in the order given. */
  committedOffsetsOf(groups: readonly string[]): Promise<readonly (readonly CommittedOffset[])[]>
  /**
   * Commits the next offsets to read without joining the group. Metadata and leader epoch are replaced by the given ones,
   * or removed when absent. `GROUP_ACTIVE` when the group has members, because they would overwrite the offsets. Creates the
   * group when it does not exist.
   */
  commitOffsets(group: string, offsets: readonly CommittedOffset[]): Promise<void>
  /**
   * Deletes the offsets that the group committed on these partitions. Its other offsets and the group itself remain.
   * Ignores partitions that have no committed offset or do not exist. `GROUP_ACTIVE` when the group has members,
   * `GROUP_NOT_FOUND` when it does not exist.
   */
  deleteOffsets(group: string, partitions: readonly TopicPartition[]): Promise<void>
  /**
   * Deletes the group and its committed offsets. `GROUP_ACTIVE` when it has members, `GROUP_NOT_FOUND` when it does not
   * exist.
   */
  deleteGroup(group: string): Promise<void>
  /** Describes the bus and its brokers. */
  describeCluster(): Promise<ClusterDescription>
  /** Returns the details of the brokers and of the state of all partitions. */
  clusterDetails(): Promise<ClusterDetails>
  /** Returns all quotas of clients. Empty on the in-memory and the embedded bus. */
  quotas(): Promise<readonly ClientQuota[]>
  /** Lists all ACLs. `UNSUPPORTED` when the bus has no ACLs or its brokers have no authorizer. */
  listAcls(): Promise<readonly Acl[]>
  /** Creates ACLs; resolves when they are listed. ACLs that exist do not change. `UNSUPPORTED` as in `listAcls`. */
  createAcls(acls: readonly Acl[]): Promise<void>
  /** Deletes exactly these ACLs; resolves when they are no longer listed. `UNSUPPORTED` as in `listAcls`. */
  deleteAcls(acls: readonly Acl[]): Promise<void>
}
