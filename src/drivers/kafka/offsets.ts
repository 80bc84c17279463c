import type { TopicPartition } from '../../bus/admin.ts'
import type { Isolation } from '../../bus/topic-log.ts'
import type { KafkaCluster } from './connection/cluster.ts'
import { protocolFailure } from './connection/wire.ts'
import { errorCode } from './kafka-errors.ts'
import type { ApiConnection } from './protocol/api.ts'
import { listOffsetsApi, type OffsetAnswer } from './protocol/list-offsets.ts'
import type { PartitionMetadata } from './protocol/metadata.ts'
import { askPartitions } from './protocol/partitions.ts'

/** Which offset to look up. */
interface OffsetQuery {
  /** Milliseconds since 1970, {@link EARLIEST} or {@link LATEST}. */
  readonly timestamp: bigint
  /** Whether {@link LATEST} is the last stable offset (`committed`) or the high watermark (`uncommitted`). */
  readonly isolation: Isolation
}

/** Requests an offset of each of these partitions from their leader. The caller checks the errors in the answers. */
export function askLeaderForOffsets(
  leader: ApiConnection,
  partitions: readonly TopicPartition[],
  { timestamp, isolation }: OffsetQuery,
): Promise<readonly OffsetAnswer[]> {
  const wanted = partitions.map(({ topic, partition }) => ({ topic, partition, timestamp }))
  return askPartitions(leader, listOffsetsApi, { request: { partitions: wanted, isolation }, partitions })
}

/**
 * Requests an offset of each partition of these topics, with one request to each leader. The caller checks the errors in the
 * answers. Throws if the metadata names no leader for a partition.
 */
export async function askForOffsets(
  cluster: KafkaCluster,
  topics: ReadonlyMap<string, readonly PartitionMetadata[]>,
  query: OffsetQuery,
): Promise<readonly OffsetAnswer[]> {
  const partitions = [...topics].flatMap(([topic, own]) =>
    own.map(({ partition, leader }) => ({ topic, partition, leader })),
  )
  const byLeader = Map.groupBy(partitions, ({ leader }) => leader)
  if (byLeader.has(-1)) throw protocolFailure(errorCode.LEADER_NOT_AVAILABLE)
  const answers = await Promise.all(
    [...byLeader].map(async ([leader, led]) => askLeaderForOffsets(await cluster.broker(leader), led, query)),
  )
  return answers.flat()
}

/** Returns the offset in an answer. Throws the error in the answer, if it has one. */
export function requireOffset({ topic, error, offset }: OffsetAnswer): bigint {
  if (error !== 0) throw protocolFailure(error, null, { request: listOffsetsApi.name, topic })
  return offset
}

/** Returns an offset of each partition of a topic, sorted by partition. Retries after errors that may pass. */
export async function offsetsOf(
  cluster: KafkaCluster,
  topic: string,
  timestamp: bigint,
  isolation: Isolation = 'committed',
): Promise<Map<number, bigint>> {
  return cluster.retrying({ topic }, async () => {
    const wanted = new Map([[topic, await cluster.partitions(topic)]])
    const answers = await askForOffsets(cluster, wanted, { timestamp, isolation })
    const offsets = answers.map((answer) => [answer.partition, requireOffset(answer)] as const)
    return new Map(offsets.sort(([a], [b]) => a - b))
  })
}

/** Requests an offset of one partition from its leader, without retries. */
export async function offsetOf(
  cluster: KafkaCluster,
  { topic, partition }: TopicPartition,
  query: OffsetQuery,
): Promise<bigint> {
  await cluster.partitions(topic)
  const leader = cluster.knownLeader(topic, partition)
  if (leader === undefined) throw protocolFailure(errorCode.LEADER_NOT_AVAILABLE)
  const [answer] = await askLeaderForOffsets(await cluster.broker(leader), [{ topic, partition }], query)
  return requireOffset(answer as OffsetAnswer)
}
