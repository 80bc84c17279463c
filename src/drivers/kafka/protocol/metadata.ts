import type { Api } from './api.ts'

export interface Metadata {
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[]
  readonly clusterId: string
  /** The id of the broker that is the controller. */
  readonly controller: number
  readonly topics: readonly TopicMetadata[]
}

export interface TopicMetadata {
  readonly error: number
  readonly topic: string
  readonly internal: boolean
  readonly partitions: readonly PartitionMetadata[]
}

export interface PartitionMetadata {
  readonly error: number
  readonly partition: number
  /** The id of the broker that leads the partition; -1 while there is no leader. */
  readonly leader: number
  readonly replicas: readonly number[]
  readonly inSync: readonly number[]
}

/**
 * Metadata (https://kafka.apache.org/protocol#The_Messages_Metadata) of the given topics, or of all topics for `null`. Never
 * creates a topic.
 */
export const metadataApi: Api<readonly string[] | null, Metadata> = {
  key: 3,
  version: 5,
  name: 'Metadata',
  write(to, topics) {
    if (topics === null) to.int32(-1)
    else to.list(topics, (topic) => to.string(topic))
    to.int8(0) // allow_auto_topic_creation
  },
  read(from) {
    from.int32() // throttle_time_ms
    const int32s = () => from.list(() => from.int32())
    const brokers = from.list(() => {
      const broker = { id: from.int32(), host: from.text(), port: from.int32() } // node_id, host, port
      from.string() // rack
      return broker
    })
    return {
      brokers,
      clusterId: from.text(), // cluster_id
      controller: from.int32(), // controller_id
      topics: from.list(() => ({
        error: from.int16(), // error_code
        topic: from.text(), // name
        internal: from.boolean(), // is_internal
        partitions: from.list(() => {
          const partition = {
            error: from.int16(), // error_code
            partition: from.int32(), // partition_index
            leader: from.int32(), // leader_id
            replicas: int32s(), // replica_nodes
            inSync: int32s(), // isr_nodes
          }
          int32s() // offline_replicas
          return partition
        }),
      })),
    }
  },
}

/** The broker that coordinates a consumer group. */
export interface FoundCoordinator {
  readonly group: string
  readonly error: number
  readonly id: number
  readonly host: string
  readonly port: number
}

/** The `key_type` of a consumer group. */
const GROUP = 0

/** FindCoordinator (https://kafka.apache.org/protocol#The_Messages_FindCoordinator) of one consumer group. */
export const findCoordinatorApi: Api<string, Omit<FoundCoordinator, 'group'>> = {
  key: 10,
  version: 1,
  name: 'FindCoordinator',
  write(to, group) {
    to.string(group).int8(GROUP) // key, key_type
  },
  read(from) {
    from.int32() // throttle_time_ms
    const error = from.int16() // error_code
    from.string() // error_message
    return { error, id: from.int32(), host: from.text(), port: from.int32() } // node_id, host, port
  },
}

/** FindCoordinator of many consumer groups at once: Kafka 3.0 and later. */
export const findCoordinatorsApi: Api<readonly string[], readonly FoundCoordinator[]> = {
  key: 10,
  version: 4,
  name: 'FindCoordinator',
  isFlexible: true,
  write(to, groups) {
    to.int8(GROUP) // key_type
      .compactList(groups, (group) => to.compactString(group)) // coordinator_keys
      .uvarint(0) // tagged fields
  },
  read(from) {
    from.int32() // throttle_time_ms
    return from.compactList(() => {
      const group = from.compactText() // key
      const id = from.int32() // node_id
      const host = from.compactText()
      const port = from.int32()
      const error = from.int16() // error_code
      from.compactText() // error_message
      from.skipTags()
      return { group, error, id, host, port }
    })
  },
}
