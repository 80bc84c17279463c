// @ts-expect-error kafkajs types its front door only
import Cluster from 'kafkajs/src/cluster/index.js'
// @ts-expect-error
import openSocket from 'kafkajs/src/network/socketFactory.js'
import { type Contender, compare, type Outcome, timed } from '../measure.ts'
import { PARTITIONS } from '../records.ts'
import { against, formatRate, speedRatio } from '../report.ts'
import type { Row, Setting } from '../setting.ts'

const ROUNDS = 3
/** What crbus asks of a partition, and of a broker, at a time. */
const PARTITION_BYTES = 2 * 1024 * 1024
const ANSWER_BYTES = 16 * 1024 * 1024

export const fetching: Row = {
  name: 'fetch',
  note: 'records fetched from the leaders in one process, decoded from their batches and counted: the most a reader built on kafkajs could do, beside bus.log.read.',

  async run(setting) {
    const { records } = setting
    const own = await fetchingBus(setting)
    const kafkajs = await fetchingKafkaJs(setting)
    const [outcome, ceiling] = await compare([own, kafkajs], { rounds: ROUNDS, expected: records })
    const show = (one: Outcome) => formatRate(records, one)
    return against('fetch and count', outcome, [ceiling], { show, ratio: speedRatio })
  },
}

async function fetchingBus(setting: Setting): Promise<Contender> {
  const { log } = await setting.bus()
  const topic = await setting.topic()
  const ranges = await log.ranges(topic)
  const slices = ranges.map(({ partition, start, end }) => ({ topic, partition, from: start, to: end }))
  return {
    name: 'crbus',
    run: () =>
      timed(async () => {
        let count = 0
        for await (const batch of log.read(slices)) count += batch.length
        return count
      }),
  }
}

interface KafkaJsBroker {
  fetch(request: object): Promise<{ readonly responses: readonly KafkaJsFetched[] }>
}

interface KafkaJsFetched {
  readonly partitions: readonly { readonly partition: number; readonly messages: readonly { offset: string }[] }[]
}

async function fetchingKafkaJs(setting: Setting): Promise<Contender> {
  const { brokers, log } = await setting.bus()
  const topic = await setting.topic()
  const ends = new Map((await log.ranges(topic)).map(({ partition, end }) => [partition, end]))
  return {
    name: 'kafkajs',
    async run() {
      const cluster = new Cluster({
        brokers: brokers.split(','),
        clientId: 'crbus-bench',
        socketFactory: openSocket(),
        connectionTimeout: 5000,
        metadataMaxAge: 300_000,
        logger: silentLogger,
      })
      await cluster.connect()
      try {
        await cluster.addTargetTopic(topic)
        const leaders = Object.entries(cluster.findLeaderForPartitions(topic, [...Array(PARTITIONS).keys()]))
        return await timed(async () => {
          const counts = leaders.map(async ([nodeId, partitions]) =>
            fetchAll(await cluster.findBroker({ nodeId }), topic, partitions as number[], ends),
          )
          return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0)
        })
      } finally {
        await cluster.disconnect()
      }
    },
  }
}

async function fetchAll(
  broker: KafkaJsBroker,
  topic: string,
  partitions: readonly number[],
  ends: ReadonlyMap<number, bigint>,
): Promise<number> {
  const next = new Map(partitions.map((partition) => [partition, 0n]))
  let count = 0
  for (;;) {
    const open = [...next].filter(([partition, offset]) => offset < (ends.get(partition) ?? 0n))
    if (open.length === 0) return count
    const { responses } = await broker.fetch({
      maxWaitTime: 250,
      maxBytes: ANSWER_BYTES,
      topics: [
        {
          topic,
          partitions: open.map(([partition, offset]) => ({
            partition,
            fetchOffset: offset.toString(),
            maxBytes: PARTITION_BYTES,
          })),
        },
      ],
    })
    for (const { partition, messages } of responses.flatMap((response) => response.partitions)) {
      const last = messages.at(-1)
      if (last === undefined) continue
      count += messages.length
      next.set(partition, BigInt(last.offset) + 1n)
    }
  }
}

const silence = () => undefined
const silentLogger = { info: silence, error: silence, warn: silence, debug: silence, namespace: () => silentLogger }
