import { expect, test } from 'vitest'
import { Writer } from '../../../src/drivers/kafka/bytes.ts'
import type { KafkaCluster } from '../../../src/drivers/kafka/cluster.ts'
import { Fetcher } from '../../../src/drivers/kafka/fetch.ts'
import { encodeBatch } from '../../../src/drivers/kafka/record-batch.ts'
import { OutageWatch } from '../../../src/drivers/outage-watch.ts'

const topic = 't-events'
const nothing = Buffer.alloc(0)

/** One record, at this offset. */
async function batchAt(offset: bigint): Promise<Buffer> {
  const bytes = await encodeBatch([{ key: null, value: Buffer.from(`${offset}`) }], 0, 0n)
  bytes.writeBigInt64BE(offset, 0)
  return bytes
}

interface Asked {
  readonly partition: number
  readonly offset: bigint
}

/** A cluster of one broker that answers fetches as it is told to, without the network. */
function clusterOf(
  answer: (asked: readonly Asked[]) => ReadonlyMap<number, Buffer>,
  lastStable: bigint,
  leader: () => number | undefined = () => 1,
) {
  const requests: (readonly Asked[])[] = []
  const connection = {
    async send({ body }: { readonly body: Buffer }) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      const asked = readFetch(body)
      requests.push(asked)
      const batches = answer(asked)
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
    options: { timeout: 1000 },
    isClosed: false,
    openChannel: () => 'test',
    closeChannel: () => undefined,
    partitions: async () => [],
    knownLeader: leader,
    broker: async () => connection,
  }
  return { cluster: cluster as unknown as KafkaCluster, requests }
}

/** What was asked of the one topic: 25 bytes of settings, then the topics. */
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

test('empty answers are not believed by who follows: the records behind them are read', async () => {
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

test('an empty answer is not believed at once: the records behind it are read', async () => {
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

test('offsets that stay empty, at last when asked for alone, count as read', async () => {
  const { cluster, requests } = clusterOf(() => new Map(), 5n)
  const fetcher = new Fetcher(cluster, new OutageWatch({}))
  fetcher.assign([0, 1].map((partition) => ({ topic, partition, next: 0n, to: 5n })))

  expect(await fetcher.take()).toBeUndefined()
  fetcher.close()

  const [last, one] = [requests.at(-1), requests.at(-2)]
  expect([one, last]).toEqual([[{ partition: 0, offset: 0n }], [{ partition: 1, offset: 0n }]])
  expect(requests.length).toBeGreaterThan(5)
}, 20_000)

test('a reader in no hurry goes on where another leads by then', async () => {
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

  // The first has been fetched, and waits to be taken.
  await new Promise((resolve) => setTimeout(resolve, 50))
  leader = 2
  expect([await offsets(), await offsets()]).toEqual([[0n], [1n]])
  fetcher.close()
})
