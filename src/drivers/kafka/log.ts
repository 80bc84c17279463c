import type { TopicLog } from '../../bus/topic-log.ts'
import type { KafkaCluster } from './cluster.ts'
import { readSlices } from './fetch.ts'
import { errorCode } from './kafka-errors.ts'
import type { Producer } from './produce.ts'
import { ask, EARLIEST, LATEST, listOffsetsApi } from './protocol.ts'
import { protocolFailure } from './wire.ts'

/** Topics of a cluster, read from and written to partition leaders directly. */
export function kafkaLog(cluster: KafkaCluster, producer: Producer): TopicLog {
  return {
    append: (topic, records) => producer.append(topic, records),

    async ranges(topic) {
      const [starts, ends] = await Promise.all([offsetsOf(cluster, topic, EARLIEST), offsetsOf(cluster, topic, LATEST)])
      return [...starts].map(([partition, start]) => ({ partition, start, end: ends.get(partition) ?? start }))
    },

    async offsetsAt(topic, timestamp) {
      const [found, ends] = await Promise.all([
        // Negative times are Kafka's words for start and end.
        offsetsOf(cluster, topic, timestamp < 0n ? EARLIEST : timestamp),
        offsetsOf(cluster, topic, LATEST),
      ])
      return new Map(
        [...ends].map(([partition, end]) => {
          const offset = found.get(partition) ?? -1n
          return [partition, offset < 0n ? end : offset]
        }),
      )
    },

    read: (slices, options) => readSlices(cluster, slices, options),
  }
}

/** An offset of each partition, sorted by partition; one request to each leader. */
export async function offsetsOf(cluster: KafkaCluster, topic: string, timestamp: bigint): Promise<Map<number, bigint>> {
  return cluster.retrying({ topic }, async () => {
    const partitions = await cluster.partitions(topic)
    const byLeader = Map.groupBy(partitions, ({ leader }) => leader)
    if (byLeader.has(-1)) throw protocolFailure(errorCode.LEADER_NOT_AVAILABLE)
    const answers = await Promise.all(
      [...byLeader].map(async ([leader, led]) => {
        const places = led.map(({ partition }) => ({ topic, partition, timestamp }))
        return ask(await cluster.broker(leader), listOffsetsApi, places)
      }),
    )
    const sorted = answers.flat().sort((a, b) => a.partition - b.partition)
    for (const { error } of sorted) if (error !== 0) throw protocolFailure(error)
    return new Map(sorted.map(({ partition, offset }) => [partition, offset]))
  })
}
