import type { LogDir } from '../../bus/admin.ts'
import type { ClientQuota, ClusterDetails } from '../../bus/cluster/cluster-details.ts'
import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'

/** A folder of a broker with the size of the replicas in it. */
interface FolderReport extends Omit<LogDir, 'replicas'> {
  readonly replicaCount: number
  readonly bytes: bigint
}

/** A part of a report that the cluster did not tell. */
export interface MissingPart {
  readonly part: 'log-dirs' | 'quotas'
  /** `not-allowed`: the user lacks an ACL. `unsupported`: the brokers do not know the request. `failed`: a broker did not answer. */
  readonly code: 'not-allowed' | 'unsupported' | 'failed'
  readonly reason: string
}

export interface ClusterReport extends ClusterDetails {
  readonly kind: string
  readonly clusterId: string
  /** The id of the broker that is the controller, or -1. */
  readonly controller: number
  /** `null` if the part is missing. */
  readonly logDirs: readonly FolderReport[] | null
  readonly quotas: readonly ClientQuota[] | null
  readonly missing: readonly MissingPart[]
}

/** Describes a cluster: brokers, folders, quotas and the state of partitions. Parts that fail are reported as missing. */
export async function inspectCluster(bus: EventBus): Promise<ClusterReport> {
  const { kind, clusterId, controller } = await bus.admin.describeCluster()
  const missing: MissingPart[] = []
  const [details, logDirs, quotas] = await Promise.all([
    bus.admin.clusterDetails(),
    partOf('log-dirs', missing, async () => (await bus.admin.logDirs()).map(toFolder)),
    partOf('quotas', missing, () => bus.admin.quotas()),
  ])
  return { ...{ kind, clusterId, controller }, ...details, logDirs, quotas, missing }
}

function toFolder({ replicas, ...folder }: LogDir): FolderReport {
  return { ...folder, replicaCount: replicas.length, bytes: replicas.reduce((sum, { bytes }) => sum + bytes, 0n) }
}

async function partOf<T>(part: MissingPart['part'], missing: MissingPart[], work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof EventBusError)) throw error
    const codes = { AUTHENTICATION_FAILED: 'not-allowed', UNSUPPORTED: 'unsupported' } as const
    const code = codes[error.code as keyof typeof codes] ?? 'failed'
    missing.push({ part, code, reason: error.reason })
    return null
  }
}

/**
 * Whether Kafka hides topics and groups from the user: it leaves out those that the user may not describe. Such a user may not
 * describe the cluster either. False if the broker does not tell, and on buses without ACLs. Throws no error of the bus.
 */
export async function hidesNames(bus: EventBus): Promise<boolean> {
  try {
    const { operations } = await bus.admin.clusterDetails()
    return operations !== undefined && !operations.includes('Describe')
  } catch (error) {
    if (error instanceof EventBusError) return false
    throw error
  }
}
