import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { driverHints } from '../../../src/drivers/hints.ts'
import type { KafkaCluster } from '../../../src/drivers/kafka/connection/cluster.ts'
import { Fetcher } from '../../../src/drivers/kafka/fetching/fetcher.ts'
import { Writer } from '../../../src/drivers/kafka/protocol/bytes.ts'
import { crc32c } from '../../../src/drivers/kafka/records/crc32c.ts'
import { encodeBatch } from '../../../src/drivers/kafka/records/encode-batch.ts'
import { OutageWatch } from '../../../src/drivers/outage-watch.ts'

const topic = 't-events'
const nothing = Buffer.alloc(0)

/** A batch of one record at this offset. */
async function batchAt(offset: bigint): Promise<Buffer> {
  const bytes = await encodeBatch([{ key: null, value: Buffer.from(`${offset}`) }], 0, 0n)
  bytes.writeBigInt64BE(offset, 0)
  return bytes
}

interface Asked {
  readonly partition: number
  readonly offset: bigint
}

/** A cluster of one broker whose fetches are answered by `answer`, without a network. */
function clusterOf(
  answer: (asked: readonly Asked[]) => ReadonlyMap<number, Buffer> | 'damaged',
  lastStable: bigint,
  leader: () => number | undefined = () => 1,
) {
  const requests: (readonly Asked[])[] = []
  const connection = {
    address: 'b1:9092',
    async send({ body }: { readonly body: Buffer }) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      const asked = readFetch(body)
      requests.push(asked)
      const batches = answer(asked)
      if (batches === 'damaged') return Buffer.from('nothing that Kafka answers')
      const to = new Writer().int32(0).int16(0).int32(0)
      to.list([topic], () => {
        to.string(topic).list(asked, ({ partition }) => {
          to.int32(partition).int16(0).int64(lastStable).int64(lastStable).int64(0n).int32(0).int32(-1)
          to.block(batches.get(partition) ?? nothing)
        })
      })
      return to.bytes
    },
  }
  const cluster = {
    options: { timeout: 1000, maxBatchBytes: 1024 * 1024 },
    isClosed: false,
    openChannel: () => 'test',
    closeChannel: () => undefined,
    partitions: async () => [],
    knownLeader: leader,
    broker: async () => connection,
    toBusError: (error: unknown) => error,
  }
  return { cluster: cluster as unknown as KafkaCluster, requests }
}

/** The partitions in a Fetch request of one topic: 25 bytes of settings come before the topics. */
function readFetch(body: Buffer): Asked[] {
  let at = 25 + 4
  at += 2 + body.readInt16BE(at)
  const count = body.readInt32BE(at)
  at += 4
  return Array.from({ length: count }, (_, index) => {
    const from = at + index * 28
    return { partition: body.readInt32BE(from), offset: body.readBigInt64BE(from + 8) }
  })
}

test('a follower does not believe empty answers and reads the records that come later', async () => {
  const batch = await batchAt(0n)
  let answers = 0
  const { cluster } = clusterOf(([first]) => {
    answers += 1
    return answers > 5 && first?.offset === 0n ? new Map([[0, batch]]) : new Map()
  }, 1n)
  const fetcher = new Fetcher(cluster, new OutageWatch({}))
  fetcher.assign([{ topic, partition: 0, next: 0n }])

  expect((await fetcher.take())?.records.map(({ offset }) => offset)).toEqual([0n])
  fetcher.close()
})

test('a bounded read does not believe the first empty answers and reads the records that come later', async () => {
  const batch = await batchAt(0n)
  let answers = 0
  const { cluster } = clusterOf((asked) => {
    answers += 1
    if (answers < 4) return new Map()
    return new Map(asked.filter(({ offset }) => offset === 0n).map(({ partition }) => [partition, batch]))
  }, 1n)
  const fetcher = new Fetcher(cluster, new OutageWatch({}))
  fetcher.assign([0, 1].map((partition) => ({ topic, partition, next: 0n, to: 1n })))

  const read: number[] = []
  for (let got = await fetcher.take(); got; got = await fetcher.take()) read.push(got.cursor.partition)
  fetcher.close()

  expect(read.sort()).toEqual([0, 1])
})

