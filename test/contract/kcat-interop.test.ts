import { execa } from 'execa'
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import type { BusRecord } from '../../src/bus/record.ts'
import { KafkaDriver } from '../../src/drivers/kafka/kafka-driver.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import type { RedpandaEventBusOptions } from '../../src/drivers/kafka/redpanda-options.ts'
import { brokerRequired } from '../support/kafka.ts'
import { newTopic, uniqueGroup, uniqueTopic } from './support/harness.ts'

// kcat is built on librdkafka, as the Rust services are, so it behaves as they do.

const brokers = inject('kafkaBrokers')
const version = await execa('kcat', ['-V'], { reject: false, stripFinalNewline: false })
const hasKcat = !version.failed
if (!hasKcat && brokerRequired())
  throw new Error('kcat is not installed, so the compatibility with librdkafka cannot be tested: install kcat')

const compressions = (['gzip', 'snappy', 'lz4', 'zstd'] as const).filter(
  (name) => name !== 'zstd' || version.stdout?.includes('zstd'),
)

function openBus(options: Partial<RedpandaEventBusOptions> = {}): RedpandaEventBus {
  const bus = new RedpandaEventBus({ brokers, ...options })
  onTestFinished(() => bus.close())
  return bus
}

const kcat = (args: readonly string[], input = '') => execa('kcat', ['-q', '-b', brokers, ...args], { input })

async function kcatReads(topic: string, format: string): Promise<Buffer> {
  const args = ['-q', '-b', brokers, '-C', '-e', '-o', 'beginning', '-t', topic, '-f', format]
  const { stdout } = await execa('kcat', args, { encoding: 'buffer', stripFinalNewline: false })
  return Buffer.from(stdout)
}

async function readAll(bus: RedpandaEventBus, topic: string): Promise<BusRecord[]> {
  const ranges = await bus.log.ranges(topic)
  const records: BusRecord[] = []
  const slices = ranges.map(({ partition, start, end }) => ({ topic, partition, from: start, to: end }))
  for await (const batch of bus.log.read(slices)) records.push(...batch)
  return records
}

const textOf = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString()

const keys = [
  ...['OrderPlaced.v1', 'OrderCancelled.v1', 'OrderShipped.v1', 'PaymentCompleted.v1', 'PaymentFailed.v1'],
  ...['InventoryReserved.v1', 'OrderPlaced', 'Événement.v1', '{ Order }', 'a'],
  ...Array.from({ length: 40 }, (_, index) => `Event${index}.v${index}`),
]

