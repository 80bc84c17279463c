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
  /** Topics that members subscribe to or the group has committed on; without any, those in its default name. Sorted. */
  readonly topics: readonly string[]
  /** Whether it has the default name of a group, which is made of its topics. */
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

const topicNames = async (bus: EventBus): Promise<string[]> => (await bus.admin.listTopics()).map(({ topic }) => topic)

function overview(description: GroupDescription, committed: readonly Position[], known: readonly string[]) {
  const { group, state, protocol, groupType, members } = description
  const used = new Set([
    ...members.flatMap(({ subscription = [], assignment }) => [
      ...subscription,
      ...assignment.map(({ topic }) => topic),
    ]),
    ...committed.map(({ topic }) => topic),
  ])
  const topics = used.size > 0 ? [...used].sort() : topicsOfDefaultGroup(group, known)
  return { group, state, type: groupType ?? ('classic' as const), protocol, topics, isAutoNamed: isDefaultGroup(group) }
}

/** A partition that the group has committed on or reads. Unknown values are `null`: those of the log when the topic is gone. */
interface GroupOffset {
  readonly topic: string
  readonly partition: number
  readonly committed: bigint | null
  /** Committed with the offset. */
  readonly metadata: string | null
  readonly leaderEpoch: number | null
  readonly start: bigint | null
  /** The high watermark. */
  readonly end: bigint | null
  /** The start of the oldest open transaction; equal to `end` without one. */
  readonly lastStable: bigint | null
  /** Waiting events that were not deleted; an upper bound where `counts` is `offsets`. */
  readonly lag: bigint | null
  readonly counts: EventCount
  /** Offsets between the committed one and the log's start, whose events were deleted unread. */
  readonly gone: bigint
  readonly memberId: string | null
}

export interface GroupReport extends Omit<GroupOverview, 'memberCount'> {
  readonly coordinator: GroupDescription['coordinator'] | null
  readonly members: GroupDescription['members']
  readonly offsets: readonly GroupOffset[]
  /** Over the partitions with a committed offset; `null` when there are none. */
  readonly lag: bigint | null
}

/** Describes a group, its members, and its offset and lag on every partition. `GROUP_NOT_FOUND` when it does not exist. */
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
  const commitOf = new Map(committed.map((position) => [partitionName(position), position]))
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
