import { topicNotFound } from '../../bus/errors.ts'
import type { PartitionRange, TopicLog } from '../../bus/topic-log.ts'
import type { KafkaCluster } from './connection/cluster.ts'
import { protocolFailure } from './connection/wire.ts'
import { firstRecords } from './fetching/first-records.ts'
import { readSlices } from './fetching/read-slices.ts'
import { errorCode } from './kafka-errors.ts'
import { askForOffsets, offsetsOf, requireOffset } from './offsets.ts'
import type { Producer } from './producing/producer.ts'
import { EARLIEST, LATEST } from './protocol/list-offsets.ts'

/** The log of a cluster. Reads from and writes to partition leaders directly, without a consumer group. */
export function kafkaLog(cluster: KafkaCluster, producer: Producer): TopicLog {
  return {
    append: (topic, records) => producer.append(topic, records),

    async ranges(topic) {
      const ask = async () => {
        const ranges = (await rangesOf(cluster, [topic], { topic })).get(topic)
        if (ranges === undefined) throw topicNotFound(topic)
        return ranges
      }
      return cluster.retrying({ topic }, () => askUntilConsistent(ask))
    },

    rangesOf: (topics) => rangesOf(cluster, topics),

    firstRecords: (slices, isolation) => firstRecords(cluster, slices, isolation),

    async offsetsAt(topic, timestamp) {
      const [found, ends] = await Promise.all([
        // Kafka reserves negative timestamps for the start and the end of a log.
        offsetsOf(cluster, topic, timestamp < 0n ? EARLIEST : timestamp, 'uncommitted'),
        offsetsOf(cluster, topic, LATEST, 'uncommitted'),
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

/**
 * Requests ranges twice, and a third time if they differ. Offsets only grow, so the ranges are accepted if no offset is smaller
 * in a later answer. This check is needed because ListOffsets has no checksum, and a read from damaged offsets would silently
 * skip records.
 */
async function askUntilConsistent(ask: () => Promise<readonly PartitionRange[]>): Promise<readonly PartitionRange[]> {
  const first = await ask()
  const second = await ask()
  if (isUpTo(first, second) && isUpTo(second, first)) return second
  if (isUpTo(first, second) && isUpTo(second, await ask())) return second
  throw protocolFailure(errorCode.OFFSET_NOT_AVAILABLE, 'the broker reports offsets that contradict each other')
}

/** Whether no offset is smaller in `other`, the later ranges, than in `one`. */
const isUpTo = (one: readonly PartitionRange[], other: readonly PartitionRange[]): boolean =>
  one.length <= other.length &&
  one.every(({ start, end }, at) => {
    const later = other[at] as PartitionRange
    return start <= later.start && end <= later.end
  })

/** Returns the ranges of all partitions by topic. Looks the topics up again, because partitions may have been added. */
function rangesOf(
  cluster: KafkaCluster,
  topics: readonly string[],
  subject: { readonly topic?: string } = {},
): Promise<ReadonlyMap<string, readonly PartitionRange[]>> {
  return cluster.retrying(subject, async () => {
    const known = await cluster.partitionsOf(topics)
    const [starts, stable, ends] = await Promise.all([
      askForOffsets(cluster, known, { timestamp: EARLIEST, isolation: 'uncommitted' }),
      askForOffsets(cluster, known, { timestamp: LATEST, isolation: 'committed' }),
      askForOffsets(cluster, known, { timestamp: LATEST, isolation: 'uncommitted' }),
    ])
    for (const answer of [...starts, ...stable, ...ends]) if (!isGone(answer.error)) requireOffset(answer)
    const [startOf, stableOf] = [starts, stable].map(
      (answers) => new Map(answers.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset])),
    )
    // Leave out topics that were deleted after the lookup.
    const remaining = ends.filter(({ error }) => !isGone(error))
    const ranges = remaining.map(({ topic, partition, offset }) => {
      const key = `${topic}/${partition}`
      const stable = stableOf?.get(key) ?? offset
      // Both offsets were requested at the same time. The log may have grown between the two answers.
      const end = stable > offset ? stable : offset
      const start = startOf?.get(key) ?? end
      if (start < 0n || start > end) throw protocolFailure(errorCode.OFFSET_NOT_AVAILABLE)
      const lastStable = stable < end ? stable : undefined
      return { topic, partition, start, end, lastStable }
    })
    const byTopic = Map.groupBy(ranges, ({ topic }) => topic)
    return new Map(
      [...byTopic].map(([topic, own]) => [
        topic,
        own.map(({ partition, start, end, lastStable }) => ({ partition, start, end, lastStable })).sort(byPartition),
      ]),
    )
  })
}

/** Whether the partition does not exist any more. */
const isGone = (error: number): boolean => error === errorCode.UNKNOWN_TOPIC_OR_PARTITION

const byPartition = (a: { readonly partition: number }, b: { readonly partition: number }) => a.partition - b.partition
