import { describe, expect, inject, test } from 'vitest'
import { EventBusError } from '../../src/bus/errors.ts'
import { driverHints } from '../../src/drivers/hints.ts'
import type { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { flipBits, seeded } from '../unit/drivers/kafka-mutations.ts'
import { newTopic, numbered, numberOf, uniqueGroup } from './support/harness.ts'
import { proxiedKafka } from './support/proxied-kafka.ts'

// A reader behind a proxy that damages the answers of the broker.

const FETCH = 1
const LIST_OFFSETS = 2
const RECORDS = 24
const PER_BATCH = 8
const READS = 300
const ALL_DAMAGED_READS = 40
const RANGE_READS = 40
/** The wait for an answer that announces more bytes than it has. */
const TIMEOUT_MS = 2000
/** A Fetch answer has fewer bytes without batches, and more with a batch. */
const MIN_BYTES_WITH_BATCH = 150

const isHere = inject('kafkaBrokers') !== '' && !process.env.CRBUS_TEST_BROKERS

describe.skipIf(!isHere)('behind a proxy that damages answers', () => {
  const { proxy, openBus } = proxiedKafka()

  /** Makes a topic of three batches for each compression, which the broker compresses. */
  async function topicsOf(bus: RedpandaEventBus): Promise<readonly string[]> {
    return Promise.all(
      ['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'].map(async (compression) => {
        const topic = `t-${compression}-${uniqueGroup()}`
        await bus.admin.createTopic(topic, { partitions: 1, config: { 'compression.type': compression } })
        for (let base = 0; base < RECORDS; base += PER_BATCH) {
          const records = Array.from({ length: PER_BATCH }, (_, index) => {
            return { key: Buffer.from('Numbered.v1'), value: Buffer.from(`{"number":${base + index}}`), partition: 0 }
          })
          await bus.log.append(topic, records)
        }
        return topic
      }),
    )
  }

  async function read(bus: RedpandaEventBus, topic: string): Promise<readonly string[] | EventBusError> {
    const lines: string[] = []
    try {
      const slices = [{ topic, partition: 0, from: 0n, to: BigInt(RECORDS) }]
      for await (const batch of bus.log.read(slices)) {
        for (const record of batch)
          lines.push(`${record.topic}[${record.partition}]@${record.offset} ${record.key} ${record.value}`)
      }
      return lines
    } catch (error) {
      // The records before the error are correct, too.
      expect(lines).toEqual(linesOf(topic).slice(0, lines.length))
      expect(error).toBeInstanceOf(EventBusError)
      return error as EventBusError
    }
  }

  const linesOf = (topic: string): string[] =>
    Array.from({ length: RECORDS }, (_, number) => `${topic}[0]@${number} Numbered.v1 {"number":${number}}`)

  test(`${READS} reads with 1 to 8 flipped bits in one answer each yield the correct records or an error`, {
    timeout: 120_000,
  }, async () => {
    const topics = await topicsOf(openBus())
    const bus = openBus({ timeout: TIMEOUT_MS })
    const random = seeded(1)
    let refused = 0
    for (let at = 0; at < READS; at += 1) {
      const topic = topics[at % topics.length] as string
      let flips = 1
      proxy().rules = {
        damages: ({ key }, answer) => (key === FETCH && flips-- > 0 ? flipBits(answer, random) : answer),
      }
      const got = await read(bus, topic)
      if (got instanceof EventBusError) refused += 1
      else expect(got).toEqual(linesOf(topic))
    }
    // A damaged answer is requested again, so errors are rare: bits that turn into an error code.
    expect(refused).toBeLessThan(READS / 10)
  })

  test('reads with flipped bits in all answers yield the correct records or an error', {
    timeout: 120_000,
  }, async () => {
    const topics = await topicsOf(openBus())
    const bus = openBus({ timeout: TIMEOUT_MS })
    const random = seeded(2)
    let refused = 0
    for (let at = 0; at < ALL_DAMAGED_READS; at += 1) {
      const topic = topics[at % topics.length] as string
      // After the correlation id: a wrong length or correlation id fails the connection instead.
      proxy().rules = { damages: ({ key }, answer) => (key === FETCH ? flipBits(answer, random, 8) : answer) }
      const got = await read(bus, topic)
      if (!(got instanceof EventBusError)) expect(got).toEqual(linesOf(topic))
      else refused += 1
    }
    expect(refused).toBeGreaterThan(ALL_DAMAGED_READS / 2)
  })

  test(`the range of a topic is correct in ${RANGE_READS} reads with 1 to 8 flipped bits in one offset`, async () => {
    const [topic] = (await topicsOf(openBus())) as [string]
    const bus = openBus({ timeout: TIMEOUT_MS })
    const random = seeded(4)
    for (let at = 0; at < RANGE_READS; at += 1) {
      let flips = 1
      // The answer ends with the offset of the only partition.
      proxy().rules = {
        damages: ({ key }, answer) =>
          key === LIST_OFFSETS && flips-- > 0 ? flipBits(answer, random, answer.length - 8) : answer,
      }
      const ranges = await bus.log.ranges(topic)
      expect(ranges).toEqual([{ partition: 0, start: 0n, end: BigInt(RECORDS) }])
    }
  })

  test('a subscription fails at a corrupt batch, and the next one continues there when the batch is readable', {
    timeout: 60_000,
  }, async () => {
    const bus = openBus()
    const topic = await newTopic(bus)
    const group = uniqueGroup()
    for (const base of [0, 2, 4]) await bus.publish(topic, [numbered(base), numbered(base + 1)])
    proxy().rules = {
      changes({ key }, answer) {
        // The last byte belongs to the last batch.
        if (key !== FETCH || answer.length < MIN_BYTES_WITH_BATCH) return answer
        const changed = Buffer.from(answer)
        changed[changed.length - 1] = (changed.at(-1) as number) ^ 1
        return changed
      },
    }

    const received: (number | undefined)[] = []
    const stream = await bus.subscribe([topic], { group, autoOffsetReset: 'earliest' })
    const failure = await (async () => {
      for await (const item of stream) received.push(numberOf(item))
    })().catch((error: unknown) => error)
    expect(received).toEqual([0, 1, 2, 3])
    expect(failure).toMatchObject({
      code: 'SUBSCRIPTION_FAILED',
      isPassing: false,
      message: expect.stringContaining(`${topic}[0] at offset 4: the record batch is corrupt: its checksum is 0x`),
      hints: [driverHints.resetGroup(group, topic, 0, 6n)],
    })
    const [committed] = await bus.admin.committedOffsets(group)
    expect(committed?.offset ?? 0n).toBeLessThanOrEqual(4n)

    proxy().rules = {}
    const again = await openBus().subscribe([topic], { group, autoOffsetReset: 'earliest' })
    for await (const item of again) {
      received.push(numberOf(item))
      if (received.at(-1) === 5) break
    }
    expect(new Set(received)).toEqual(new Set([0, 1, 2, 3, 4, 5]))
  })
})
