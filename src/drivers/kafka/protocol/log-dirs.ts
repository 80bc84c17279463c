import type { Api } from './api.ts'
import { type PartitionAnswer, readPartitions } from './partitions.ts'

interface DescribeLogDirs {
  /** The topics with the numbers of the partitions to describe. */
  readonly topics: ReadonlyMap<string, readonly number[]>
}

/** A replica in a folder of the broker. `error` is that of the folder. */
export interface ReplicaSize extends PartitionAnswer {
  /** The size of its log segments in bytes. */
  readonly size: bigint
  /** Whether the replica is being moved to this folder, and will replace another one there. */
  readonly isFuture: boolean
}

/**
 * DescribeLogDirs (https://kafka.apache.org/protocol#The_Messages_DescribeLogDirs): the sizes of the replicas on one broker. The
 * answer is empty for a user who may not describe the cluster.
 */
export const describeLogDirsApi: Api<DescribeLogDirs, readonly ReplicaSize[]> = {
  key: 35,
  version: 1,
  name: 'DescribeLogDirs',
  write(to, { topics }) {
    to.list([...topics], ([topic, partitions]) => {
      to.string(topic).list(partitions, (partition) => to.int32(partition))
    })
  },
  read(from) {
    from.int32() // throttle_time_ms
    return from
      .list(() => {
        const error = from.int16() // error_code
        from.text() // log_dir
        return readPartitions(from, (partition) => {
          const size = from.int64() // partition_size
          from.int64() // offset_lag
          return { ...partition, error, size, isFuture: from.boolean() } // is_future_key
        })
      })
      .flat()
  },
}
