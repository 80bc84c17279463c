import type { BusAdmin, CommittedOffset, GroupDescription, GroupState, TopicDescription } from '../../bus/admin.ts'
import {
  EventBusError,
  groupActive,
  invalidTopic,
  noMorePartitions,
  topicNotFound,
  transportError,
} from '../../bus/errors.ts'
import { topicNameError } from '../../bus/names/names.ts'
import type { Coordinator, KafkaCluster } from './connection/cluster.ts'
import { triedFor } from './connection/tried-for.ts'
import { protocolFailure, type WireConnection } from './connection/wire.ts'
import { errorCode, isNoGroup, isPassingCode } from './kafka-errors.ts'
import { offsetsOf } from './log.ts'
import {
  type Api,
  ask,
  type ConfigEntry,
  createPartitionsApi,
  createTopicApi,
  type DescribedConsumerGroup,
  type DescribedGroup,
  decodeAssignment,
  decodeSubscription,
  deleteGroupApi,
  deleteTopicApi,
  describeConsumerGroupsApi,
  describeGroupsApi,
  describeTopicConfigsApi,
  type FetchedOffsets,
  incrementalAlterConfigsApi,
  LATEST,
  listGroupsApi,
  offsetCommitApi,
  offsetDeleteApi,
  offsetFetchApi,
  offsetFetchManyApi,
  type TopicMetadata,
} from './protocol/protocol.ts'

const groupStates: ReadonlySet<string> = new Set<GroupState>([
  'Empty',
  'Stable',
  'PreparingRebalance',
  'CompletingRebalance',
  'Assigning',
  'Reconciling',
  'Dead',
])

const SET_ON_TOPIC = 1
const PAUSE_MS = 20

