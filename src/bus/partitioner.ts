import { crc32 } from 'node:zlib'

/**
 * The partition librdkafka's default partitioner, `consistent_random`, picks for a key: CRC-32 (the zlib one) modulo
 * the number of partitions. An absent or empty key has no partition of its own: `undefined`, take any.
 *
 * Source: librdkafka `rd_kafka_msg_partitioner_consistent_random`. The Rust services use it unchanged, so our keys land
 * where theirs land.
 */
export function partitionOf(key: Uint8Array | null, partitions: number): number | undefined {
  return key === null || key.length === 0 ? undefined : crc32(key) % partitions
}
