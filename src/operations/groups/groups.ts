import type { GroupDescription, GroupState } from '../../bus/admin.ts'
import { groupNotFound } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import { isDefaultGroup, partitionName, topicsOfDefaultGroup } from '../../bus/names/names.ts'
import type { Position } from '../../bus/record.ts'
import type { EventCount } from '../events/event-count.ts'
import { countLag, firstWaiting, lagCounts } from '../lag/lag.ts'

export interface GroupOverview {
  readonly group: string
  readonly state: GroupState
  readonly type: 'classic' | 'consumer'
  /** How partitions are shared out, for example `range`; empty without members. */
  readonly protocol: string
  readonly members: number
  /** What its members ask for or it has committed; else what its name says. Sorted. */
  readonly topics: readonly string[]
  /** It has the name a service gets that names no group. */
  readonly isAutoNamed: boolean
}

/** Every group with its state and topics. */
export async function listGroups(bus: EventBus): Promise<GroupOverview[]> {
  const groups = (await bus.admin.listGroups()).map(({ group }) => group)
  const [descriptions, committed, known] = await Promise.all([
    bus.admin.describeGroups(groups),
    bus.admin.committedOffsetsOf(groups),
    topicNames(bus),
  ])
  return descriptions.map((description, at) => ({
    ...overview(description, committed[at] ?? [], known),
    // Listed, and dead to who is asked about it: a kind of group that is none of subscribers.
    ...(description.state === 'Dead' ? { state: 'Unknown' } : {}),
    members: description.members.length,
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

/** A partition the group has committed or reads. What is not known is `null`: the log's, when the topic is gone. */
interface GroupOffset {
  readonly topic: string
  readonly partition: number
  readonly offset: bigint | null
  /** What was committed with it. */
  readonly metadata: string | null
  readonly leaderEpoch: number | null
  readonly start: bigint | null
  /** The high watermark, and where the oldest open transaction begins: the same without one. */
  readonly end: bigint | null
  readonly lastStable: bigint | null
  /** Events that wait and are still there; at most so many where `counts` is `offsets`. */
  readonly lag: bigint | null
  readonly counts: EventCount
  /** Offsets between the committed one and the log's start, whose events were deleted unread. */
  readonly gone: bigint
  readonly memberId: string | null
}

export interface GroupReport extends Omit<GroupOverview, 'members'> {
  readonly coordinator: GroupDescription['coordinator'] | null
  readonly members: GroupDescription['members']
  readonly offsets: readonly GroupOffset[]
  /** Of the partitions it has committed; `null` when there is none. */
  readonly totalLag: bigint | null
}

/** A group with its members, and where it is on every partition. `GROUP_NOT_FOUND` when there is none. */
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
  const places = new Map([...owned, ...committed].map((place) => [partitionName(place), place]))
  const ranges = await bus.log.rangesOf([...places.values()].map(({ topic }) => topic))
  const looks = [...places].map(([key, { topic, partition }]) => {
    const range = ranges.get(topic)?.find((one) => one.partition === partition)
    const { start, end, lastStable } = range ?? {}
    const commit = committed.find((one) => partitionName(one) === key)
    return { topic, partition, key, commit, committed: commit?.offset, start, end, lastStable }
  })
  const [waiting, compacted] = await Promise.all([
    firstWaiting(bus, looks),
    bus.admin.compactedTopics([...new Set(looks.map(({ topic }) => topic))]),
  ])
  const offsets = looks
    .map((look): GroupOffset => {
      const { topic, partition, key, start, end, lastStable } = look
      const { lag, gone } = countLag(look, waiting(look))
      return {
        topic,
        partition,
        offset: look.committed ?? null,
        metadata: look.commit?.metadata ?? null,
        leaderEpoch: look.commit?.leaderEpoch ?? null,
        start: start ?? null,
        end: end ?? null,
        lastStable: lastStable ?? end ?? null,
        lag: lag ?? null,
        counts: lagCounts({ lag }, compacted.has(topic)),
        gone: gone ?? 0n,
        memberId: owned.find((one) => partitionName(one) === key)?.memberId ?? null,
      }
    })
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
  return {
    ...overview(description, committed, known),
    coordinator: description.coordinator ?? null,
    members: description.members,
    offsets,
    totalLag: offsets.reduce<bigint | null>((sum, { lag }) => (lag === null ? sum : (sum ?? 0n) + lag), null),
  }
}
