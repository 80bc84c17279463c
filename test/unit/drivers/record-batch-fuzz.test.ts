import { describe, expect, test } from 'vitest'
import { EventBusError } from '../../../src/bus/errors.ts'
import type { BusRecord } from '../../../src/bus/record.ts'
import type { Compression } from '../../../src/drivers/kafka/kafka-options.ts'
import { UnreadableBatch } from '../../../src/drivers/kafka/records/batch-errors.ts'
import { checkBatches } from '../../../src/drivers/kafka/records/check-batches.ts'
import { compressionIds } from '../../../src/drivers/kafka/records/compression.ts'
import { crc32c } from '../../../src/drivers/kafka/records/crc32c.ts'
import { encodeBatch } from '../../../src/drivers/kafka/records/encode-batch.ts'
import { unpackBatches } from '../../../src/drivers/kafka/records/unpack-batches.ts'
import { mutate, recorded, recordedRecord, seeded } from './kafka-mutations.ts'

const MUTATIONS = 2000
/** Small, so that some mutations exceed it. */
const MAX_BATCH_BYTES = 64 * 1024
const topicPartition = { topic: 't-events', partition: 0 }

interface Outcome {
  readonly records: readonly BusRecord[]
  /** Absent when all batches were read, up to one that was cut off or is beyond the high watermark. */
  readonly refusal: unknown
}

/** Reads as a fetch does. Each step yields records or is the last, so the number of steps bounds the work. */
async function read(batches: Buffer, highWatermark: bigint): Promise<Outcome> {
  const records: BusRecord[] = []
  let steps = 0
  try {
    const checked = checkBatches({ ...topicPartition, batches, highWatermark }, { from: 0n })
    const unpacked = unpackBatches({ ...topicPartition, batches: checked.batches, aborted: [] }, 0n, {
      most: 5,
      maxBatchBytes: MAX_BATCH_BYTES,
    })
    for await (const { records: some } of unpacked) {
      records.push(...some)
      steps += 1
    }
    const refusal = typeof checked.rest === 'object' && new UnreadableBatch(checked.rest.problem, checked.rest.range)
    return { records, refusal: refusal || undefined }
  } catch (error) {
    return { records, refusal: error }
  } finally {
    // A record takes at least 7 bytes, which limits the records of a batch.
    expect(steps).toBeLessThan(3 * (MAX_BATCH_BYTES / 7))
  }
}

/** Expects the error to name the partition and the offset, and to suggest a command. */
function expectRefusal(refusal: unknown): void {
  expect(refusal).toBeInstanceOf(EventBusError)
  const { code, message, hints, isPassing } = refusal as EventBusError
  expect(['DESERIALIZATION_FAILED', 'UNSUPPORTED']).toContain(code)
  expect(message).toMatch(/^t-events\[0\] at offset \d+: the record/)
  expect(hints.at(-1)).toMatchObject({ code: 'read-from', topic: 't-events', partition: 0 })
  expect(isPassing).toBe(false)
  const { range } = refusal as UnreadableBatch
  expect(range).toMatchObject(topicPartition)
  expect(range.next).toBeGreaterThan(range.offset)
}

const plain = (records: readonly BusRecord[]) =>
  records.map(({ key, value, headers, ...rest }) => ({
    ...rest,
    key: key && Buffer.from(key),
    value: value && Buffer.from(value),
    headers: headers.map(([name, content]) => [name, content && Buffer.from(content)]),
  }))

/** Batches of crbus in each compression, and of the broker: with xerial frames for snappy, other block sizes for lz4. */
async function samples(): Promise<ReadonlyMap<string, Buffer>> {
  const found = new Map(
    Object.entries(recorded.batches).map(([name, batches]) => [`broker's ${name}`, Buffer.from(batches, 'base64')]),
  )
  for (const name of Object.keys(compressionIds) as Compression[]) {
    const batches: Buffer[] = []
    for (let base = 0; base < 24; base += 8) {
      const records = Array.from({ length: 8 }, (_, index) => recordedRecord(base + index))
      const batch = await encodeBatch(records, compressionIds[name], 0n)
      batch.writeBigInt64BE(BigInt(base), 0)
      batches.push(batch)
    }
    found.set(`crbus's ${name}`, Buffer.concat(batches))
  }
  return found
}

const all = Array.from({ length: 24 }, (_, offset) => recordedRecord(offset))

describe.each([...(await samples())])('%s batches', (name, bytes) => {
  test('batches are read with the records that were written', async () => {
    const { records, refusal } = await read(bytes, 24n)
    expect(refusal).toBeUndefined()
    expect(plain(records)).toEqual(all)
  })

  test(`batches yield correct records, up to an error with its offset, for ${MUTATIONS} mutations`, async () => {
    const random = seeded(name.length)
    let refused = 0
    for (let left = MUTATIONS; left > 0; left -= 1) {
      const { records, refusal } = await read(mutate(bytes, random), 24n)
      const got = plain(records)
      expect(got).toEqual(all.slice(0, got.length))
      if (refusal === undefined) continue
      refused += 1
      expectRefusal(refusal)
    }
    expect(refused).toBeGreaterThan(MUTATIONS / 2)
  })

  test(`batches yield records or an error with its offset, for ${MUTATIONS} mutations with a correct checksum`, async () => {
    const random = seeded(name.length + 1)
    const batch = bytes.subarray(0, 12 + bytes.readInt32BE(8))
    let refused = 0
    for (let left = MUTATIONS; left > 0; left -= 1) {
      const changed = Buffer.concat([batch.subarray(0, 21), mutate(batch.subarray(21), random)])
      if (changed.length < 61) continue
      changed.writeInt32BE(changed.length - 12, 8)
      changed.writeUInt32BE(crc32c(changed.subarray(21)), 17)
      const { refusal } = await read(changed, 2n ** 62n)
      if (refusal === undefined) continue
      refused += 1
      expectRefusal(refusal)
    }
    expect(refused).toBeGreaterThan(MUTATIONS / 4)
  })
})
