import type { TopicPartition } from '../../../bus/admin.ts'
import type { Isolation } from '../../../bus/topic-log.ts'
import type { Api } from './api.ts'
import { type PartitionAnswer, readPartitions, writePartitions } from './partitions.ts'

/** Kafka's sentinel timestamps for the earliest and the latest offset. */
export const EARLIEST = -2n
export const LATEST = -1n

/** Kafka's `isolation_level`. */
export const isolationLevels: Readonly<Record<Isolation, number>> = { uncommitted: 0, committed: 1 }

interface ListOffsetsRequest {
  readonly partitions: readonly (TopicPartition & { readonly timestamp: bigint })[]
  readonly isolation: Isolation
}

export interface OffsetAnswer extends PartitionAnswer {
  /** -1 when no record has the timestamp or a later one. */
  readonly offset: bigint
}

/**
 * ListOffsets (https://kafka.apache.org/protocol#The_Messages_ListOffsets): offsets by timestamp. With isolation
 * `committed` the latest offset is the last stable offset, where the first open transaction begins; with `uncommitted` it
 * is the high watermark.
 */
export const listOffsetsApi: Api<ListOffsetsRequest, OffsetAnswer[]> = {
  key: 2,
  version: 2,
  name: 'ListOffsets',
  write(to, { partitions, isolation }) {
    to.int32(-1) // replica_id: a consumer
      .int8(isolationLevels[isolation]) // isolation_level
    writePartitions(to, partitions, ({ timestamp }) => to.int64(timestamp))
  },
  read(from) {
    from.int32() // throttle_time_ms
    return readPartitions(from, (partition) => {
      const error = from.int16() // error_code
      from.int64() // timestamp
      return { ...partition, error, offset: from.int64() }
    })
  },
}
