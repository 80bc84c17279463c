import { expect, test } from 'vitest'
import { partitionOf } from '../../../src/bus/partitioner.ts'

// Keys of Rust services, and their partitions by librdkafka's `consistent_random`.
test.each([
  ['OrderPlaced.v1', 1293690953, 2, 5, 5],
  ['OrderCancelled.v1', 952890897, 0, 3, 9],
  ['OrderShipped.v1', 4175223113, 2, 5, 5],
  ['PaymentCompleted.v1', 2492214556, 1, 4, 4],
  ['PaymentFailed.v1', 2954844589, 1, 1, 1],
  ['InventoryReserved.v1', 1318435861, 1, 1, 1],
  ['OrderPlaced', 4125817618, 1, 4, 10],
  ['Événement.v1', 2287675628, 2, 2, 8],
])('%s maps to the partition that librdkafka chooses', (key, crc, of3, of6, of12) => {
  const bytes = Buffer.from(key)

  expect(partitionOf(bytes, 2 ** 32)).toBe(crc)
  expect([3, 6, 12].map((partitions) => partitionOf(bytes, partitions))).toEqual([of3, of6, of12])
  expect(partitionOf(bytes, 1)).toBe(0)
})

test('an absent or empty key maps to no particular partition', () => {
  expect(partitionOf(null, 3)).toBeUndefined()
  expect(partitionOf(new Uint8Array(), 3)).toBeUndefined()
})
