import type { EventBusError } from './errors.ts'
import type { Hint } from './hints.ts'

/**
 * The stages of a connection to a broker, in order: resolving its name, the TCP connection, the TLS handshake, the request
 * ApiVersions, the SASL login, and the first request, which is Metadata.
 */
export type ConnectionStage = 'dns' | 'tcp' | 'tls' | 'versions' | 'login' | 'metadata'

/** The certificate of a broker. */
export interface BrokerCertificate {
  readonly subject: string
  readonly issuer: string
  /** When it expires, in milliseconds since 1970. */
  readonly expires: number
  /** Why it does not pass verification, as a code of Node; absent if it passes. */
  readonly rejected?: string | undefined
}

/** What was seen while connecting to one address. Each part is absent if its stage was not reached or not needed. */
export interface BrokerProbe {
  /** `host:port`. */
  readonly address: string
  /** The IP addresses of the host; absent if the host is one. */
  readonly resolved?: readonly string[] | undefined
  /** Milliseconds that the TCP connection took. */
  readonly connected?: number | undefined
  readonly certificate?: BrokerCertificate | undefined
  readonly requests?: BrokerRequests | undefined
  /** The SASL mechanism of a login that the broker accepted. */
  readonly login?: string | undefined
  /** The id of the cluster that the broker belongs to. */
  readonly clusterId?: string | undefined
  readonly failure?: ProbeFailure | undefined
}

/** The stage that failed, with the reason and the hints that every other request reports. */
export interface ProbeFailure {
  readonly stage: ConnectionStage
  /** Begins with the address, or names it. */
  readonly reason: string
  readonly hints: readonly Hint[]
}

/** The requests that a broker supports. */
interface BrokerRequests {
  /** The oldest release of Kafka with these requests; absent for one before 2.4. */
  readonly release?: string | undefined
  /** Requests of crbus that the broker does not support, in the needed version. */
  readonly missing: readonly string[]
}

/** A partition with the ids of the brokers that hold it. */
export interface PartitionReplicas {
  readonly topic: string
  readonly partition: number
  /** -1 if the partition has no leader. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

/** A cluster as one of its brokers describes it. */
export interface ProbedCluster {
  readonly clusterId: string
  /** -1 if the cluster has no controller. */
  readonly controller: number
  /** The brokers with their advertised addresses, to which clients connect for everything but their first request. */
  readonly brokers: readonly { readonly id: number; readonly address: string }[]
  /** The partitions of all topics that the user may describe. */
  readonly partitions: readonly PartitionReplicas[]
}

/** What was seen while connecting to brokers. */
export interface KafkaProbe {
  readonly kind: 'kafka'
  /** The given addresses. */
  readonly bootstrap: readonly BrokerProbe[]
  /** The advertised addresses that are not among the given ones. */
  readonly advertised: readonly (BrokerProbe & { readonly broker: number })[]
  /** Absent if no given address answered. */
  readonly cluster?: ProbedCluster | undefined
}

/** What was seen of the file of an embedded bus. */
export interface FileProbe {
  readonly kind: 'embedded'
  readonly path: string
  /** Absent if the file does not exist. */
  readonly bytes?: number | undefined
  /** Bytes that are free on its disk; absent if not known. */
  readonly free?: number | undefined
  readonly isWritable?: boolean | undefined
  /** The result of the integrity check: empty if the file is intact. Absent: not checked, because the file is large. */
  readonly damage?: readonly string[] | undefined
  /** Why the file cannot be read. */
  readonly error?: EventBusError | undefined
}

export type BusProbe = KafkaProbe | FileProbe
