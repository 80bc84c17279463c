import type { TopicPartition } from '../../bus/admin.ts'
import type { Isolation } from '../../bus/topic-log.ts'
import type { KafkaCluster } from './connection/cluster.ts'
import { protocolFailure } from './connection/wire.ts'
import { errorCode } from './kafka-errors.ts'
import type { ApiConnection } from './protocol/api.ts'
import { listOffsetsApi, type OffsetAnswer } from './protocol/list-offsets.ts'
import type { PartitionMetadata } from './protocol/metadata.ts'
import { askPartitions } from './protocol/partitions.ts'

/** What to look up: a time in milliseconds, {@link EARLIEST} or {@link LATEST}. */
interface OffsetQuery {
  readonly timestamp: bigint
  /** Whether {@link LATEST} is the last stable offset (`committed`) or the high watermark (`uncommitted`). */
  readonly isolation: Isolation
}

/** Asks a leader for an offset of each of these partitions, in one request. The errors in the answers are not checked. */
export function askLeaderForOffsets(
  leader: ApiConnection,
  partitions: readonly TopicPartition[],
  { timestamp, isolation }: OffsetQuery,
): Promise<readonly OffsetAnswer[]> {
  const wanted = partitions.map(({ topic, partition }) => ({ topic, partition, timestamp }))
  return askPartitions(leader, listOffsetsApi, { request: { partitions: wanted, isolation }, partitions })
}

/**
 * Asks for an offset of each partition of these topics, with one request to each leader. The errors in the answers are not
 * checked. Throws where the metadata names no leader.
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

/** The offset in an answer. Throws for the error in it. */
export function requireOffset({ topic, error, offset }: OffsetAnswer): bigint {
  if (error !== 0) throw protocolFailure(error, null, { request: listOffsetsApi.name, topic })
  return offset
}

/** An offset of each partition of a topic, sorted by partition. Retries passing errors. */
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

/** An offset of one partition, asked of its leader once. */
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
