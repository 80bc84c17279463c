import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { type Contender, compare, type Outcome, timePipeline } from '../measure.ts'
import { peersHere } from '../peers.ts'
import { EVENT_TYPE } from '../records.ts'
import { against, formatRate, speedRatio } from '../report.ts'
import { crbus, type Row } from '../setting.ts'

const ROUNDS = 3

export const publishing: Row = {
  name: 'publish',
  note: 'lines of JSON from a file, each run to a topic of its own, whose offsets are counted. crbus parses each line and wraps it in an envelope; the others send it as it is. One key, so one partition, for all. crbus asks the leader to acknowledge, kcat and rpk all replicas, of which there is one. kaf and kafkactl send one record at a time and are left out.',

  async run(setting) {
    const { records } = setting
    const { brokers } = await setting.bus()
    const file = join(setting.folder, 'orders.ndjson')
    await pipeline(Readable.from(orders(records)), createWriteStream(file))
    const publisher = (name: string, command: (topic: string) => readonly string[]): Contender => ({
      name,
      async run() {
        await using topic = await setting.newTopic()
        const sample = await timePipeline(command(topic.name), { into: '> /dev/null', input: file })
        return { ...sample, count: await setting.recordsOn(topic.name) }
      },
    })
    const own = publisher('crbus', (topic) =>
      crbus('publish', topic, '-b', brokers, '-q', '--type', EVENT_TYPE, '--codec', 'json', '--file', file),
    )
    const others = peersHere.flatMap(({ name, publish }) =>
      publish === undefined ? [] : publisher(name, (topic) => publish({ brokers, topic, key: EVENT_TYPE, file })),
    )
    const [outcome, ...outcomes] = await compare([own, ...others], { rounds: ROUNDS, expected: records })
    const show = (one: Outcome) => formatRate(records, one)
    return against('publish lines', outcome, outcomes, { show, ratio: speedRatio })
  },
}

/** As the Rust records are, in JSON. */
function* orders(count: number): Generator<string> {
  const lines: string[] = []
  for (let index = 0; index < count; index += 1) {
    const order = {
      order_id: `order-${index}`,
      customer_id: `cust-${index % 1000}`,
      items: [{ product_id: 'p', name: 'Widget', quantity: 2, unit_price: 1000 }],
      total: 2000,
      timestamp: '2025-11-21T06:26:20.123456789Z',
    }
    lines.push(`${JSON.stringify(order)}\n`)
    if (lines.length === 1000) yield lines.splice(0).join('')
  }
  yield lines.join('')
}
