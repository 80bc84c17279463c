import type { BusAdmin, LogDir, TopicPartition } from '../../../bus/admin.ts'
import { offsetAfterEnd, onlyCompacted, partitionNotFound } from '../../../bus/errors.ts'
import type { KafkaCluster } from '../connection/cluster.ts'
import { protocolFailure } from '../connection/wire.ts'
import { errorCode, isPassingCode } from '../kafka-errors.ts'
import { deleteRecordsApi } from '../protocol/administration/delete-records.ts'
import { describeLogDirsApi, describeVolumesApi } from '../protocol/administration/log-dirs.ts'
import { ask } from '../protocol/api.ts'
import type { PartitionMetadata } from '../protocol/metadata.ts'
import { askPartitions } from '../protocol/partitions.ts'

/** Administers stored records: deletes the oldest ones, and reports the folders in which they are stored. */
export function recordAdmin(cluster: KafkaCluster): Pick<BusAdmin, 'deleteRecords' | 'logDirs'> {
  return {
    async deleteRecords(topic, offsets) {
      const starts = new Map<number, bigint>()
      await cluster.retrying({ topic }, async () => {
        const known = await cluster.partitions(topic, 0)
        const left = [...offsets].filter(([partition]) => !starts.has(partition))
        const byLeader = Map.groupBy(left, ([partition]) => leaderOf(topic, known, partition))
        for (const [leader, own] of byLeader) {
          const partitions = own.map(([partition, offset]) => ({ topic, partition, offset }))
          const { timeout } = cluster.options
          const broker = await cluster.broker(leader)
          const request = { partitions, timeout }
          for (const { partition, start, error } of await askPartitions(broker, deleteRecordsApi, {
            request,
            partitions,
          })) {
            if (error === errorCode.POLICY_VIOLATION) throw onlyCompacted(topic)
            if (error !== 0) throw refusedDeletion(error, topic, partition, offsets.get(partition))
            starts.set(partition, start)
          }
        }
      })
      return starts
    },

    async logDirs(topics) {
      const { brokers } = await cluster.retrying({}, () => cluster.metadata([]))
      const wanted = topics && (await partitionsOf(cluster, topics))
      const folders = brokers.map(({ id }) => cluster.retrying({}, () => logDirsOf(cluster, id, wanted ?? null)))
      return (await Promise.all(folders)).flat()
    },
  }
}

function leaderOf(topic: string, known: readonly PartitionMetadata[], partition: number): number {
  const found = known[partition]
  if (found === undefined) throw partitionNotFound(topic, partition, known.length)
  if (found.leader < 0) throw protocolFailure(errorCode.LEADER_NOT_AVAILABLE)
  return found.leader
}

function refusedDeletion(error: number, topic: string, partition: number, offset: bigint | undefined): unknown {
  const subject = { request: deleteRecordsApi.name, topic }
  if (error !== errorCode.OFFSET_OUT_OF_RANGE) return protocolFailure(error, null, subject)
  return offsetAfterEnd(topic, partition, offset ?? -1n)
}

async function partitionsOf(cluster: KafkaCluster, topics: readonly string[]): Promise<readonly TopicPartition[]> {
  const known = await cluster.retrying({}, () => cluster.partitionsOf(topics))
  return [...known].flatMap(([topic, own]) => own.map(({ partition }) => ({ topic, partition })))
}

async function logDirsOf(
  cluster: KafkaCluster,
  broker: number,
  partitions: readonly TopicPartition[] | null,
): Promise<readonly LogDir[]> {
  const connection = await cluster.broker(broker)
  const api = (await cluster.speaks(connection, describeVolumesApi)) ? describeVolumesApi : describeLogDirsApi
  const { error, folders } = await ask(connection, api, partitions)
  const subject = { request: api.name }
  if (error !== 0) throw protocolFailure(error, null, subject)
  // Version 1 answers a client without the ACL with an empty list. Every broker has a folder.
  if (folders.length === 0) throw protocolFailure(errorCode.CLUSTER_AUTHORIZATION_FAILED, null, subject)
  return folders.map(({ error: own, path, replicas, totalBytes, freeBytes }) => {
    if (isPassingCode(own) && own !== errorCode.KAFKA_STORAGE_ERROR) throw protocolFailure(own, null, subject)
    return {
      broker,
      path,
      error: own === 0 ? undefined : protocolFailure(own).message,
      totalBytes: known(totalBytes),
      freeBytes: known(freeBytes),
      replicas: replicas
        .filter(({ isFuture }) => !isFuture)
        .map(({ topic, partition, bytes }) => ({ topic, partition, bytes })),
    }
  })
}

const known = (bytes: bigint | undefined): bigint | undefined => (bytes === undefined || bytes < 0n ? undefined : bytes)
