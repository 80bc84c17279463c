import { labelPairs, sampleLine } from '../../codecs/prometheus.ts'
import type { TopicFigures } from '../../operations/topics/topic-figures.ts'
import type { MetricFamily } from './family.ts'

/** Returns the metrics of topics. */
export function topicFamilies(topics: readonly TopicFigures[]): readonly MetricFamily[] {
  const ofTopics =
    (read: (topic: TopicFigures) => number | bigint | undefined): MetricFamily['samples'] =>
    (name) =>
      topics.map((topic) => {
        const value = read(topic)
        return value === undefined ? '' : sampleLine(name, { topic: topic.topic }, value)
      })
  const ofPartitions =
    (read: (range: TopicFigures['ranges'][number]) => bigint): MetricFamily['samples'] =>
    (name) =>
      topics.map(({ topic, ranges }) => {
        const shared = `${name}{${labelPairs({ topic })},partition="`
        return ranges.map((range) => `${shared}${range.partition}"} ${read(range)}\n`).join('')
      })
  return [
    {
      name: 'crbus_topic_partitions',
      help: 'partitions of the topic',
      samples: ofTopics(({ partitionCount }) => partitionCount),
    },
    {
      name: 'crbus_topic_under_replicated_partitions',
      help: 'partitions with a replica that is not in sync',
      samples: ofTopics(({ underReplicated }) => underReplicated),
    },
    {
      name: 'crbus_topic_leaderless_partitions',
      help: 'partitions without a leader, which can be neither read nor written',
      samples: ofTopics(({ leaderless }) => leaderless),
    },
    {
      name: 'crbus_topic_size_bytes',
      help: 'bytes of the log of the topic, without replicas',
      unit: 'bytes',
      samples: ofTopics(({ size }) => size),
    },
    {
      name: 'crbus_topic_offsets_total',
      help: 'offsets that were written: the end offset, where the next event goes',
      type: 'counter',
      samples: ofPartitions(({ end }) => end),
    },
    {
      name: 'crbus_topic_start_offset',
      help: 'the oldest offset of the partition',
      samples: ofPartitions(({ start }) => start),
    },
    {
      name: 'crbus_topic_last_stable_offset',
      help: 'the start of the oldest open transaction; the end offset without one',
      samples: ofPartitions(({ end, lastStable = end }) => lastStable),
    },
  ]
}
