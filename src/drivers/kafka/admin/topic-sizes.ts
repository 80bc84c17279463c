import { PartitionMap } from '../../../bus/names/partition-map.ts'
import type { KafkaCluster } from '../connection/cluster.ts'
import { ask } from '../protocol/api.ts'
import { describeLogDirsApi } from '../protocol/log-dirs.ts'

/**
 * Returns the sizes of topics: the sum of the logs of their leaders, so that replicas do not count twice. Asks each broker once.
 * Leaves out topics of which a broker does not tell the size.
 */
export async function topicSizes(
  cluster: KafkaCluster,
  topics: readonly string[],
): Promise<ReadonlyMap<string, bigint>> {
  if (topics.length === 0) return new Map()
  return cluster.retrying({}, async () => {
    const known = await cluster.partitionsOf(topics)
    const partitions = [...known].flatMap(([topic, own]) =>
      own.map(({ partition, leader }) => ({ topic, partition, leader })),
    )
    const sizes = new PartitionMap<bigint>()
    const byLeader = Map.groupBy(partitions, ({ leader }) => leader)
    byLeader.delete(-1)
    await Promise.all(
      [...byLeader].map(async ([leader, led]) => {
        const broker = await cluster.broker(leader)
        if (!(await cluster.speaks(broker, describeLogDirsApi))) return
        const byTopic = Map.groupBy(led, ({ topic }) => topic)
        const request = new Map([...byTopic].map(([topic, own]) => [topic, own.map(({ partition }) => partition)]))
        for (const { error, isFuture, size, ...partition } of await ask(broker, describeLogDirsApi, {
          topics: request,
        }))
          if (error === 0 && !isFuture) sizes.set(partition, size)
      }),
    )
    const sums = [...known].map(([topic, own]) => {
      const found = own.map(({ partition }) => sizes.get({ topic, partition }))
      const isKnown = found.every((size) => size !== undefined)
      return [topic, isKnown ? found.reduce((sum, size) => sum + size, 0n) : undefined] as const
    })
    return new Map(sums.flatMap(([topic, size]) => (size === undefined ? [] : [[topic, size] as const])))
  })
}
