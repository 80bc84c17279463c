import type { BusAdmin, TopicPartition } from '../../../bus/admin.ts'
import type { BrokerDetails } from '../../../bus/cluster/cluster-details.ts'
import { comparePartitions } from '../../../bus/compare.ts'
import type { KafkaCluster } from '../connection/cluster.ts'
import { releaseOfFeatures, releaseOfRequests } from '../connection/release.ts'
import { protocolFailure } from '../connection/wire.ts'
import { operationsIn } from '../protocol/administration/acls.ts'
import {
  askForFeatures,
  describeQuotasApi,
  detailedMetadataApi,
  featuresApi,
} from '../protocol/administration/cluster.ts'
import { ask } from '../protocol/api.ts'

/** Describes the brokers of a cluster, its features and quotas. */
export function clusterAdmin(cluster: KafkaCluster): Pick<BusAdmin, 'clusterDetails' | 'quotas'> {
  const releaseOf = async (id: number): Promise<string | undefined> => {
    try {
      const connection = await cluster.broker(id)
      await connection.open()
      return releaseOfRequests(connection.versions)
    } catch {
      // The other parts of the description are true although this broker does not answer.
      return undefined
    }
  }

  return {
    async clusterDetails() {
      // Also tells the addresses of the brokers.
      await cluster.retrying({}, () => cluster.metadata([]))
      const [{ brokers, topics, operations }, features] = await cluster.retrying({}, async () => {
        const connection = await cluster.anyBroker()
        const hasFeatures = await cluster.speaks(connection, featuresApi)
        return Promise.all([
          ask(connection, detailedMetadataApi, undefined),
          hasFeatures ? askForFeatures(connection) : new Map<string, number>(),
        ])
      })
      const detailed = brokers.map(async ({ rack, ...broker }): Promise<BrokerDetails> => {
        return { ...broker, rack: rack ?? undefined, release: await releaseOf(broker.id) }
      })
      const partitions = topics.flatMap(({ topic, partitions: own }) => own.map((one) => ({ topic, ...one })))
      const named = (some: typeof partitions): readonly TopicPartition[] =>
        some.map(({ topic, partition }) => ({ topic, partition })).sort(comparePartitions)
      return {
        brokers: (await Promise.all(detailed)).sort((a, b) => a.id - b.id),
        release: releaseOfFeatures(features),
        features,
        operations: operationsIn(operations),
        topicCount: topics.length,
        partitionCount: partitions.length,
        underReplicated: named(partitions.filter(({ replicas, inSync }) => inSync.length < replicas.length)),
        offline: named(partitions.filter(({ leader }) => leader < 0)),
      }
    },

    async quotas() {
      return cluster.retrying({}, async () => {
        const { error, message, quotas } = await ask(await cluster.anyBroker(), describeQuotasApi, undefined)
        if (error !== 0) throw protocolFailure(error, message, { request: describeQuotasApi.name })
        return quotas.map(({ entity, limits }) => ({ entity: new Map(entity), limits: new Map(limits) }))
      })
    },
  }
}
