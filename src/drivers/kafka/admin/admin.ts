import type { BusAdmin } from '../../../bus/admin.ts'
import type { KafkaCluster } from '../connection/cluster.ts'
import { aclAdmin } from './acl-admin.ts'
import { clusterAdmin } from './cluster-admin.ts'
import { groupAdmin } from './group-admin.ts'
import { recordAdmin } from './record-admin.ts'
import { topicAdmin } from './topic-admin.ts'

/** Administers topics, groups and the cluster by direct requests. Nothing here joins a group. */
export function kafkaAdmin(cluster: KafkaCluster): BusAdmin {
  return {
    ...topicAdmin(cluster),
    ...groupAdmin(cluster),
    ...recordAdmin(cluster),
    ...clusterAdmin(cluster),
    ...aclAdmin(cluster),

    async describeCluster() {
      const { clusterId, controller, brokers } = await cluster.retrying({}, () => cluster.metadata([]))
      return { kind: 'kafka', clusterId, controller, brokers: [...brokers].sort((a, b) => a.id - b.id) }
    },
  }
}
