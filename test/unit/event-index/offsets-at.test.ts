import { join } from 'node:path'
import { expect, test } from 'vitest'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { IndexReader } from '../../../src/operations/event-index/index-reader.ts'
import { seededRandom } from '../schema/support/random.ts'
import { indexTopics, newFolder } from './support/index-topics.ts'

const TOPIC = 'order-events'
const SEEDS = 20
const RECORDS = 1500

test('finds the same offsets at a time as the bus, whatever order the timestamps have, and as far as it reaches', async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const random = seededRandom(seed)
    await using bus = new InMemoryEventBus()
    await bus.admin.createTopic(TOPIC, { partitions: 2 })
    const path = join(newFolder(), 'index.db')
    const at = (number: number) => BigInt(1000 + number + random.below(seed * 40))
    const append = (first: number, count: number) =>
      bus.log.append(
        TOPIC,
        Array.from({ length: count }, (_, own) => {
          return { key: null, value: Buffer.from('{}'), timestamp: at(first + own), partition: random.below(2) }
        }),
      )
    await append(0, RECORDS)
    await indexTopics(bus, path, { topics: [TOPIC] })
    const compare = async (isCovered: boolean) => {
      const { reader } = await IndexReader.open(bus, { path, topics: [TOPIC] })
      if (reader === undefined) throw new Error('there is no index')
      using own = reader
      const asked: bigint[] = []
      const times = own.timesOf({
        ranges: (topic) => bus.log.ranges(topic),
        offsetsAt: (topic, time) => {
          asked.push(time)
          return bus.log.offsetsAt(topic, time)
        },
      })
      for (let time = 900n; time < 3500n; time += BigInt(1 + random.below(60))) {
        expect(await times.offsetsAt(TOPIC, time), `seed ${seed} at ${time}`).toEqual(
          await bus.log.offsetsAt(TOPIC, time),
        )
      }
      expect(asked.length > 0).toBe(!isCovered)
    }
    await compare(true)
    await bus.admin.deleteRecords(TOPIC, new Map([[0, BigInt(random.below(500))]]))
    await compare(true)
    await append(RECORDS, 100)
    await compare(false)
  }
})