/** Topics, groups and the cluster, asked for directly: nothing here joins a group. */
export function kafkaAdmin(cluster: KafkaCluster): BusAdmin {
  const metadata = (topics: readonly string[] | null = null) =>
    cluster.retrying({ topic: topics?.[0] }, () => cluster.metadata(topics))

  /** Asks the controller; in a KRaft cluster every broker passes the request on. */
  const askController = async <Request, Answer extends { error: number; message: string | null }>(
    topic: string,
    api: Api<Request, Answer>,
    request: Request,
  ): Promise<Answer> =>
    cluster.retrying({ topic }, async () => {
      const { controller } = await cluster.metadata([])
      const answer = await ask(await cluster.broker(controller), api, request)
      if (answer.error !== 0) throw protocolFailure(answer.error, answer.message, { request: api.name, topic })
      return answer
    })

  const describeTopic = async (topic: string): Promise<TopicDescription> => {
    const partitions = await cluster.retrying({ topic }, async () => {
      cluster.forget(topic)
      return cluster.partitions(topic)
    })
    const [described] = await cluster.retrying({ topic }, async () => {
      const answers = await ask(await cluster.anyBroker(), describeTopicConfigsApi, { topics: [topic], names: null })
      for (const { error, message } of answers)
        if (error !== 0) throw protocolFailure(error, message, { request: describeTopicConfigsApi.name, topic })
      return answers
    })
    const config = (described?.entries ?? [])
      .filter(({ source, isSensitive }) => source === SET_ON_TOPIC && !isSensitive)
      .map(({ name, value }) => [name, value ?? ''] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1))
    return {
      ...toSummary({ error: 0, topic, internal: isInternal(topic), partitions }),
      layout: partitions.map(({ partition, leader, replicas, inSync }) => ({ partition, leader, replicas, inSync })),
      config: new Map(config),
    }
  }

  /** Asks every broker that keeps some of the groups about those it keeps, all of them at once. */
  const askCoordinators = async <Answer>(
    groups: readonly string[],
    about: (broker: WireConnection, own: readonly string[], coordinator: Coordinator) => Promise<readonly Answer[]>,
  ): Promise<readonly Answer[]> => {
    const coordinators = await cluster.coordinators(groups)
    const answers = coordinators.map(async ({ coordinator, groups: own }) =>
      about(await cluster.broker(coordinator.id), own, coordinator),
    )
    return (await Promise.all(answers)).flat()
  }

  /** Groups that a broker keeps; those it does not know are dead. */
  const describeAt = async (broker: WireConnection, own: readonly string[], coordinator: Coordinator) => {
    const described = (await ask(broker, describeGroupsApi, own)).map(toDescription)
    // For groups of the protocol that came with Kafka 4, DescribeGroups answers with no members: Kafka says that they are
    // dead, others that they are running.
    const unclear = described.filter(({ state, members }) => members.length === 0 && state !== 'Empty')
    const names = unclear.map(({ group }) => group)
    const newer = await cluster.askNewer(broker, describeConsumerGroupsApi, names)
    const newerOf = new Map(newer.map((found) => [found.group, toNewerDescription(found)]))
    return described.map((description) => ({ ...(newerOf.get(description.group) ?? description), coordinator }))
  }

  const describeGroups = async (groups: readonly string[], place: { readonly group?: string } = {}) => {
    const found = await cluster.retrying(place, () => askCoordinators(groups, describeAt))
    const descriptionOf = new Map(found.map((description) => [description.group, description]))
    return groups.map((group) => descriptionOf.get(group) ?? deadGroup(group))
  }

  const describeGroup = async (group: string): Promise<GroupDescription> => {
    const [description] = await describeGroups([group], { group })
    return description ?? deadGroup(group)
  }

  const requireIdle = async (group: string): Promise<void> => {
    const { members } = await describeGroup(group)
    if (members.length > 0) {
      throw groupActive(
        group,
        members.map(({ memberId }) => memberId),
      )
    }
  }

  return {
    async listTopics() {
      const { topics } = await metadata()
      return topics.map(toSummary).sort((a, b) => (a.topic < b.topic ? -1 : 1))
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
      await until(cluster, `topic '${topic}' was created, but its partitions have no leader yet`, async () => {
        await offsetsOf(cluster, topic, LATEST)
        return true
      })
    },

    async addPartitions(topic, partitions) {
      const { length } = await cluster.retrying({ topic }, async () => {
        cluster.forget(topic)
        return cluster.partitions(topic)
      })
      if (!(partitions > length)) throw noMorePartitions(topic, length, partitions)
      await askController(topic, createPartitionsApi, { topic, partitions, timeout: cluster.options.timeout })
      await until(cluster, `topic '${topic}' was given partitions that have no leader yet`, async () => {
        cluster.forget(topic)
        const found = await offsetsOf(cluster, topic, LATEST)
        return found.size >= partitions
      })
    },

    async setTopicConfig(topic, config) {
      await askController(topic, incrementalAlterConfigsApi, { topic, config })
      await until(cluster, `the settings of topic '${topic}' were changed, but are not to be seen yet`, async () => {
        const { config: now } = await describeTopic(topic)
        return Object.entries(config).every(([name, value]) => now.get(name) === value)
      })
    },

    async deleteTopic(topic) {
      await askController(topic, deleteTopicApi, { topic, timeout: cluster.options.timeout })
      await until(cluster, `topic '${topic}' is marked for deletion, but still listed`, async () => {
        const { topics } = await metadata()
        return !topics.some((known) => known.topic === topic)
      })
      cluster.forget(topic)
    },

    async listGroups() {
      const { brokers } = await metadata([])
      const answers = await Promise.all(
        brokers.map(({ id }) =>
          cluster.retrying({}, async () => {
            const answer = await ask(await cluster.broker(id), listGroupsApi, undefined)
            if (answer.error !== 0) throw protocolFailure(answer.error, null, { request: listGroupsApi.name })
            return answer.groups
          }),
        ),
      )
      return answers.flat().sort((a, b) => (a.group < b.group ? -1 : 1))
    },

    describeGroup,

    describeGroups: (groups) => describeGroups(groups),

    committedOffsets: (group, topics) => committedOffsets(cluster, group, topics),

    committedOffsetsOf: (groups) =>
      cluster.retrying({}, async () => {
        const found = await askCoordinators(groups, (broker, own) => fetchOffsets(cluster, broker, own))
        const offsetsOf = new Map(found.map((fetched) => [fetched.group, toPositions(fetched)]))
        return groups.map((group) => offsetsOf.get(group) ?? [])
      }),

    async commitOffsets(group, offsets) {
      if (offsets.length === 0) return
      await requireIdle(group)
      const known = await cluster.retrying({ group }, () => cluster.partitionsOf(offsets.map(({ topic }) => topic)))
      for (const { topic, partition, offset } of offsets) {
        const partitions = known.get(topic)
        if (partitions === undefined) throw topicNotFound(topic)
        if (partitions[partition] === undefined) throw invalidTopic(topic, `has no partition ${partition}`)
        if (offset < 0n)
          throw new EventBusError('REFUSED', `${offset} is no offset to commit for ${topic}[${partition}]`)
      }
      await cluster.retrying({ group }, async () => {
        const request = { group, generation: -1, memberId: '', offsets }
        const answers = await ask(await cluster.coordinator(group), offsetCommitApi, request)
        for (const { error, topic } of answers) {
          if (error === errorCode.UNKNOWN_TOPIC_OR_PARTITION) throw topicNotFound(topic)
          if (error !== 0) throw protocolFailure(error, null, { request: offsetCommitApi.name, topic })
        }
      })
    },

    async deleteOffsets(group, partitions) {
      await requireIdle(group)
      await cluster.retrying({ group }, async () => {
        const request = { group, places: partitions }
        const { error, partitions: answers } = await ask(await cluster.coordinator(group), offsetDeleteApi, request)
        const refused = answers.find((answer) => answer.error !== 0 && !isGone(answer.error))
        const failed = error || refused?.error
        if (failed) throw protocolFailure(failed, null, { request: offsetDeleteApi.name, topic: refused?.topic })
      })
    },

    async deleteGroup(group) {
      await requireIdle(group)
      await cluster.retrying({ group }, async () => {
        const error = await ask(await cluster.coordinator(group), deleteGroupApi, group)
        if (error !== 0) throw protocolFailure(error, null, { request: deleteGroupApi.name })
      })
    },

    async describeCluster() {
      const { clusterId, controller, brokers } = await metadata([])
      return { kind: 'kafka', clusterId, controller, brokers: [...brokers].sort((a, b) => a.id - b.id) }
    },
  }
}