test('offsets that stay empty when requested alone count as read', async () => {
  const { cluster, requests } = clusterOf(() => new Map(), 5n)
  const fetcher = new Fetcher(cluster, new OutageWatch({}))
  fetcher.assign([0, 1].map((partition) => ({ topic, partition, next: 0n, to: 5n })))

  expect(await fetcher.take()).toBeUndefined()
  fetcher.close()

  const [last, one] = [requests.at(-1), requests.at(-2)]
  expect([one, last]).toEqual([[{ partition: 0, offset: 0n }], [{ partition: 1, offset: 0n }]])
  expect(requests.length).toBeGreaterThan(5)
}, 20_000)

test('a slow reader continues after the leader has changed', async () => {
  const batches = [await batchAt(0n), await batchAt(1n)]
  let leader: number | undefined = 1
  const { cluster } = clusterOf(
    ([first]) => new Map([[0, batches[Number(first?.offset)] ?? nothing]]),
    2n,
    () => leader,
  )
  const fetcher = new Fetcher(cluster, new OutageWatch({}))
  fetcher.assign([{ topic, partition: 0, next: 0n, to: 2n }])
  const offsets = async () => (await fetcher.take())?.records.map(({ offset }) => offset)

  // By then, the first record has been fetched and waits to be taken.
  await new Promise((resolve) => setTimeout(resolve, 50))
  leader = 2
  expect([await offsets(), await offsets()]).toEqual([[0n], [1n]])
  fetcher.close()
})

/** Reads partition 0 up to `to`. Returns the records and the error that ended the read. */
async function readAll(cluster: KafkaCluster, to: bigint, next = 0n) {
  const fetcher = new Fetcher(cluster, new OutageWatch({}))
  fetcher.assign([{ topic, partition: 0, next, to }])
  const read: (readonly [bigint, string])[] = []
  try {
    for (let got = await fetcher.take(); got; got = await fetcher.take()) {
      for (const { offset, value } of got.records) read.push([offset, Buffer.from(value ?? nothing).toString()])
    }
    return { read, error: undefined }
  } catch (error) {
    // Taking again fails in the same way and returns no later record.
    await expect(fetcher.take()).rejects.toBe(error)
    return { read, error: error as Error }
  } finally {
    fetcher.close()
  }
}

const flipped = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] as number) ^ 1
  return copy
}

/** Corrects the length and the checksum of a batch for its content. */
function sealed(bytes: Buffer): Buffer {
  bytes.writeInt32BE(bytes.length - 12, 8)
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17)
  return bytes
}

/** A batch at an offset with these bytes after the header. */
async function batchOf(offset: bigint, body: Buffer, { count = 1, compression = 0 } = {}): Promise<Buffer> {
  const header = (await batchAt(offset)).subarray(0, 61)
  const bytes = Buffer.concat([header, body])
  bytes.writeInt16BE(compression, 21)
  bytes.writeInt32BE(count, 57)
  return sealed(bytes)
}

const MAX_INT = 0x7fff_ffff
/** 2^31 - 1 as a zigzag varint. */
const HUGE = 'feffffff0f'
/** A size, attributes, both deltas, no key, no value. */
const RECORD = '0000000101'

