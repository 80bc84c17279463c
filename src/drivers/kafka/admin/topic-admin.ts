import type { BusAdmin, SettingSource, TopicDescription, TopicSetting } from '../../../bus/admin.ts'
import { compareText } from '../../../bus/compare.ts'
import { partitionCountNotLarger } from '../../../bus/errors.ts'
import { topicNameError } from '../../../bus/names/names.ts'
import type { KafkaCluster } from '../connection/cluster.ts'
import { protocolFailure, type WireConnection } from '../connection/wire.ts'
import { isPassingCode, missingResult } from '../kafka-errors.ts'
import { offsetsOf } from '../offsets.ts'
import { type Api, ask } from '../protocol/api.ts'
import { type ConfigEntry, describeTopicConfigsApi, incrementalAlterConfigsApi } from '../protocol/configs.ts'
import { LATEST } from '../protocol/list-offsets.ts'
import type { TopicMetadata } from '../protocol/metadata.ts'
import { createPartitionsApi, createTopicApi, deleteTopicApi, type TopicResult } from '../protocol/topics.ts'
import { until } from './until.ts'

/** The `config_source` of a setting that is set on the topic itself. */
const DYNAMIC_TOPIC_CONFIG = 1
type TopicAdmin = Pick<
  BusAdmin,
  | 'listTopics'
  | 'compactedTopics'
  | 'describeTopic'
  | 'createTopic'
  | 'addPartitions'
  | 'topicSettings'
  | 'setTopicConfig'
  | 'validateTopicConfig'
  | 'deleteTopic'
>

export function topicAdmin(cluster: KafkaCluster): TopicAdmin {
  const listed = () => cluster.retrying({}, async () => (await cluster.metadata(null)).topics)

  /** Sends a request to the controller. In a KRaft cluster, every broker forwards the request to it. */
  const askController = async <Request>(
    topic: string,
    api: Api<Request, readonly TopicResult[]>,
    request: Request,
  ): Promise<void> =>
    cluster.retrying({ topic }, async () => {
      const { controller } = await cluster.metadata([])
      await askAboutTopic(await cluster.broker(controller), topic, api, request)
    })

  const describeTopic = async (topic: string): Promise<TopicDescription> => {
    const partitions = await cluster.retrying({ topic }, async () => {
      cluster.forget(topic)
      return cluster.partitions(topic)
    })
    const { entries } = await cluster.retrying({ topic }, async () =>
      askAboutTopic(await cluster.anyBroker(), topic, describeTopicConfigsApi, { topics: [topic], names: null }),
    )
    const config = entries
      .filter(({ source, isSensitive }) => source === DYNAMIC_TOPIC_CONFIG && !isSensitive)
      .map(({ name, value }) => [name, value ?? ''] as const)
      .sort(([a], [b]) => compareText(a, b))
    return {
      ...toSummary({ error: 0, topic, internal: isInternal(topic), partitions }),
      layout: partitions.map(({ partition, leader, replicas, inSync }) => ({ partition, leader, replicas, inSync })),
      config: new Map(config),
    }
  }

  return {
    async listTopics() {
      return (await listed()).map(withHealth).sort((a, b) => compareText(a.topic, b.topic))
    },

    async compactedTopics(topics) {
      if (topics.length === 0) return new Set()
      const answers = await cluster.retrying({}, async () => {
        const request = { topics, names: ['cleanup.policy'] }
        const found = await ask(await cluster.anyBroker(), describeTopicConfigsApi, request)
        for (const { error, message } of found) if (isPassingCode(error)) throw protocolFailure(error, message)
        return found
      })
      const isCompacted = (entries: readonly ConfigEntry[]) =>
        entries.some(({ value }) => value?.split(',').includes('compact') ?? false)
      return new Set(answers.flatMap(({ topic, entries }) => (isCompacted(entries) ? [topic] : [])))
    },

    describeTopic,

    async createTopic(topic, { partitions = 3, replication = -1, config = {} } = {}) {
      const invalid = topicNameError(topic)
      if (invalid) throw invalid
      const { timeout } = cluster.options
      await askController(topic, createTopicApi, { topic, partitions, replication, config, timeout })
      cluster.forget(topic)
      await until(cluster, `topic '${topic}' was created, but the brokers do not serve it yet`, async () => {
        await offsetsOf(cluster, topic, LATEST)
        return true
      })
    },

    async addPartitions(topic, partitions) {
      const { length } = await cluster.retrying({ topic }, async () => {
        cluster.forget(topic)
        return cluster.partitions(topic)
      })
      // Not `partitions <= length`, which is false for NaN.
      if (!(partitions > length)) throw partitionCountNotLarger(topic, length, partitions)
      await askController(topic, createPartitionsApi, { topic, partitions, timeout: cluster.options.timeout })
      await until(
        cluster,
        `partitions were added to topic '${topic}', but the brokers do not serve them yet`,
        async () => {
          cluster.forget(topic)
          const found = await offsetsOf(cluster, topic, LATEST)
          return found.size >= partitions
        },
      )
    },

    async topicSettings(topic) {
      const request = { topics: [topic], names: null, withSynonyms: true }
      const { entries } = await cluster.retrying({ topic }, async () =>
        askAboutTopic(await cluster.anyBroker(), topic, describeTopicConfigsApi, request),
      )
      return entries.map(toSetting).sort((a, b) => compareText(a.name, b.name))
    },

    async validateTopicConfig(topic, config) {
      await askController(topic, incrementalAlterConfigsApi, { topic, config, validateOnly: true })
    },

    async setTopicConfig(topic, config) {
      await askController(topic, incrementalAlterConfigsApi, { topic, config })
      await until(
        cluster,
        `the settings of topic '${topic}' were changed, but brokers still show the old ones`,
        async () => {
          const { config: now } = await describeTopic(topic)
          return Object.entries(config).every(([name, value]) => now.get(name) === (value ?? undefined))
        },
      )
    },

    async deleteTopic(topic) {
      await askController(topic, deleteTopicApi, { topic, timeout: cluster.options.timeout })
      await until(cluster, `topic '${topic}' is marked for deletion, but is still listed`, async () => {
        return !(await listed()).some((known) => known.topic === topic)
      })
      cluster.forget(topic)
    },
  }
}

