import { expect, test } from 'vitest'
import { crc32c } from '../../../src/drivers/kafka/records/crc32c.ts'
import { encodeBatch } from '../../../src/drivers/kafka/records/encode-batch.ts'
import { unpackBatches } from '../../../src/drivers/kafka/records/unpack-batches.ts'

const PRODUCER = 7n
const IS_TRANSACTIONAL = 0x10
const IS_CONTROL = 0x20

/** A batch of one record of a producer. */
async function batchOf(offset: bigint, attributes: number, key: Buffer | null, producer: bigint): Promise<Buffer> {
  const bytes = await encodeBatch([{ key, value: Buffer.from(`${offset}`) }], 0, 0n)
  bytes.writeBigInt64BE(offset, 0)
  bytes.writeInt16BE(attributes, 21)
  bytes.writeBigInt64BE(producer, 43)
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  return bytes
}

const record = (offset: bigint, producer = PRODUCER) => batchOf(offset, IS_TRANSACTIONAL, null, producer)
/** A control record that ends a transaction: the key is a version and a type. */
const marker = (offset: bigint, type: number, producer = PRODUCER) =>
  batchOf(offset, IS_TRANSACTIONAL | IS_CONTROL, Buffer.from([0, 0, 0, type]), producer)

const ABORT = 0
const COMMIT = 1

async function read(batches: readonly Promise<Buffer>[], aborted: readonly bigint[]): Promise<string[]> {
  const bytes = Buffer.concat(await Promise.all(batches))
  const values: string[] = []
  const fetched = {
    topic: 't-events',
    partition: 0,
    batches: bytes,
    aborted: aborted.map((firstOffset) => ({ producerId: PRODUCER, firstOffset })),
  }
  for await (const { records } of unpackBatches(fetched, 0n, { most: 10 })) {
    values.push(...records.map(({ value }) => `${value && Buffer.from(value)}`))
  }
  return values
}

test('delivers the records of committed transactions and drops those of aborted transactions', async () => {
  const batches = [
    record(0n),
    marker(1n, COMMIT),
    record(2n),
    record(3n, 8n),
    marker(4n, ABORT),
    marker(5n, COMMIT, 8n),
  ]
  expect(await read([...batches, record(6n), marker(7n, COMMIT)], [2n])).toEqual(['0', '3', '6'])
})

test('refuses a list of aborted transactions that omits one, at the control record that aborts it', async () => {
  await expect(read([record(0n), record(1n), marker(2n, ABORT)], [])).rejects.toMatchObject({
    message:
      't-events[0] at offset 2: the record batch is corrupt: its aborted transactions contradict its control records (producer 7)',
  })
})

test('refuses a list of aborted transactions with a committed one, at the control record that commits it', async () => {
  await expect(read([record(0n), marker(1n, COMMIT), record(2n)], [0n])).rejects.toMatchObject({
    code: 'DESERIALIZATION_FAILED',
    message: expect.stringContaining('t-events[0] at offset 1: the record batch is corrupt: '),
  })
})

test('an abort of a transaction without records in the answer does not affect other transactions', async () => {
  expect(await read([marker(0n, ABORT), record(1n), marker(2n, COMMIT)], [])).toEqual(['1'])
})