describe('a corrupt batch', () => {
  const good = [batchAt(0n), batchAt(1n)]
  const bad: readonly (readonly [string, string, () => Promise<Buffer>])[] = [
    ['with a wrong checksum', 'its checksum is 0x', async () => flipped(await batchAt(2n), 66)],
    [
      'with a length of -12',
      'its length is -12',
      async () => {
        const bytes = await batchAt(2n)
        bytes.writeInt32BE(-12, 8)
        return bytes
      },
    ],
    [
      'with a length of 0',
      'its length is 0',
      async () => {
        const bytes = await batchAt(2n)
        bytes.writeInt32BE(0, 8)
        return bytes
      },
    ],
    [
      'that is longer than the answer',
      'it is longer than the answer',
      async () => {
        const bytes = await batchAt(2n)
        bytes.writeInt32BE(MAX_INT, 8)
        return bytes
      },
    ],
    ['of 2^31 records', 'it has 2147483647 records', () => batchOf(2n, Buffer.alloc(13), { count: MAX_INT })],
    ['of -1 records', 'it has -1 records', () => batchOf(2n, Buffer.alloc(13), { count: -1 })],
    [
      'with 2^31 headers',
      'a record has 2147483647 headers',
      () => batchOf(2n, Buffer.from(`14${RECORD}${HUGE}`, 'hex')),
    ],
    ['with -1 headers', 'a record has -1 headers', () => batchOf(2n, Buffer.from(`0c${RECORD}01`, 'hex'))],
    [
      'with a record of 2^31 bytes',
      'record 1 of 1 has a length of 2147483647 bytes',
      () => batchOf(2n, Buffer.from(`${HUGE}0000`, 'hex')),
    ],
    [
      'with a key of 2^31 bytes',
      'a length is 2147483647',
      () => batchOf(2n, Buffer.from(`16000000${HUGE}010000`, 'hex')),
    ],
    ['with a value of -2 bytes', 'a length is -2', () => batchOf(2n, Buffer.from('0c000000010300', 'hex'))],
    [
      'with a header without a name',
      'a header has no name',
      () => batchOf(2n, Buffer.from(`10${RECORD}020101`, 'hex')),
    ],
    [
      'with a record after its last offset',
      'record 1 of 1 has the offset delta 1, but 0 to 0 are possible',
      () => batchOf(2n, Buffer.from('0c000002010100', 'hex')),
    ],
    [
      'with a record that is longer than its fields',
      'record 1 of 1 has fields of 6 bytes, but a length of 7',
      () => batchOf(2n, Buffer.from(`0e${RECORD}0000`, 'hex')),
    ],
    [
      'with bytes after its records',
      '3 bytes remain after its last record',
      () => batchOf(2n, Buffer.from(`0c${RECORD}00aabbcc`, 'hex')),
    ],
    [
      'with a number of eleven bytes',
      'a number has more than 10 bytes',
      () => batchOf(2n, Buffer.from('ffffffffffffffffffff01', 'hex')),
    ],
    ['in compression 7', 'its compression is 7', () => batchOf(2n, Buffer.alloc(20), { compression: 7 })],
    [
      'whose gzip data are not gzip',
      'its gzip data cannot be decompressed',
      () => batchOf(2n, Buffer.alloc(20), { compression: 1 }),
    ],
    [
      'in format 3',
      'its format is 3, but the newest format is 2',
      async () => {
        const bytes = await batchAt(2n)
        bytes[16] = 3
        return bytes
      },
    ],
  ]

  test.each(bad)('%s ends the read after the records before it, with its offset', async (_, reason, make) => {
    const bytes = Buffer.concat([...(await Promise.all(good)), await make(), await batchAt(3n)])
    const { cluster, requests } = clusterOf(([first]) => new Map([[0, bytes.subarray(Number(first?.offset) * 69)]]), 4n)
    const { read, error } = await readAll(cluster, 4n)
    expect(read).toEqual([
      [0n, '0'],
      [1n, '1'],
    ])
    expect(error).toMatchObject({
      code: 'DESERIALIZATION_FAILED',
      message: expect.stringContaining('t-events[0] at offset 2: the record batch is corrupt: '),
      hints: [driverHints.readFrom('t-events', 0, 3n)],
      isPassing: false,
    })
    expect(error?.message).toContain(reason)
    expect(requests.length).toBeLessThan(6)
  })

  test('a batch that is larger than the limit once decompressed fails with the limit, the option that raises it, and the offset', async () => {
    const bytes = Buffer.concat([
      await batchAt(0n),
      await batchOf(1n, gzipSync(Buffer.alloc(1024 * 1024 + 1)), { compression: 1 }),
    ])
    const { cluster } = clusterOf(() => new Map([[0, bytes]]), 2n)
    const { read, error } = await readAll(cluster, 2n)
    expect(read).toEqual([[0n, '0']])
    expect(error).toMatchObject({
      code: 'DESERIALIZATION_FAILED',
      message: 't-events[0] at offset 1: the record batch is larger than the limit of 1048576 bytes when decompressed',
      hints: [driverHints.raiseMaxBatchBytes(2_097_152), driverHints.readFrom('t-events', 0, 2n)],
    })
  })

  test('a batch in a format before Kafka 0.11 fails as UNSUPPORTED', async () => {
    const bytes = await batchAt(0n)
    bytes[16] = 1
    const { cluster } = clusterOf(() => new Map([[0, bytes]]), 1n)
    const { error } = await readAll(cluster, 1n)
    expect(error).toMatchObject({
      code: 'UNSUPPORTED',
      message: 't-events[0] at offset 0: the record is in message format 1, which Kafka wrote before 0.11',
    })
  })
})

