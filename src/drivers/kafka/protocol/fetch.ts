import type { TopicPartition } from '../../../bus/admin.ts'
import type { Isolation } from '../../../bus/topic-log.ts'
import type { Api } from './api.ts'
import { isolationLevels } from './list-offsets.ts'
import { type PartitionAnswer, readPartitions, writePartitions } from './partitions.ts'

/** The limit of a fetch for all its partitions together, in bytes. The first batch of an answer may be larger. */
export const MAX_FETCH_BYTES = 16 * 1024 * 1024

export interface FetchRequest {
  readonly partitions: readonly (TopicPartition & { readonly next: bigint })[]
  /** Milliseconds that the broker may hold the request while it has no records. */
  readonly maxWait: number
  readonly maxBytes: number
  readonly maxPartitionBytes: number
  readonly isolation: Isolation
}

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: bigint
}

export interface FetchedPartition extends PartitionAnswer {
  /** The offset after the last record that every in-sync replica has. Consumers read up to here. */
  readonly highWatermark: bigint
  /** The last stable offset: all transactions before it have ended. Readers of committed records read up to here. */
  readonly lastStable: bigint
  /** The aborted transactions among the records. Empty if uncommitted records were requested. */
  readonly aborted: readonly AbortedTransaction[]
  /** Record batches, as a view on the answer. The last batch may be cut off. */
  readonly batches: Buffer
}

/** Fetch (https://kafka.apache.org/protocol#The_Messages_Fetch): record batches of partitions. */
export const fetchApi: Api<FetchRequest, FetchedPartition[]> = {
  key: 1,
  version: 11,
  name: 'Fetch',
  write(to, { partitions, maxWait, maxBytes, maxPartitionBytes, isolation }) {
    to.int32(-1) // replica_id: a consumer
      .int32(maxWait) // max_wait_ms
      .int32(1) // min_bytes
      .int32(maxBytes) // max_bytes
      .int8(isolationLevels[isolation]) // isolation_level
      .int32(0) // session_id
      .int32(-1) // session_epoch: no fetch session
    writePartitions(to, partitions, ({ next }) => {
      to.int32(-1) // current_leader_epoch: unknown
        .int64(next) // fetch_offset
        .int64(-1n) // log_start_offset: of followers only
        .int32(maxPartitionBytes) // partition_max_bytes
    })
    to.int32(0) // forgotten_topics_data
      .string('') // rack_id
  },
  read(from) {
    from.int32() // throttle_time_ms
    const error = from.int16() // error_code
    from.int32() // session_id
    return readPartitions(from, (partition) => {
      const own = from.int16() // error_code
      const highWatermark = from.int64() // high_watermark
      const lastStable = from.int64() // last_stable_offset
      from.int64() // log_start_offset
      // aborted_transactions: producer_id, first_offset
      const aborted = from.list(() => ({ producerId: from.int64(), firstOffset: from.int64() }))
      from.int32() // preferred_read_replica
      return { ...partition, error: own || error, highWatermark, lastStable, aborted, batches: from.block() }
    })
  },
}
