import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { execa } from 'execa'
import { describe, expect, inject, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import { partitionOf } from '../../src/bus/partitioner.ts'
import type { BusRecord } from '../../src/bus/record.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { expectNoNewGroup } from './support/harness.ts'

const brokers = inject('kafkaBrokers')
const hasKcat = !(await execa('kcat', ['-V'], { reject: false })).failed
const root = new URL('../..', import.meta.url).pathname

test('kafkajs has the version whose internals wire.ts uses', () => {
  const { version } = JSON.parse(readFileSync(`${root}node_modules/kafkajs/package.json`, 'utf8'))
  expect(version).toBe('2.2.4')
})

test('new RedpandaEventBus throws at once without brokers', () => {
  expect(() => new RedpandaEventBus({ brokers: '' })).toThrow('Brokers not configured')
})

async function readAll(bus: RedpandaEventBus, topic: string): Promise<BusRecord[]> {
  const found: BusRecord[] = []
  const ranges = await bus.log.ranges(topic)
  const slices = ranges.map(({ partition, start, end }) => ({ topic, partition, from: start, to: end }))
  for await (const batch of bus.log.read(slices)) found.push(...batch)
  return found
}

describe.skipIf(brokers === '')('on a real Kafka', () => {
  const newTopic = async (bus: RedpandaEventBus, partitions: number) => {
    const topic = `peers-${randomUUID()}-events`
    await bus.admin.createTopic(topic, { partitions })
    return topic
  }

  test.each(['gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'batches compressed with %s are written, and read back by log and by group',
    async (compression) => {
      await using bus = new RedpandaEventBus({ brokers, compression })
      const topic = await newTopic(bus, 1)
      const bodies = Array.from(
        { length: 500 },
        (_, index) => `{"index":${index},"text":"${'compressible '.repeat(10)}"}`,
      )
      await bus.publish(
        topic,
        bodies.map((body) => serializedEvent('OrderPlaced.v1', Buffer.from(body))),
      )
      const found = await readAll(bus, topic)
      expect(found).toHaveLength(500)
      const stream = await bus.subscribe([topic], { group: `g-${topic}`, autoOffsetReset: 'earliest' })
      const { value } = await stream.next()
      expect(value?.ok && Buffer.from(value.event.data).toString()).toBe(bodies[0])
      await stream.close()
    },
  )

  test('reading by log leaves no group behind', async () => {
    await using bus = new RedpandaEventBus({ brokers })
    const topic = await newTopic(bus, 2)
    await bus.publish(topic, serializedEvent('A', Buffer.from('x')))
    await expectNoNewGroup(bus, () => readAll(bus, topic))
  })

  describe.skipIf(!hasKcat)('compared with librdkafka (kcat)', () => {
    test('partitionOf chooses the partition that librdkafka chooses for a key', async () => {
      await using bus = new RedpandaEventBus({ brokers })
      const topic = await newTopic(bus, 12)
      const keys = Array.from({ length: 50 }, (_, index) => `Event${index * 7919}.v${index % 3}`).concat('Événement.v1')
      await execa('kcat', ['-b', brokers, '-t', topic, '-P', '-K', '\t'], {
        input: keys.map((key) => `${key}\tvalue`).join('\n'),
      })
      const found = await readAll(bus, topic)
      expect(found).toHaveLength(keys.length)
      for (const { key, partition } of found) expect(partition).toBe(partitionOf(key, 12))
    })

    test('librdkafka reads a published event byte for byte, with its key and partition', async () => {
      await using bus = new RedpandaEventBus({ brokers })
      const topic = await newTopic(bus, 3)
      const [vector] = readFileSync(`${root}test/vectors/vectors.txt`, 'utf8').split('\n')
      const expected = vector?.split('\t')[1] ?? ''
      const [position] = await bus.publish(topic, serializedEvent('OrderPlaced.v1', Uint8Array.of(1, 2, 3)))
      const { stdout } = await execa('kcat', ['-b', brokers, '-t', topic, '-C', '-e', '-q', '-f', '%p %k %S %s'], {
        encoding: 'buffer',
      })
      const head = Buffer.from(`${position?.partition} OrderPlaced.v1 ${expected.length / 2} `)
      expect(Buffer.from(stdout).toString('hex')).toBe(head.toString('hex') + expected)
    })
  })
})
