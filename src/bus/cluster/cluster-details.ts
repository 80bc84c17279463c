import type { Position } from '../record.ts'
import type { AclOperation } from './acl.ts'

/** A broker with what it tells about itself. */
export interface BrokerDetails {
  /** The id by which partitions name their leader. */
  readonly id: number
  /** The host that clients connect to. */
  readonly host: string
  /** The port that clients connect to. */
  readonly port: number
  /** The rack or zone. Absent: not configured. */
  readonly rack?: string | undefined
  /** The oldest release of Kafka with the requests that the broker supports. Absent: unknown, or the broker does not answer. */
  readonly release?: string | undefined
}

/** The details of a bus that `BusAdmin.describeCluster` leaves out. */
export interface ClusterDetails {
  /** The brokers, sorted by id. Empty on a bus without brokers. */
  readonly brokers: readonly BrokerDetails[]
  /** The release that the feature `metadata.version` of the cluster belongs to, such as `4.1`. Absent: not known. */
  readonly release?: string | undefined
  /** The features in force, with their levels. Empty before Kafka 2.7 and on other buses. */
  readonly features: ReadonlyMap<string, number>
  /** What the user may do on the cluster. Absent: the broker does not tell. */
  readonly operations?: readonly AclOperation[] | undefined
  /** The number of topics that the user may describe, with internal ones. */
  readonly topicCount: number
  /** The number of their partitions. */
  readonly partitionCount: number
  /** Partitions with replicas that are not in sync. */
  readonly underReplicated: readonly Pick<Position, 'topic' | 'partition'>[]
  /** Partitions without a leader, which can be neither read nor written. */
  readonly offline: readonly Pick<Position, 'topic' | 'partition'>[]
  /** The file of an embedded bus. Absent on other buses. */
  readonly file?: BusFile | undefined
}

/** The file of an embedded bus. */
export interface BusFile {
  /** The path, as errors name it. */
  readonly path: string
  /** The size in bytes, with the log of SQLite beside the file. */
  readonly bytes: number
  /** The bytes that are free on its disk. Absent: not known. */
  readonly freeBytes?: number | undefined
  /** The version of SQLite, such as `3.50.4`. */
  readonly sqlite: string
}

/** A limit for clients, such as `producer_byte_rate`. */
export interface ClientQuota {
  /** Whom it limits: names by `user`, `client-id` or `ip`. `null` is the default for all that have no quota of their own. */
  readonly entity: ReadonlyMap<string, string | null>
  /** The limits, by their names in Kafka. */
  readonly limits: ReadonlyMap<string, number>
}
