// What the in-memory and the embedded bus lack: brokers, quotas and ACLs.
import type { BusAdmin, TopicSummary } from '../bus/admin.ts'
import type { ClusterDetails } from '../bus/cluster/cluster-details.ts'
import { EventBusError } from '../bus/errors.ts'
import { advice } from '../bus/hints.ts'

/** Describes a bus without brokers by its topics. */
export const plainDetails = (topics: readonly TopicSummary[]): ClusterDetails => ({
  brokers: [],
  features: new Map(),
  topicCount: topics.length,
  partitionCount: topics.reduce((sum, { partitions }) => sum + partitions, 0),
  underReplicated: [],
  offline: [],
})

const refuse = async (): Promise<never> => {
  throw new EventBusError('UNSUPPORTED', 'only brokers have ACLs: the embedded bus has none', {
    hints: [advice('connect to brokers')],
  })
}

/** The methods of a bus without quotas and ACLs. */
export const withoutAcls: Pick<BusAdmin, 'quotas' | 'listAcls' | 'createAcls' | 'deleteAcls'> = {
  quotas: async () => [],
  listAcls: refuse,
  createAcls: refuse,
  deleteAcls: refuse,
}
