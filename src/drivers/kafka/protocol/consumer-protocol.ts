/**
 * The bytes in JoinGroup and SyncGroup that the members of a classic consumer group exchange through the coordinator:
 * ConsumerProtocolSubscription and ConsumerProtocolAssignment, version 0, in
 * https://github.com/apache/kafka/tree/trunk/clients/src/main/resources/common/message
 */
import type { TopicPartition } from '../../../bus/admin.ts'
import { Reader, Writer } from './bytes.ts'
import { readPartitions, writePartitions } from './partitions.ts'

const NO_USER_DATA = Buffer.alloc(0)

export function encodeSubscription(topics: readonly string[]): Buffer {
  const to = new Writer().int16(0) // version
  return to.list(topics, (topic) => to.string(topic)).block(NO_USER_DATA).bytes
}

/** Returns the topics of a subscription. Reads any version, because later versions only add fields at the end. */
export function decodeSubscription(bytes: Buffer): string[] {
  const from = new Reader(bytes)
  from.int16() // version
  return from.list(() => from.text())
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  const to = new Writer().int16(0) // version
  writePartitions(to, partitions, () => undefined)
  return to.block(NO_USER_DATA).bytes
}

/**
 * Returns the partitions of an assignment; empty for no bytes. Reads any version, because later versions only add fields at the
 * end.
 */
export function decodeAssignment(bytes: Buffer): TopicPartition[] {
  if (bytes.length === 0) return []
  const from = new Reader(bytes)
  from.int16() // version
  return readPartitions(from, (partition) => partition)
}
