import type { TopicPartition } from '../../../../bus/admin.ts'
import type { Api } from '../api.ts'
import { type PartitionAnswer, readPartitions, writePartitions } from '../partitions.ts'

interface DeleteRecords {
  /** Partitions that the broker leads, each with the offset before which to delete. */
  readonly partitions: readonly (TopicPartition & { readonly offset: bigint })[]
  /** Milliseconds that the replicas may take. */
  readonly timeout: number
}

/** DeleteRecords (https://kafka.apache.org/protocol#The_Messages_DeleteRecords), answered with the new start of each partition. */
export const deleteRecordsApi: Api<DeleteRecords, readonly (PartitionAnswer & { readonly start: bigint })[]> = {
  key: 21,
  version: 1,
  name: 'DeleteRecords',
  write(to, { partitions, timeout }) {
    writePartitions(to, partitions, ({ offset }) => to.int64(offset))
    to.int32(timeout) // timeout_ms
  },
  read(from) {
    from.int32() // throttle_time_ms
    return readPartitions(from, (partition) => ({ ...partition, start: from.int64(), error: from.int16() })) // low_watermark, error_code
  },
}