/** Of every partition the group has committed, sorted. */
export async function committedOffsets(
  cluster: KafkaCluster,
  group: string,
  topics?: readonly string[],
): Promise<readonly CommittedOffset[]> {
  return cluster.retrying({ group }, async () => {
    const [found] = await cluster.coordinators([group])
    if (found === undefined) return []
    const [fetched] = await fetchOffsets(cluster, await cluster.broker(found.coordinator.id), [group])
    return fetched === undefined ? [] : toPositions(fetched, topics)
  })
}

/** What groups that one broker keeps have committed: by one request, or by one a group where the broker takes no more. */
async function fetchOffsets(
  cluster: KafkaCluster,
  broker: WireConnection,
  groups: readonly string[],
): Promise<readonly FetchedOffsets[]> {
  const found = await cluster.askNewer(broker, offsetFetchManyApi, groups)
  const known = new Set(found.map(({ group }) => group))
  const rest = groups.filter((group) => !known.has(group))
  const others = rest.map(async (group) => ({ group, ...(await ask(broker, offsetFetchApi, { group, places: null })) }))
  return [...found, ...(await Promise.all(others))]
}

function toPositions({ group, error, offsets }: FetchedOffsets, topics?: readonly string[]): CommittedOffset[] {
  if (isNoGroup(error)) return []
  if (error !== 0) throw protocolFailure(error, null, { request: offsetFetchApi.name, group })
  return offsets.filter(({ topic }) => topics?.includes(topic) ?? true).sort(byPlace)
}

const deadGroup = (group: string): GroupDescription => ({
  group,
  protocolType: '',
  state: 'Dead',
  protocol: '',
  members: [],
})

function toDescription(found: DescribedGroup): GroupDescription {
  const { group, error, state } = found
  if (isNoGroup(error) || (error === 0 && state === 'Dead')) return deadGroup(group)
  if (error !== 0) throw protocolFailure(error, null, { request: describeGroupsApi.name, group })
  // Only groups of subscribers speak this language.
  const isOurs = found.protocolType === 'consumer'
  return {
    group,
    protocolType: found.protocolType,
    state: toState(state),
    protocol: found.protocol,
    members: found.members.map(({ memberId, clientId, host, subscription, assignment }) => ({
      memberId,
      clientId,
      host: host.replace(/^\//, ''),
      assignment: isOurs ? decodeAssignment(assignment).sort(byPlace) : [],
      // Empty while the member is still joining.
      subscription: isOurs && subscription.length > 0 ? decodeSubscription(subscription).sort() : undefined,
    })),
  }
}

/** `undefined` for a group that is none of the newer protocol. */
function toNewerDescription(found: DescribedConsumerGroup): GroupDescription | undefined {
  if (isNoGroup(found.error)) return undefined
  if (found.error !== 0)
    throw protocolFailure(found.error, null, { request: describeConsumerGroupsApi.name, group: found.group })
  return {
    group: found.group,
    protocolType: 'consumer',
    groupType: 'consumer',
    state: toState(found.state),
    protocol: found.assignor,
    members: found.members.map(({ host, assignment, subscription, ...member }) => ({
      ...member,
      host: host.replace(/^\//, ''),
      assignment: [...assignment].sort(byPlace),
      subscription: [...subscription].sort(),
    })),
  }
}

const toState = (state: string): GroupState => (groupStates.has(state) ? (state as GroupState) : 'Unknown')

/** A partition that is no longer there holds nothing to forget. */
const isGone = (error: number): boolean => error === errorCode.UNKNOWN_TOPIC_OR_PARTITION

interface Place {
  readonly topic: string
  readonly partition: number
}

const byPlace = (a: Place, b: Place): number =>
  a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1

/** Metadata has a flag for these, which some clusters leave out. */
const isInternal = (topic: string): boolean => topic === '__consumer_offsets' || topic === '__transaction_state'

const toSummary = ({ topic, internal, partitions }: TopicMetadata) => ({
  topic,
  partitions: partitions.length,
  replication: partitions[0]?.replicas.length ?? 0,
  internal: internal || isInternal(topic),
})

/** Looks until it is so; the brokers of a cluster hear of a change one after another. */
async function until(cluster: KafkaCluster, otherwise: string, isSo: () => Promise<boolean>): Promise<void> {
  const { timeout } = cluster.options
  const start = performance.now()
  for (;;) {
    const tried = performance.now() - start
    const isLate = tried > timeout
    try {
      if (await isSo()) return
      if (isLate) throw triedFor(transportError(otherwise), tried, timeout, true)
    } catch (error) {
      const isNew = error instanceof EventBusError && error.code === 'TOPIC_NOT_FOUND'
      if (!isNew || isLate) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}
