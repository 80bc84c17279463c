import type { TopicPartition } from '../../bus/admin.ts'
import { comparePartitions } from '../../bus/compare.ts'
import type { GroupBatch, GroupMember, JoinRequest } from '../../bus/driver-port.ts'
import type { BusRecord, Position } from '../../bus/record.ts'
import type { Changes } from './changes.ts'
import type { MemoryTopics } from './topics.ts'

/** The connection of a member to its group. */
interface Membership {
  readonly topics: MemoryTopics
  readonly changes: Changes
  readonly commit: (position: Position) => void
  readonly leave: () => void
}

/** A partition of this member, and the next offset to deliver. */
interface Cursor extends TopicPartition {
  next: bigint
}

/** A batch that `next` has returned. */
interface DeliveredBatch extends GroupBatch {
  revoked: boolean
}

const isSame = (a: TopicPartition, b: TopicPartition): boolean => a.topic === b.topic && a.partition === b.partition

/** A member of a consumer group in memory. */
export class MemoryMember implements GroupMember {
  readonly memberId: string
  readonly clientId: string
  readonly request: JoinRequest
  readonly #membership: Membership
  /** A partition moves to the end after it has delivered a batch, so that a busy partition does not starve the others. */
  #cursors: Cursor[] = []
  readonly #delivered = new Set<DeliveredBatch>()
  #hasLeft = false

  constructor(memberId: string, clientId: string, request: JoinRequest, membership: Membership) {
    this.memberId = memberId
    this.clientId = clientId
    this.request = request
    this.#membership = membership
  }

  get assignment(): TopicPartition[] {
    return this.#cursors.map(({ topic, partition }) => ({ topic, partition })).sort(comparePartitions)
  }

  /** Replaces this member's partitions. A partition that it keeps continues at its position. */
  assign(positions: readonly Position[]): void {
    for (const batch of this.#delivered) {
      const [first] = batch.records
      if (first && !positions.some((position) => isSame(position, first))) batch.revoked = true
    }
    this.#cursors = positions.map(
      ({ topic, partition, offset }) =>
        this.#cursors.find((cursor) => isSame(cursor, { topic, partition })) ?? { topic, partition, next: offset },
    )
  }

  async next(): Promise<GroupBatch | undefined> {
    while (!this.#hasLeft) {
      const batch = this.#take()
      if (batch) return batch
      await this.#membership.changes.next()
    }
    return undefined
  }

  async close(): Promise<void> {
    this.leave()
  }

  leave(): void {
    if (this.#hasLeft) return
    this.#hasLeft = true
    for (const batch of this.#delivered) batch.revoked = true
    this.#membership.leave()
  }

  #take(): GroupBatch | undefined {
    for (const cursor of this.#cursors) {
      const log = this.#membership.topics.partitions(cursor.topic)[cursor.partition]
      const records = log?.slice(cursor.next, this.request.bufferSize) ?? []
      const last = records.at(-1)
      if (last === undefined) continue
      this.#cursors = [...this.#cursors.filter((other) => other !== cursor), cursor]
      cursor.next = last.offset + 1n
      return this.#deliver(cursor, records)
    }
    return undefined
  }

  #deliver(cursor: Cursor, records: readonly BusRecord[]): GroupBatch {
    let acknowledgedCount = 0
    const batch: DeliveredBatch = {
      records,
      revoked: false,
      acknowledge: (index) => {
        const record = records[index]
        if (!record || batch.revoked) return
        acknowledgedCount = index + 1
        if (this.request.autoCommit === false) return
        this.#membership.commit({ topic: record.topic, partition: record.partition, offset: record.offset + 1n })
      },
      finish: () => {
        this.#delivered.delete(batch)
        const firstUnacknowledged = records[acknowledgedCount]
        if (firstUnacknowledged && !batch.revoked) cursor.next = firstUnacknowledged.offset
      },
    }
    this.#delivered.add(batch)
    return batch
  }
}
