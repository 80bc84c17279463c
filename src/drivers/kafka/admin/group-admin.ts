import type { BusAdmin, GroupDescription, TopicPartition } from '../../../bus/admin.ts'
import { compareText } from '../../../bus/compare.ts'
import { EventBusError, groupActive, invalidTopic, topicNotFound } from '../../../bus/errors.ts'
import { partitionName } from '../../../bus/names/names.ts'
import { PartitionMap } from '../../../bus/names/partition-map.ts'
import type { Coordinator, KafkaCluster } from '../connection/cluster.ts'
import { protocolFailure, type WireConnection } from '../connection/wire.ts'
import { errorCode, missingResult } from '../kafka-errors.ts'
import { ask } from '../protocol/api.ts'
import { offsetCommitApi, offsetDeleteApi } from '../protocol/committed-offsets.ts'
import { describeConsumerGroupsApi } from '../protocol/consumer-groups.ts'
import { deleteGroupApi, describeGroupsApi, listGroupsApi } from '../protocol/groups.ts'
import type { PartitionAnswer } from '../protocol/partitions.ts'
import { committedOffsets, fetchOffsets, toPositions } from './committed-offsets.ts'
import { deadGroup, toConsumerGroupDescription, toDescription } from './group-description.ts'

type GroupAdmin = Pick<
  BusAdmin,
  | 'listGroups'
  | 'describeGroup'
  | 'describeGroups'
  | 'committedOffsets'
  | 'committedOffsetsOf'
  | 'commitOffsets'
  | 'deleteOffsets'
  | 'deleteGroup'
>

export function groupAdmin(cluster: KafkaCluster): GroupAdmin {
  /** Asks the coordinators of these groups concurrently, each about the groups that it coordinates. */
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

  /** Describes groups that a broker coordinates. Groups that it does not know are `Dead`. */
  const describeAt = async (broker: WireConnection, own: readonly string[], coordinator: Coordinator) => {
    const described = (await ask(broker, describeGroupsApi, own)).map(toDescription)
    // A group of the KIP-848 protocol seems to have no members in DescribeGroups: Kafka reports it as dead, other brokers do not.
    const unclear = described.filter(({ state, members }) => members.length === 0 && state !== 'Empty')
    const names = unclear.map(({ group }) => group)
    const newer = await cluster.askNewer(broker, describeConsumerGroupsApi, names)
    const newerOf = new Map(newer.map((found) => [found.group, toConsumerGroupDescription(found)]))
    return described.map((description) => ({ ...(newerOf.get(description.group) ?? description), coordinator }))
  }

  const describeGroups = async (groups: readonly string[], subject: { readonly group?: string } = {}) => {
    const found = await cluster.retrying(subject, () => askCoordinators(groups, describeAt))
    const descriptionOf = new Map(found.map((description) => [description.group, description]))
    return groups.map((group) => descriptionOf.get(group) ?? deadGroup(group))
  }

  const describeGroup = async (group: string): Promise<GroupDescription> => {
    const [description] = await describeGroups([group], { group })
    return description ?? deadGroup(group)
  }

  const requireNoMembers = async (group: string): Promise<void> => {
    const { members } = await describeGroup(group)
    if (members.length > 0) {
      throw groupActive(
        group,
        members.map(({ memberId }) => memberId),
      )
    }
  }

  return {
    async listGroups() {
      const { brokers } = await cluster.retrying({}, () => cluster.metadata([]))
      const answers = await Promise.all(
        brokers.map(({ id }) =>
          cluster.retrying({}, async () => {
            const answer = await ask(await cluster.broker(id), listGroupsApi, undefined)
            if (answer.error !== 0) throw protocolFailure(answer.error, null, { request: listGroupsApi.name })
            return answer.groups
          }),
        ),
      )
      return answers.flat().sort((a, b) => compareText(a.group, b.group))
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
      await requireNoMembers(group)
      const known = await cluster.retrying({ group }, () => cluster.partitionsOf(offsets.map(({ topic }) => topic)))
      for (const { topic, partition, offset } of offsets) {
        const partitions = known.get(topic)
        if (partitions === undefined) throw topicNotFound(topic)
        if (partitions[partition] === undefined) throw invalidTopic(topic, `has no partition ${partition}`)
        if (offset < 0n)
          throw new EventBusError(
            'REFUSED',
            `cannot commit offset ${offset} of ${partitionName({ topic, partition })}: offsets begin at 0`,
          )
      }
      await cluster.retrying({ group }, async () => {
        const coordinator = await cluster.coordinator(group)
        const request = { group, generation: -1, memberId: '', offsets }
        const answers = await ask(coordinator, offsetCommitApi, request)
        for (const { error, topic } of answers) {
          if (error === errorCode.UNKNOWN_TOPIC_OR_PARTITION) throw topicNotFound(topic)
          if (error !== 0) throw protocolFailure(error, null, { request: offsetCommitApi.name, topic })
        }
        requireResults(coordinator, offsetCommitApi.name, offsets, answers)
      })
    },

    async deleteOffsets(group, partitions) {
      await requireNoMembers(group)
      await cluster.retrying({ group }, async () => {
        const coordinator = await cluster.coordinator(group)
        const { error, partitions: answers } = await ask(coordinator, offsetDeleteApi, { group, partitions })
        const refused = answers.find((answer) => answer.error !== 0 && !isGone(answer.error))
        const failed = error || refused?.error
        if (failed) throw protocolFailure(failed, null, { request: offsetDeleteApi.name, topic: refused?.topic })
        requireResults(coordinator, offsetDeleteApi.name, partitions, answers)
      })
    },

    async deleteGroup(group) {
      await requireNoMembers(group)
      await cluster.retrying({ group }, async () => {
        const coordinator = await cluster.coordinator(group)
        const results = await ask(coordinator, deleteGroupApi, group)
        const result = results.find((one) => one.group === group)
        if (result === undefined) throw missingResult(coordinator.address, deleteGroupApi.name, `group '${group}'`)
        if (result.error !== 0) throw protocolFailure(result.error, null, { request: deleteGroupApi.name })
      })
    },
  }
}

/** Throws if an answer has no result for one of the partitions. */
function requireResults(
  { address }: WireConnection,
  request: string,
  partitions: readonly TopicPartition[],
  answers: readonly PartitionAnswer[],
): void {
  const answered = new PartitionMap<PartitionAnswer>()
  for (const answer of answers) answered.set(answer, answer)
  const missing = partitions.find((partition) => answered.get(partition) === undefined)
  if (missing !== undefined) throw missingResult(address, request, partitionName(missing))
}

/** Whether the partition does not exist any more, so that there is no committed offset to delete. */
const isGone = (error: number): boolean => error === errorCode.UNKNOWN_TOPIC_OR_PARTITION
