import type { CommittedOffset, GroupDescription, TopicPartition } from '../../bus/admin.ts'
import { comparePartitions } from '../../bus/compare.ts'
import type { JoinRequest } from '../../bus/driver-port.ts'
import { groupActive, groupNotFound, topicNotFound } from '../../bus/errors.ts'
import type { Position } from '../../bus/record.ts'
import { assignRange } from '../assignment.ts'
import type { Changes } from './changes.ts'
import { MemoryMember } from './group-member.ts'
import type { MemoryTopics } from './topics.ts'

interface Group {
  readonly members: Map<string, MemoryMember>
  /** The committed offsets, which are the next ones to read, by `TOPIC/PARTITION`. */
  readonly committed: Map<string, CommittedOffset>
}

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

/** The consumer groups of a broker: their members, the assignment of partitions and the committed offsets. */
export class GroupRegistry {
  readonly #topics: MemoryTopics
  readonly #changes: Changes
  readonly #groups = new Map<string, Group>()
  /** The groups to delete when their member leaves. */
  readonly #private = new Set<string>()
  /** How many members have joined so far, for unique member ids. */
  #joinCount = 0

  constructor(topics: MemoryTopics, changes: Changes) {
    this.#topics = topics
    this.#changes = changes
  }

  has(group: string): boolean {
    return this.#groups.has(group)
  }

  /** Marks a group for deletion when its only member leaves, and returns its name. */
  makePrivate(group: string): string {
    this.#private.add(group)
    return group
  }

  join(request: JoinRequest, clientId: string): MemoryMember {
    this.#joinCount += 1
    const existed = this.#groups.has(request.group)
    const group = this.#getOrCreate(request.group)
    const member = new MemoryMember(`${clientId}-${this.#joinCount}`, clientId, request, {
      topics: this.#topics,
      changes: this.#changes,
      commit: (position) => group.committed.set(keyOf(position), position),
      leave: () => {
        group.members.delete(member.memberId)
        const isUnused =
          !existed && request.autoCommit === false && group.members.size === 0 && group.committed.size === 0
        if (this.#private.delete(request.group) || isUnused) this.#groups.delete(request.group)
        this.#rebalance(group)
      },
    })
    group.members.set(member.memberId, member)
    this.#rebalance(group)
    return member
  }

  /** Removes all members of a client. */
  removeClient(clientId: string): void {
    for (const { members } of [...this.#groups.values()]) {
      for (const member of [...members.values()]) if (member.clientId === clientId) member.leave()
    }
  }

  subscribersOf(topic: string): number {
    const members = [...this.#groups.values()].flatMap((group) => [...group.members.values()])
    return members.filter(({ request }) => request.topics.includes(topic)).length
  }

  list(): string[] {
    return [...this.#groups.keys()].sort()
  }

  describe(group: string): GroupDescription {
    const known = this.#groups.get(group)
    const members = [...(known?.members.values() ?? [])].map(({ memberId, clientId, assignment, request }) => ({
      memberId,
      clientId,
      host: 'memory',
      assignment,
      subscription: [...request.topics].sort(),
    }))
    const isEmpty = members.length === 0
    const state = known === undefined ? 'Dead' : isEmpty ? 'Empty' : 'Stable'
    return { group, protocolType: 'consumer', state, protocol: isEmpty ? '' : 'range', members }
  }

  committed(group: string, topics?: readonly string[]): CommittedOffset[] {
    return [...(this.#groups.get(group)?.committed.values() ?? [])]
      .filter(({ topic }) => topics === undefined || topics.includes(topic))
      .sort(comparePartitions)
  }

  commit(group: string, positions: readonly CommittedOffset[]): void {
    this.#requireIdle(group)
    for (const { topic, partition } of positions) {
      if (this.#topics.partitions(topic)[partition] === undefined) throw topicNotFound(topic)
    }
    const { committed } = this.#getOrCreate(group)
    for (const position of positions) {
      committed.set(keyOf(position), { ...position, metadata: position.metadata || undefined })
    }
  }

  deleteOffsets(group: string, partitions: readonly TopicPartition[]): void {
    const known = this.#groups.get(group)
    if (!known) throw groupNotFound(group)
    this.#requireIdle(group)
    for (const partition of partitions) known.committed.delete(keyOf(partition))
  }

  delete(group: string): void {
    this.#requireIdle(group)
    if (!this.#groups.delete(group)) throw groupNotFound(group)
  }

  /** Deletes the committed offsets of a deleted topic, because a new topic of the same name starts at offset 0. */
  forgetTopic(topic: string): void {
    for (const { committed } of this.#groups.values()) {
      for (const [key, position] of committed) if (position.topic === topic) committed.delete(key)
    }
    this.rebalanceAll()
  }

  /** Rebalances every group after a topic was created, extended or deleted. */
  rebalanceAll(): void {
    for (const group of this.#groups.values()) this.#rebalance(group)
  }

  clear(): void {
    for (const { members } of [...this.#groups.values()]) for (const member of [...members.values()]) member.leave()
    this.#groups.clear()
  }

  #requireIdle(group: string): void {
    const members = [...(this.#groups.get(group)?.members.keys() ?? [])]
    if (members.length > 0) throw groupActive(group, members)
  }

  #getOrCreate(group: string): Group {
    const known = this.#groups.get(group) ?? { members: new Map(), committed: new Map() }
    this.#groups.set(group, known)
    return known
  }

  #rebalance(group: Group): void {
    const subscribed = [...group.members.values()].map(({ memberId, request }) => ({
      memberId,
      topics: request.topics,
    }))
    const assignment = assignRange(subscribed, (topic) =>
      this.#topics.has(topic) ? this.#topics.partitions(topic).length : 0,
    )
    for (const [memberId, partitions] of assignment) {
      const member = group.members.get(memberId)
      member?.assign(partitions.map((partition) => this.#startPosition(group, partition, member)))
    }
    this.#changes.notify()
  }

  /** Where a member starts to read a partition: at the committed offset, else as its `offsetReset` says. */
  #startPosition(group: Group, topicPartition: TopicPartition, { request }: MemoryMember): Position {
    const { topic, partition } = topicPartition
    const known = group.committed.get(keyOf(topicPartition))
    if (known) return known
    if (request.offsetReset === 'earliest') return { topic, partition, offset: 0n }
    const end = this.#topics.partitions(topic)[partition]?.end ?? 0n
    const position = { topic, partition, offset: end }
    // Commit the start, so that `latest` is applied only once: if the next owner of the partition applied `latest` again, it
    // would skip the records that arrived in between.
    if (request.autoCommit !== false) group.committed.set(keyOf(topicPartition), position)
    return position
  }
}
