import { crc32 } from 'node:zlib'

/**
 * Returns the partition that librdkafka's default partitioner, `consistent_random`, chooses for a key: the CRC-32 of zlib
 * modulo the number of partitions. `undefined` for an absent or empty key, which may go to any partition.
 *
 * Source: librdkafka `rd_kafka_msg_partitioner_consistent_random`. Rust services that keep this default choose the same
 * partition for a key as crbus does.
 *
 * @example
 * ```ts
 * import { partitionOf } from 'crbus'
 *
 * partitionOf(Buffer.from('o-1'), 3) // => 2
 * partitionOf(null, 3) // => undefined
 * ```
 */
export function partitionOf(key: Uint8Array | null, partitions: number): number | undefined {
  return key === null || key.length === 0 ? undefined : crc32(key) % partitions
}
