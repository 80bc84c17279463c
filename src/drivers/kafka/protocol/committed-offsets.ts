import type { CommittedOffset, TopicPartition } from '../../../bus/admin.ts'
import type { Api } from './api.ts'
import { type PartitionAnswer, readPartitions, writePartitions } from './partitions.ts'

export interface FetchedOffsets {
  readonly group: string
  readonly error: number
  /** Partitions without a committed offset, or with an error of their own, are left out. */
  readonly offsets: readonly CommittedOffset[]
}

interface OffsetFetch {
  readonly group: string
  /** `null` for all partitions for which the group has a committed offset. */
  readonly partitions: readonly TopicPartition[] | null
}

/**
 * OffsetFetch (https://kafka.apache.org/protocol#The_Messages_OffsetFetch) of one group. Version 5 is the first with leader
 * epochs.
 */
export const offsetFetchApi: Api<OffsetFetch, Omit<FetchedOffsets, 'group'>> = {
  key: 9,
  version: 5,
  name: 'OffsetFetch',
  write(to, { group, partitions }) {
    to.string(group) // group_id
    if (partitions === null) to.int32(-1)
    else writePartitions(to, partitions, () => undefined)
  },
  read(from) {
    from.int32() // throttle_time_ms
    const offsets = readPartitions(from, ({ topic, partition }) => {
      const offset = from.int64() // committed_offset
      const leaderEpoch = from.int32() // committed_leader_epoch
      const metadata = from.text()
      const error = from.int16() // error_code
      return committedOffset({ topic, partition, offset, leaderEpoch, metadata, error })
    })
    const error = from.int16() // error_code
    return { error, offsets: offsets.filter((offset) => offset !== undefined) }
  },
}

/** OffsetFetch of several groups, with all their committed offsets. Kafka 3.0 and later. */
export const offsetFetchManyApi: Api<readonly string[], readonly FetchedOffsets[]> = {
  key: 9,
  version: 8,
  name: 'OffsetFetch',
  isFlexible: true,
  write(to, groups) {
    to.compactList(groups, (group) => {
      to.compactString(group) // group_id
        .uvarint(0) // topics: null, which is all of them
        .uvarint(0) // tagged fields
    })
    to.int8(0) // require_stable: do not wait for offsets of open transactions
      .uvarint(0) // tagged fields
  },
  read(from) {
    from.int32() // throttle_time_ms
    return from.compactList(() => {
      const group = from.compactText() // group_id
      const offsets = from.compactList(() => {
        const topic = from.compactText() // name
        const own = from.compactList(() => {
          const partition = from.int32() // partition_index
          const offset = from.int64() // committed_offset
          const leaderEpoch = from.int32() // committed_leader_epoch
          const metadata = from.compactText()
          const error = from.int16() // error_code
          from.skipTags()
          return committedOffset({ topic, partition, offset, leaderEpoch, metadata, error })
        })
        from.skipTags()
        return own.filter((offset) => offset !== undefined)
      })
      const error = from.int16() // error_code
      from.skipTags()
      return { group, error, offsets: offsets.flat() }
    })
  },
}

/** A committed offset as Kafka encodes it: offset -1 for no commit, leader epoch -1 for unknown, '' for no metadata. */
interface CommittedPartition extends PartitionAnswer {
  readonly offset: bigint
  readonly leaderEpoch: number
  readonly metadata: string
}

function committedOffset(found: CommittedPartition): CommittedOffset | undefined {
  const { topic, partition, offset, leaderEpoch, metadata, error } = found
  if (error !== 0 || offset < 0n) return undefined
  return {
    topic,
    partition,
    offset,
    metadata: metadata === '' ? undefined : metadata,
    leaderEpoch: leaderEpoch < 0 ? undefined : leaderEpoch,
  }
}

export interface CommitRequest {
  readonly group: string
  /**
   * -1, with an empty member id, for a commit from outside the group, which the broker accepts while the group has no members.
   */
  readonly generation: number
  readonly memberId: string
  readonly offsets: readonly CommittedOffset[]
}

/**
 * OffsetCommit (https://kafka.apache.org/protocol#The_Messages_OffsetCommit). Version 6 is the first with leader epochs.
 */
export const offsetCommitApi: Api<CommitRequest, PartitionAnswer[]> = {
  key: 8,
  version: 6,
  name: 'OffsetCommit',
  write(to, { group, generation, memberId, offsets }) {
    to.string(group) // group_id
      .int32(generation) // generation_id_or_member_epoch
      .string(memberId) // member_id
    writePartitions(to, offsets, ({ offset, leaderEpoch = -1, metadata = '' }) => {
      to.int64(offset) // committed_offset
        .int32(leaderEpoch) // committed_leader_epoch
        .string(metadata) // committed_metadata
    })
  },
  read(from) {
    from.int32() // throttle_time_ms
    return readPartitions(from, (partition) => ({ ...partition, error: from.int16() })) // error_code
  },
}

interface OffsetDelete {
  readonly group: string
  readonly partitions: readonly TopicPartition[]
}

interface DeletedOffsets {
  /** The error of the whole request; the list of partitions is then empty. */
  readonly error: number
  readonly partitions: readonly PartitionAnswer[]
}

/** OffsetDelete (https://kafka.apache.org/protocol#The_Messages_OffsetDelete). */
export const offsetDeleteApi: Api<OffsetDelete, DeletedOffsets> = {
  key: 47,
  version: 0,
  name: 'OffsetDelete',
  write(to, { group, partitions }) {
    to.string(group) // group_id
    writePartitions(to, partitions, () => undefined)
  },
  read(from) {
    const error = from.int16() // error_code
    from.int32() // throttle_time_ms
    // error_code
    return { error, partitions: readPartitions(from, (partition) => ({ ...partition, error: from.int16() })) }
  },
}