describe.skipIf(brokers === '' || !hasKcat)(`kcat${hasKcat ? '' : ' (not installed)'}`, () => {
  test('chooses the same partition for every key as crbus', async () => {
    const bus = openBus()
    for (const partitions of [3, 6, 12]) {
      const ours = await newTopic(bus, partitions)
      const theirs = await newTopic(bus, partitions)
      await bus.log.append(
        ours,
        keys.map((key) => ({ key: Buffer.from(key), value: Buffer.from('v') })),
      )
      await kcat(['-P', '-t', theirs, '-K', '|'], keys.map((key) => `${key}|v\n`).join(''))
      const partitionsOf = async (topic: string) =>
        new Map((await readAll(bus, topic)).map(({ key, partition }) => [textOf(key), partition]))
      const [own, other] = [await partitionsOf(ours), await partitionsOf(theirs)]
      expect(other.size).toBe(keys.length)
      expect(own).toEqual(new Map(keys.map((key) => [key, other.get(key)])))
    }
  })

  test('reads the bytes that crbus wrote', async () => {
    const bus = openBus()
    const topic = await newTopic(bus)
    const value = Buffer.from(Array.from({ length: 4096 }, (_, index) => (index * 7) % 256))
    await bus.log.append(topic, [{ key: Buffer.from('k'), value }])
    expect((await kcatReads(topic, '%s')).equals(value)).toBe(true)
  })

  test('exchanges offsets, timestamps, headers and tombstones with crbus', async () => {
    const bus = openBus()
    const topic = uniqueTopic()
    // Without a retention time, because the records are older than the default retention.
    await bus.admin.createTopic(topic, { partitions: 1, config: { 'retention.ms': '-1' } })
    await bus.log.append(topic, [
      {
        key: Buffer.from('k'),
        value: Buffer.from('v'),
        timestamp: 1_700_000_000_123n,
        headers: [
          ['b', Buffer.from('1')],
          ['a', null],
          ['b', Buffer.from('2')],
        ],
      },
      { key: Buffer.from('gone'), value: null, timestamp: 1_700_000_000_124n },
    ])
    const seen = (await kcatReads(topic, '%p %o %T %k %S %h\n')).toString()
    expect(seen).toBe('0 0 1700000000123 k 1 b=1,a=NULL,b=2\n0 1 1700000000124 gone -1 \n')
    await kcat(['-P', '-t', topic, '-Z', '-K', '|', '-H', 'x=1', '-H', 'x=2', '-H', 'y'], 'k|\n')
    expect((await readAll(bus, topic)).at(-1)).toMatchObject({
      value: null,
      headers: [
        ['x', Buffer.from('1')],
        ['x', Buffer.from('2')],
        ['y', null],
      ],
    })
  })

  test.each(compressions)('exchanges batches compressed with %s with crbus', async (compression) => {
    const bus = openBus({ compression })
    const [ours, theirs] = [await newTopic(bus), await newTopic(bus)]
    const values = Array.from({ length: 3000 }, (_, index) => `${index} ${'abc'.repeat(index % 90)}`)
    await bus.log.append(
      ours,
      values.map((value) => ({ key: null, value: Buffer.from(value) })),
    )
    expect((await kcatReads(ours, '%s\n')).toString().trimEnd().split('\n')).toEqual(values)
    await kcat(['-P', '-t', theirs, '-z', compression], `${values.join('\n')}\n`)
    expect((await readAll(bus, theirs)).map(({ value }) => textOf(value))).toEqual(values)
  })

  test('shares a consumer group with crbus, whichever joins first', async () => {
    const bus = openBus()
    const topic = await newTopic(bus, 4)
    for (const isFirst of [true, false]) {
      const group = uniqueGroup()
      const join = async () => {
        const driver = new KafkaDriver({
          brokers: brokers.split(','),
          clientId: 'ours',
          timeout: 5000,
          acks: 1,
          compression: 0,
        })
        onTestFinished(() => driver.close())
        return driver.join({ topics: [topic], group, offsetReset: 'earliest', bufferSize: 100 })
      }
      const spawn = () => execa('kcat', ['-b', brokers, '-G', group, topic], { reject: false })
      const early = isFirst ? await join() : undefined
      const theirs = spawn()
      onTestFinished(() => void theirs.kill('SIGKILL'))
      if (!isFirst) await membersOf(bus, group, 1)
      const member = early ?? (await join())
      const members = await membersOf(bus, group, 2)
      expect(members.map(({ assignment }) => assignment.length)).toEqual([2, 2])
      expect(members.map(({ clientId }) => clientId).sort()).toEqual(['ours', 'rdkafka'])
      await member.close()
      const [left] = await membersOf(bus, group, 1)
      expect(left?.assignment.length).toBe(4)
      theirs.kill('SIGTERM')
      await theirs
    }
  })

  const membersOf = (bus: RedpandaEventBus, group: string, count: number) =>
    vi.waitFor(
      async () => {
        const { members, state } = await bus.admin.describeGroup(group)
        expect({ state, count: members.length }).toEqual({ state: 'Stable', count })
        const assigned = members.reduce((sum, { assignment }) => sum + assignment.length, 0)
        expect(assigned).toBe(4)
        return members
      },
      { timeout: 20_000, interval: 200 },
    )
})
