import { expect, test } from 'vitest'
import type { BusAdmin } from '../../../src/bus/admin.ts'
import { kafkaAdmin } from '../../../src/drivers/kafka/admin/admin.ts'
import { KafkaCluster } from '../../../src/drivers/kafka/connection/cluster.ts'
import type { WireConnection } from '../../../src/drivers/kafka/connection/wire.ts'
import type { ApiRequest } from '../../../src/drivers/kafka/protocol/api.ts'
import { Writer } from '../../../src/drivers/kafka/protocol/bytes.ts'
import type { PartitionMetadata } from '../../../src/drivers/kafka/protocol/metadata.ts'

const address = '127.0.0.1:9092'
const partitions: readonly PartitionMetadata[] = [{ error: 0, partition: 0, leader: 1, replicas: [1], inSync: [1] }]

/** A cluster of one broker with one partition of every topic, which answers requests with the bytes given. */
class OneBroker extends KafkaCluster {
  readonly requested: string[] = []
  readonly #connection: WireConnection

  constructor(answer: Buffer) {
    super({ brokers: [address], clientId: 'test', timeout: 1000 })
    const send = async ({ name }: ApiRequest) => {
      this.requested.push(name)
      return answer
    }
    this.#connection = { address, send } as unknown as WireConnection
  }

  override broker = async () => this.#connection
  override anyBroker = async () => this.#connection
  override coordinator = async () => this.#connection
  override metadata = async () => ({ brokers: [], clusterId: 'c', controller: 1, topics: [] })
  override partitions = async () => partitions
  override partitionsOf = async (topics: readonly string[]) => new Map(topics.map((topic) => [topic, partitions]))
  /** Every group is unknown to the coordinators, so it has no members. */
  override coordinators = async () => []
}

/** `throttle_time_ms`, then a list: of one result with error 0 where a name is given. */
function results(name?: string): Buffer {
  const to = new Writer().int32(0)
  return to.list(name === undefined ? [] : [name], (own) => to.string(own).int16(0).string(null)).bytes
}

const empty = results()
/** `error_code`, `throttle_time_ms`, no topics. */
const emptyOffsetDelete = new Writer().int16(0).int32(0).int32(0).bytes
const offset = { topic: 'orders', partition: 0, offset: 7n }

const calls: readonly (readonly [request: string, subject: string, Buffer, (admin: BusAdmin) => Promise<unknown>])[] = [
  ['CreateTopics', "topic 'orders'", empty, (admin) => admin.createTopic('orders')],
  ['DeleteTopics', "topic 'orders'", empty, (admin) => admin.deleteTopic('orders')],
  ['CreatePartitions', "topic 'orders'", empty, (admin) => admin.addPartitions('orders', 2)],
  ['IncrementalAlterConfigs', "topic 'orders'", empty, (admin) => admin.setTopicConfig('orders', { a: 'b' })],
  ['DescribeConfigs', "topic 'orders'", empty, (admin) => admin.describeTopic('orders')],
  ['DescribeConfigs', "topic 'orders'", empty, (admin) => admin.topicSettings('orders')],
  ['IncrementalAlterConfigs', "topic 'orders'", empty, (admin) => admin.validateTopicConfig('orders', { a: null })],

  ['DeleteGroups', "group 'billing'", empty, (admin) => admin.deleteGroup('billing')],
  ['OffsetCommit', 'orders[0]', empty, (admin) => admin.commitOffsets('billing', [offset])],
  ['OffsetDelete', 'orders[0]', emptyOffsetDelete, (admin) => admin.deleteOffsets('billing', [offset])],
]

test.each(calls)(
  'an empty answer to %s is an error that names %s, not success',
  async (request, subject, bytes, call) => {
    const cluster = new OneBroker(bytes)

    await expect(call(kafkaAdmin(cluster))).rejects.toMatchObject({
      code: 'TRANSPORT_ERROR',
      message: `Transport error: the broker answered without a result for ${subject} (${request}, ${address})`,
    })
    expect(cluster.requested).toEqual([request])
  },
)

test('a result for another topic is not taken for the result of the topic created', async () => {
  const cluster = new OneBroker(results('payments'))

  await expect(kafkaAdmin(cluster).createTopic('orders')).rejects.toThrow(
    "the broker answered without a result for topic 'orders'",
  )
})
