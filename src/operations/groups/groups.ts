import type { GroupDescription, GroupState } from '../../bus/admin.ts'
import { comparePartitions } from '../../bus/compare.ts'
import { groupNotFound } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { isDefaultGroup, partitionName, topicsOfDefaultGroup } from '../../bus/names/names.ts'
import type { Position } from '../../bus/record.ts'
import type { EventCount } from '../events/event-count.ts'
import { countLag, lagCounts } from '../lag/count-lag.ts'
import { readFirstWaiting } from '../lag/first-waiting.ts'

export interface GroupOverview {
  readonly group: string
  readonly state: GroupState
  readonly type: 'classic' | 'consumer'
  /** The assignment strategy, for example `range`; empty without members. */
  readonly protocol: string
  readonly memberCount: number
  /** Topics that members read or that the group has committed offsets on, else the topics in its default name. Sorted. */
  readonly topics: readonly string[]
  /** Whether the group has the default name of crbus groups, which consists of their topics. */
  readonly isAutoNamed: boolean
}

/** Lists every group with its state and topics. */
export async function listGroups(bus: EventBus): Promise<GroupOverview[]> {
  const groups = (await bus.admin.listGroups()).map(({ group }) => group)
  const [descriptions, committed, known] = await Promise.all([
    bus.admin.describeGroups(groups),
    bus.admin.committedOffsetsOf(groups),
    topicNames(bus),
  ])
  return descriptions.map((description, at) => ({
    ...overview(description, committed[at] ?? [], known),
    // ListGroups returns it but DescribeGroups says Dead, so it is not a consumer group.
    ...(description.state === 'Dead' ? { state: 'Unknown' } : {}),
    memberCount: description.members.length,
  }))
}

/** Lists the names of all topics. */
const topicNames = async (bus: EventBus): Promise<string[]> => (await bus.admin.listTopics()).map(({ topic }) => topic)

function overview(description: GroupDescription, committed: readonly Position[], allTopics: readonly string[]) {
  const { group, state, protocol, groupType, members } = description
  const used = new Set([
    ...members.flatMap(({ subscription = [], assignment }) => [
      ...subscription,
      ...assignment.map(({ topic }) => topic),
    ]),
    ...committed.map(({ topic }) => topic),
  ])
  const topics = used.size > 0 ? [...used].sort() : topicsOfDefaultGroup(group, allTopics)
  return { group, state, type: groupType ?? ('classic' as const), protocol, topics, isAutoNamed: isDefaultGroup(group) }
}

/**
 * A partition that the group reads or has a committed offset on. `start`, `end` and `lastStable` are `null` if the topic is gone.
 */
interface GroupOffset {
  readonly topic: string
  readonly partition: number
  readonly committed: bigint | null
  /** The metadata and the leader epoch that were committed with the offset. */
  readonly metadata: string | null
  readonly leaderEpoch: number | null
  readonly start: bigint | null
  /** The high watermark. */
  readonly end: bigint | null
  /** The start of the oldest open transaction; equal to `end` if no transaction is open. */
  readonly lastStable: bigint | null
  /** Waiting events in the log; an upper bound if `counts` is `offsets`. */
  readonly lag: bigint | null
  readonly counts: EventCount
  /** Number of offsets from the committed one to the start of the log. Their events were deleted before the group read them. */
  readonly gone: bigint
  /** The member that reads the partition. */
  readonly memberId: string | null
}

export interface GroupReport extends Omit<GroupOverview, 'memberCount'> {
  readonly coordinator: GroupDescription['coordinator'] | null
  readonly members: GroupDescription['members']
  readonly offsets: readonly GroupOffset[]
  /** The sum over the partitions with a committed offset; `null` if no partition has one. */
  readonly lag: bigint | null
}

/** Describes a group, its members, and its offset and lag on every partition. Throws `GROUP_NOT_FOUND` if it does not exist. */
export async function describeGroup(bus: EventBus, group: string): Promise<GroupReport> {
  const [description, committed, known] = await Promise.all([
    bus.admin.describeGroup(group),
    bus.admin.committedOffsets(group),
    topicNames(bus),
  ])
  if (description.state === 'Dead' && committed.length === 0) throw groupNotFound(group)
  const owned = description.members.flatMap(({ memberId, assignment }) =>
    assignment.map(({ topic, partition }) => ({ topic, partition, memberId })),
  )
  const ownerOf = new Map(owned.map((own) => [partitionName(own), own.memberId]))
  const commitOf = new Map(committed.map((commit) => [partitionName(commit), commit]))
  const used = new Map([...owned, ...committed].map((own) => [partitionName(own), own]))
  const ranges = await bus.log.rangesOf([...used.values()].map(({ topic }) => topic))
  const partitions = [...used].map(([key, { topic, partition }]) => {
    const range = ranges.get(topic)?.find((own) => own.partition === partition)
    const { start, end, lastStable } = range ?? {}
    const commit = commitOf.get(key)
    return { topic, partition, key, commit, committed: commit?.offset, start, end, lastStable }
  })
  const [waiting, compacted] = await Promise.all([
    readFirstWaiting(bus, partitions),
    bus.admin.compactedTopics([...new Set(partitions.map(({ topic }) => topic))]),
  ])
  const offsets = partitions
    .map((own): GroupOffset => {
      const { topic, partition, key, commit, start, end, lastStable } = own
      const { lag, gone } = countLag(own, waiting(own))
      return {
        topic,
        partition,
        committed: own.committed ?? null,
        metadata: commit?.metadata ?? null,
        leaderEpoch: commit?.leaderEpoch ?? null,
        start: start ?? null,
        end: end ?? null,
        lastStable: lastStable ?? end ?? null,
        lag: lag ?? null,
        counts: lagCounts({ lag }, compacted.has(topic)),
        gone: gone ?? 0n,
        memberId: ownerOf.get(key) ?? null,
      }
    })
    .sort(comparePartitions)
  return {
    ...overview(description, committed, known),
    coordinator: description.coordinator ?? null,
    members: description.members,
    offsets,
    lag: offsets.reduce<bigint | null>((sum, { lag }) => (lag === null ? sum : (sum ?? 0n) + lag), null),
  }
}
