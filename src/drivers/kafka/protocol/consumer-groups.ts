import type { TopicPartition } from '../../../bus/admin.ts'
import type { Api } from './api.ts'
import type { Reader } from './bytes.ts'

export interface DescribedConsumerGroup {
  readonly group: string
  readonly error: number
  readonly state: string
  readonly assignor: string
  readonly members: readonly {
    readonly memberId: string
    readonly clientId: string
    readonly host: string
    readonly subscription: readonly string[]
    readonly assignment: readonly TopicPartition[]
  }[]
}

/** The bytes of a topic id, a UUID. */
const UUID_BYTES = 16

function readAssignment(from: Reader): TopicPartition[] {
  const topics = from.compactList(() => {
    from.skip(UUID_BYTES) // topic_id
    const topic = from.compactText() // topic_name
    const partitions = from.compactList(() => ({ topic, partition: from.int32() }))
    from.skipTags()
    return partitions
  })
  from.skipTags()
  return topics.flat()
}

/**
 * ConsumerGroupDescribe (https://kafka.apache.org/protocol#The_Messages_ConsumerGroupDescribe): groups of the consumer
 * protocol of KIP-848, which DescribeGroups reports as dead. Kafka 3.7 and later; not Redpanda.
 */
export const describeConsumerGroupsApi: Api<readonly string[], readonly DescribedConsumerGroup[]> = {
  key: 69,
  version: 0,
  name: 'ConsumerGroupDescribe',
  isFlexible: true,
  write(to, groups) {
    to.compactList(groups, (name) => to.compactString(name)) // group_ids
      .int8(0) // include_authorized_operations
      .uvarint(0) // tagged fields
  },
  read(from) {
    from.int32() // throttle_time_ms
    return from.compactList(() => {
      const error = from.int16() // error_code
      from.compactText() // error_message
      const group = from.compactText() // group_id
      const state = from.compactText() // group_state
      from.int32() // group_epoch
      from.int32() // assignment_epoch
      const assignor = from.compactText() // assignor_name
      const members = from.compactList(() => {
        const memberId = from.compactText() // member_id
        from.compactText() // instance_id
        from.compactText() // rack_id
        from.int32() // member_epoch
        const clientId = from.compactText() // client_id
        const host = from.compactText() // client_host
        const subscription = from.compactList(() => from.compactText()) // subscribed_topic_names
        from.compactText() // subscribed_topic_regex
        const assignment = readAssignment(from)
        readAssignment(from) // target_assignment
        from.skipTags()
        return { memberId, clientId, host, subscription, assignment }
      })
      from.int32() // authorized_operations
      from.skipTags()
      return { group, error, state, assignor, members }
    })
  },
}
