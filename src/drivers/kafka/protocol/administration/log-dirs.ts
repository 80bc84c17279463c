import type { TopicPartition } from '../../../../bus/admin.ts'
import type { Api } from '../api.ts'
import type { Reader } from '../bytes.ts'

interface LogDirAnswer {
  readonly error: number
  readonly path: string
  readonly replicas: readonly (TopicPartition & { readonly bytes: bigint; readonly isFuture: boolean })[]
  /** Bytes of the volume and those that are free. Absent in version 1; -1 if the broker does not know them. */
  readonly totalBytes?: bigint
  readonly freeBytes?: bigint
}

interface LogDirs {
  readonly error: number
  readonly folders: readonly LogDirAnswer[]
}

/** The partitions to describe; `null` for all. */
type Partitions = readonly TopicPartition[] | null

/**
 * DescribeLogDirs (https://kafka.apache.org/protocol#The_Messages_DescribeLogDirs): the folders of one broker. This version has
 * no error code for a missing ACL: the list is empty then.
 */
export const describeLogDirsApi: Api<Partitions, LogDirs> = {
  key: 35,
  version: 1,
  name: 'DescribeLogDirs',
  write(to, partitions) {
    if (partitions === null) to.int32(-1)
    else {
      to.list([...Map.groupBy(partitions, ({ topic }) => topic)], ([topic, own]) => {
        to.string(topic).list(own, ({ partition }) => to.int32(partition))
      })
    }
  },
  read(from) {
    from.int32() // throttle_time_ms
    const folders = from.list((): LogDirAnswer => {
      const error = from.int16() // error_code
      const path = from.text() // log_dir
      const replicas = from.list(() => {
        const topic = from.text()
        return from.list(() => readReplica(from, topic))
      })
      return { error, path, replicas: replicas.flat() }
    })
    return { error: 0, folders }
  },
}

/** DescribeLogDirs with the size of the volumes (KIP-827): Kafka 3.3 and later. */
export const describeVolumesApi: Api<Partitions, LogDirs> = {
  key: 35,
  version: 4,
  name: 'DescribeLogDirs',
  isFlexible: true,
  write(to, partitions) {
    if (partitions === null) to.uvarint(0)
    else {
      to.compactList([...Map.groupBy(partitions, ({ topic }) => topic)], ([topic, own]) => {
        to.compactString(topic).compactList(own, ({ partition }) => to.int32(partition))
        to.uvarint(0) // tagged fields
      })
    }
    to.uvarint(0) // tagged fields
  },
  read(from) {
    from.int32() // throttle_time_ms
    const error = from.int16() // error_code
    const folders = from.compactList((): LogDirAnswer => {
      const own = from.int16() // error_code
      const path = from.compactText() // log_dir
      const replicas = from.compactList(() => {
        const topic = from.compactText()
        const partitions = from.compactList(() => {
          const replica = readReplica(from, topic)
          from.skipTags()
          return replica
        })
        from.skipTags()
        return partitions
      })
      const folder = {
        error: own,
        path,
        replicas: replicas.flat(),
        totalBytes: from.int64(), // total_bytes
        freeBytes: from.int64(), // usable_bytes
      }
      from.skipTags()
      return folder
    })
    return { error, folders }
  },
}

function readReplica(from: Reader, topic: string) {
  const partition = from.int32() // partition_index
  const bytes = from.int64() // partition_size
  from.int64() // offset_lag
  return { topic, partition, bytes, isFuture: from.boolean() } // is_future_key
}