/** Sends a request and returns the result for one topic. Throws the error in the result, or an error if the result is missing. */
async function askAboutTopic<Request, Result extends TopicResult>(
  broker: WireConnection,
  topic: string,
  api: Api<Request, readonly Result[]>,
  request: Request,
): Promise<Result> {
  const results = await ask(broker, api, request)
  const result = results.find((one) => one.topic === topic)
  if (result === undefined) throw missingResult(broker.address, api.name, `topic '${topic}'`)
  if (result.error !== 0) throw protocolFailure(result.error, result.message, { request: api.name, topic })
  return result
}

/** The sources of settings by `config_source`. Other numbers mean the default. */
const sources: Readonly<Record<number, SettingSource>> = { 1: 'topic', 2: 'broker', 3: 'cluster', 4: 'broker' }

const sourceOf = (source: number): SettingSource => sources[source] ?? 'default'

/** Milliseconds of the units in which brokers name some times, such as `log.retention.hours` for `retention.ms`. */
const units: ReadonlyMap<string, bigint> = new Map([
  ['minutes', 60_000n],
  ['hours', 3_600_000n],
])

function inMilliseconds({ name, value }: ConfigEntry['synonyms'][number]): string | null {
  const unit = units.get(name.slice(name.lastIndexOf('.') + 1))
  return unit === undefined || value === null || !/^\d+$/.test(value) ? value : `${BigInt(value) * unit}`
}

function toSetting({ name, value, source, synonyms }: ConfigEntry): TopicSetting {
  const inherited = synonyms.find((one) => one.source !== DYNAMIC_TOPIC_CONFIG)
  return {
    name,
    value,
    source: sourceOf(source),
    inherited: inherited && { value: inMilliseconds(inherited), source: sourceOf(inherited.source) },
  }
}

/** Whether a topic is internal to Kafka. Some clusters do not set the flag of these topics in Metadata. */
const isInternal = (topic: string): boolean => topic === '__consumer_offsets' || topic === '__transaction_state'

const toSummary = ({ topic, internal, partitions }: TopicMetadata) => ({
  topic,
  partitions: partitions.length,
  replication: partitions[0]?.replicas.length ?? 0,
  internal: internal || isInternal(topic),
})

const withHealth = (topic: TopicMetadata) => ({
  ...toSummary(topic),
  underReplicated: topic.partitions.filter(({ replicas, inSync }) => inSync.length < replicas.length).length,
  leaderless: topic.partitions.filter(({ leader }) => leader === -1).length,
})
