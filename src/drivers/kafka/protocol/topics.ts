import type { Api } from './api.ts'
import type { Reader } from './bytes.ts'

/** The answer of a broker about one topic. Error 0 means success. */
export interface TopicResult {
  readonly topic: string
  readonly error: number
  readonly message: string | null
}

function readTopicResults(from: Reader): readonly TopicResult[] {
  from.int32() // throttle_time_ms
  return from.list(() => ({
    topic: from.text(), // name
    error: from.int16(), // error_code
    message: from.string(), // error_message
  }))
}

interface CreateTopic {
  readonly topic: string
  readonly partitions: number
  /** The number of replicas; -1 for the broker's default. */
  readonly replication: number
  readonly config: Readonly<Record<string, string>>
  /** Milliseconds that the controller may take. */
  readonly timeout: number
}

/**
 * CreateTopics (https://kafka.apache.org/protocol#The_Messages_CreateTopics). Version 4 is the first that takes -1 for the
 * broker's default replication factor.
 */
export const createTopicApi: Api<CreateTopic, readonly TopicResult[]> = {
  key: 19,
  version: 4,
  name: 'CreateTopics',
  write(to, { topic, partitions, replication, config, timeout }) {
    to.list([topic], () => {
      to.string(topic) // name
        .int32(partitions) // num_partitions
        .int16(replication) // replication_factor
        .int32(0) // assignments: chosen by the controller
      to.list(Object.entries(config), ([name, value]) => to.string(name).string(value)) // configs: name, value
    })
    to.int32(timeout) // timeout_ms
      .int8(0) // validate_only
  },
  read: readTopicResults,
}

interface DeleteTopic {
  readonly topic: string
  /** Milliseconds that the controller may take. */
  readonly timeout: number
}

/** DeleteTopics (https://kafka.apache.org/protocol#The_Messages_DeleteTopics). */
export const deleteTopicApi: Api<DeleteTopic, readonly TopicResult[]> = {
  key: 20,
  version: 1,
  name: 'DeleteTopics',
  write(to, { topic, timeout }) {
    to.list([topic], (name) => to.string(name)) // topic_names
      .int32(timeout) // timeout_ms
  },
  read(from) {
    from.int32() // throttle_time_ms
    return from.list(() => ({ topic: from.text(), error: from.int16(), message: null })) // name, error_code
  },
}

interface CreatePartitions {
  readonly topic: string
  /** The total number of partitions, old and new. */
  readonly partitions: number
  /** Milliseconds that the controller may take. */
  readonly timeout: number
}

/** CreatePartitions (https://kafka.apache.org/protocol#The_Messages_CreatePartitions). */
export const createPartitionsApi: Api<CreatePartitions, readonly TopicResult[]> = {
  key: 37,
  version: 0,
  name: 'CreatePartitions',
  write(to, { topic, partitions, timeout }) {
    to.list([topic], (name) => {
      to.string(name)
        .int32(partitions) // count
        .int32(-1) // assignments: chosen by the controller
    })
    to.int32(timeout) // timeout_ms
      .int8(0) // validate_only
  },
  read: readTopicResults,
}
