import type { TopicPartition } from '../../../bus/admin.ts'
import type { Api } from './api.ts'
import { type PartitionAnswer, readPartitions, writePartitions } from './partitions.ts'

export interface ProduceRequest {
  /** 0, 1, or -1 for all in-sync replicas. */
  readonly acks: number
  /** Milliseconds that the broker may wait for replicas. */
  readonly timeout: number
  readonly batches: readonly (TopicPartition & { readonly bytes: Buffer })[]
}

export interface ProduceAnswer {
  /** For each partition, the offset of the first record of the batch (`base`). */
  readonly answers: readonly (PartitionAnswer & { readonly base: bigint })[]
  /** How long the broker will not read from this connection because a quota is used up, in milliseconds. */
  readonly throttled: number
}

/** Produce (https://kafka.apache.org/protocol#The_Messages_Produce): appends a record batch to each of some partitions. */
export const produceApi: Api<ProduceRequest, ProduceAnswer> = {
  key: 0,
  version: 7,
  name: 'Produce',
  write(to, { acks, timeout, batches }) {
    to.string(null) // transactional_id
      .int16(acks)
      .int32(timeout) // timeout_ms
    writePartitions(to, batches, ({ bytes }) => to.block(bytes)) // records
  },
  read(from) {
    const answers = readPartitions(from, (partition) => {
      const answer = { ...partition, error: from.int16(), base: from.int64() } // error_code, base_offset
      from.int64() // log_append_time_ms
      from.int64() // log_start_offset
      return answer
    })
    return { answers, throttled: from.int32() } // throttle_time_ms
  },
}
