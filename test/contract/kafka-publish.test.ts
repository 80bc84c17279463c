import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { AppendError } from '../../src/bus/errors.ts'
import type { NewRecord } from '../../src/bus/record.ts'
import { connect } from '../../src/cli/config/connect.ts'
import Publish from '../../src/commands/publish.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import type { RedpandaEventBusOptions } from '../../src/drivers/kafka/redpanda-options.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { runCli } from '../commands/run-cli.ts'
import { readTopic, uniqueTopic } from './support/harness.ts'

// Publishing lists of which the broker accepts a part.

const brokers = inject('kafkaBrokers')

function openBus(options: Partial<RedpandaEventBusOptions> = {}): RedpandaEventBus {
  const bus = new RedpandaEventBus({ brokers, ...options })
  onTestFinished(() => bus.close())
  return bus
}

async function topicWith(config: Readonly<Record<string, string>>, partitions = 1): Promise<string> {
  const topic = uniqueTopic()
  await openBus().admin.createTopic(topic, { partitions, config })
  return topic
}

const publish = (argv: readonly string[], lines: readonly string[]) =>
  runCli(Publish, [...argv], {
    broker: new MemoryBroker(),
    stdin: lines.map((line) => `${line}\n`).join(''),
    openBus: () => new RedpandaEventBus({ brokers }),
  })

/** The numbers in the lines of a topic. A record of another form counts as 0. */
async function numbersOn(topic: string): Promise<number[]> {
  const records = await readTopic(openBus(), topic)
  return records.map(({ value }) => Number(/^\{"n":(\d+)/.exec(Buffer.from(value ?? []).toString())?.[1] ?? 0))
}

const oneTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

/** A line in kcat's format, whose value is JSON with the line number. */
const lineOf = (topic: string, number: number, { key = null as string | null, pad = 0 } = {}): string =>
  JSON.stringify({ topic, key, payload: `{"n":${number},"pad":"${'x'.repeat(pad)}"}` })

describe.skipIf(brokers === '')('crbus publish', () => {
  const toKafka = (argv: readonly string[], lines: readonly string[]) =>
    runCli(Publish, [...argv, '-b', brokers], {
      broker: new MemoryBroker(),
      stdin: lines.map((line) => `${line}\n`).join(''),
      openBus: connect,
    })

  test.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])(
    'with -z %s publishes events that are read again',
    async (name) => {
      const topic = await topicWith({})
      const lines = oneTo(100).map((number) => lineOf(topic, number, { pad: 1000 }))
      expect((await toKafka([topic, '-z', name, '-q'], lines)).exitCode).toBe(0)
      expect(await numbersOn(topic)).toEqual(oneTo(100))
    },
  )

  test('with --acks 0 sends every event before it ends, and prints no offsets', async () => {
    const topic = await topicWith({})
    const lines = oneTo(300).map((number) => lineOf(topic, number))
    const { stdout, exitCode } = await toKafka([topic, '--acks', '0'], lines)
    expect(stdout).toBe(`${topic}[0]\n`.repeat(300))
    expect(exitCode).toBe(0)
    await vi.waitFor(async () => expect(await numbersOn(topic)).toEqual(oneTo(300)), { timeout: 10_000 })
  })
})

describe.skipIf(brokers === '')('publishing to a broker that accepts a part', () => {
  test('publishes 3,999 of 5,000 lines before a line that is too large, and the rest with --lines', async () => {
    const topic = await topicWith({})
    const lines = oneTo(5000).map((number) => lineOf(topic, number, { pad: number === 4000 ? 1_500_000 : 0 }))

    const first = await publish([topic], lines)

    expect(first.exitCode).toBe(5)
    expect(first.stdout.split('\n').filter(Boolean)).toEqual(oneTo(3999).map((number) => `${topic}[0]@${number - 1}`))
    expect(first.stderr).toMatch(/^3999 published before this$/m)
    expect(first.stderr).toMatch(/error: line 4000 is too large \(15000\d\d bytes, limit 1048588\)/)
    expect(first.stderr).toContain('try: --lines 4001- (publishes the lines that are left)')

    const second = await publish([topic, '--lines', '4001-'], lines)

    expect(second.exitCode).toBe(0)
    expect(await numbersOn(topic)).toEqual(oneTo(5000).filter((number) => number !== 4000))
  })

  test('publishes the reported rest without duplicates or gaps across keys and partitions', async () => {
    const topic = await topicWith({ 'max.message.bytes': '2000' }, 3)
    const lines = oneTo(400).map((number) =>
      lineOf(topic, number, { key: `key-${number % 7}`, pad: number === 250 ? 3000 : 100 }),
    )

    const first = await publish([topic, '--json'], lines)
    const { published, refused, unknown, rest } = JSON.parse(first.stdout)
    const left = rest.map(({ from, to }: { from: number; to?: number }) => `${from}-${to ?? ''}`).join(',')
    const second = await publish([topic, '--json', '--lines', left], lines)

    expect(refused).toEqual([{ line: 250, reason: expect.stringMatching(/^is too large/), size: 3093, limit: 2000 }])
    expect([unknown, rest.length]).toEqual([[], 1])
    expect(published + JSON.parse(second.stdout).published).toBe(399)
    expect((await numbersOn(topic)).sort((a, b) => a - b)).toEqual(oneTo(400).filter((number) => number !== 250))
  })

  test.each([
    {
      why: 'a record without a key on a compacted topic',
      config: { 'cleanup.policy': 'compact' },
      bad: { key: null },
      reason: /was refused: .*INVALID_RECORD/,
    },
    {
      why: 'a timestamp that the topic does not accept',
      config: { 'message.timestamp.before.max.ms': '3600000' },
      bad: { timestamp: 1000n },
      reason: /has timestamp 1000, which the topic does not accept: .*INVALID_TIMESTAMP/,
    },
    {
      why: 'a record that is larger than the topic accepts',
      config: { 'max.message.bytes': '2000' },
      bad: { value: Buffer.alloc(2001) },
      reason: /is too large \(20\d\d bytes, limit 2000\)/,
    },
  ])('an append stops at $why and reports the appended records', async ({ config, bad, reason }) => {
    const topic = await topicWith(config)
    const good = (number: number): NewRecord => ({ key: Buffer.from('k'), value: Buffer.from(`{"n":${number}}`) })
    const records = oneTo(100).map((number): NewRecord => (number === 38 ? { ...good(number), ...bad } : good(number)))

    const failed = openBus().log.append(topic, records)

    await expect(failed).rejects.toBeInstanceOf(AppendError)
    const { message, append, isPassing } = (await failed.catch(
      (error: AppendError) => error as AppendError,
    )) as AppendError
    expect(message).toMatch(new RegExp(`record 37 ${reason.source}.*\\(37 of 100 records were appended\\)$`))
    expect(isPassing).toBe(false)
    expect(append.refused).toMatchObject([{ index: 37 }])
    expect(append.unknown).toEqual([])
    expect(append.positions.slice(0, 37)).toEqual(
      oneTo(37).map((number) => ({ topic, partition: 0, offset: BigInt(number - 1) })),
    )
    expect(append.positions.slice(37).every((position) => position === undefined)).toBe(true)
    expect(await numbersOn(topic)).toEqual(oneTo(37))
  })
})