describe('an answer that was damaged in transit', () => {
  const all = [0n, 1n, 2n, 3n].map((offset) => [offset, `${offset}`])
  const batches = Promise.all([0n, 1n, 2n, 3n].map(batchAt))

  test.each([
    ['in a record', 2 * 69 + 66],
    ['in a checksum', 69 + 17],
    ['in a length', 69 + 11],
    ['in the format', 16],
    ['in the first base offset', 6],
    ['in a base offset', 2 * 69 + 7],
    ['in the last base offset', 3 * 69 + 7],
    ['in a leader epoch, which is not read', 69 + 13],
  ])('an answer that was damaged %s is requested again', async (_, at) => {
    const bytes = Buffer.concat(await batches)
    let answers = 0
    const { cluster } = clusterOf(([first]) => {
      answers += 1
      const given = answers === 1 ? flipped(bytes, at) : bytes
      return new Map([[0, given.subarray(Number(first?.offset) * 69)]])
    }, 4n)
    expect(await readAll(cluster, 4n)).toEqual({ read: all, error: undefined })
  })

  test('an answer is requested again if the offset of a batch was damaged that begins before the requested offset', async () => {
    const records = Array.from({ length: 8 }, (_, index) => ({ key: null, value: Buffer.from(`${64 + index}`) }))
    const first = await encodeBatch(records, 0, 0n)
    first.writeBigInt64BE(64n, 0)
    const bytes = Buffer.concat([first, await batchAt(72n)])
    let answers = 0
    const { cluster } = clusterOf(() => {
      answers += 1
      // 64 becomes 65: the batch would end at 72, where another begins; 64 becomes 62 would leave a gap.
      const moved = Buffer.from(bytes)
      if (answers === 1) moved.writeBigInt64BE(62n, 0)
      return new Map([[0, moved]])
    }, 73n)
    const { read } = await readAll(cluster, 73n, 66n)
    expect(read).toEqual([66n, 67n, 68n, 69n, 70n, 71n, 72n].map((offset) => [offset, `${offset}`]))
  })

  test('an answer with a damaged structure is requested again, and refused with its offset the third time', async () => {
    const [only] = await batches
    let answers = 0
    const damagedTwice = clusterOf(() => {
      answers += 1
      return answers < 3 ? 'damaged' : new Map([[0, only as Buffer]])
    }, 1n)
    expect(await readAll(damagedTwice.cluster, 1n)).toEqual({ read: [[0n, '0']], error: undefined })

    const always = clusterOf(() => 'damaged', 1n)
    const { read, error } = await readAll(always.cluster, 1n)
    expect(read).toEqual([])
    expect(error).toMatchObject({
      code: 'TRANSPORT_ERROR',
      message: expect.stringContaining(
        't-events[0] at offset 0 cannot be read: the answer of b1:9092 to Fetch is damaged: ',
      ),
    })
    expect(always.requests).toHaveLength(3)
  })
})

test('a read skips the gaps that compaction leaves', async () => {
  const bytes = Buffer.concat(await Promise.all([3n, 4n, 9n, 20n].map(batchAt)))
  const { cluster } = clusterOf(([first]) => {
    const behind = [3n, 4n, 9n, 20n].filter((offset) => offset < (first?.offset ?? 0n)).length
    return new Map([[0, bytes.subarray(behind * 69)]])
  }, 21n)
  expect((await readAll(cluster, 21n)).read.map(([offset]) => offset)).toEqual([3n, 4n, 9n, 20n])
})
