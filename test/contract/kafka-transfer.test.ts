import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import type { BusRecord, NewRecord } from '../../src/bus/record.ts'
import { connect } from '../../src/cli/config/connect.ts'
import Copy from '../../src/commands/copy.ts'
import Export from '../../src/commands/export.ts'
import Import from '../../src/commands/import.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { type Runnable, runCli } from '../commands/run-cli.ts'
import { uniqueTopic } from './support/harness.ts'

// Records that come back from a real Kafka byte for byte.

const brokers = inject('kafkaBrokers')

function openBus(): RedpandaEventBus {
  const bus = new RedpandaEventBus({ brokers })
  onTestFinished(() => bus.close())
  return bus
}

const NOW = BigInt(Date.now())
const bytes = (...values: number[]) => Buffer.from(values)
const edges: readonly NewRecord[] = [
  { partition: 0, key: null, value: null, timestamp: NOW },
  { partition: 1, key: bytes(), value: bytes(), timestamp: NOW + 5n },
  { partition: 1, key: bytes(0xff), value: bytes(0, 0xff, 0x80), timestamp: NOW - 5n },
  {
    ...{ partition: 2, key: Buffer.from('ключ'), value: Buffer.from('{"a": 1.0}'), timestamp: NOW },
    headers: [
      ['b', bytes(0xff)],
      ['a', null],
      ['b', bytes()],
    ],
  },
  ...Array.from({ length: 5000 }, (_, index) => {
    return { partition: index % 3, key: bytes(index % 256), value: Buffer.from(`event ${index}`), timestamp: NOW }
  }),
]

describe.skipIf(brokers === '')('transfers of Kafka', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'crbus-kafka-transfer-'))
    return () => rmSync(folder, { recursive: true })
  })

  const run = (command: Runnable, argv: readonly string[]) =>
    runCli(command, [...argv], {
      ...{ broker: new MemoryBroker(), cwd: folder, stateFolder: join(folder, 'state'), openBus: connect },
    })

  async function filledTopic(config: Readonly<Record<string, string>> = {}): Promise<string> {
    const topic = uniqueTopic()
    const bus = openBus()
    await bus.admin.createTopic(topic, { partitions: 3, config })
    await bus.log.append(topic, edges)
    return topic
  }

  async function recordsOf(topic: string): Promise<readonly Omit<BusRecord, 'topic'>[]> {
    const bus = openBus()
    const slices = (await bus.log.ranges(topic)).map(({ partition, start, end }) => {
      return { topic, partition, from: start, to: end }
    })
    const found: BusRecord[][] = [[], [], []]
    for await (const batch of bus.log.read(slices)) found[batch[0]?.partition ?? 0]?.push(...batch)
    return found.flat().map(({ topic: _, ...record }) => record)
  }

  test.each(['crbus', 'ndjson'])(
    'an export to .%s, an import to an embedded bus, and a copy back to Kafka keep every byte',
    { timeout: 60_000 },
    async (extension) => {
      const topic = await filledTopic()
      const path = join(folder, `events.${extension}`)
      const back = uniqueTopic()
      expect(await run(Export, [topic, '--file', path, '-b', brokers])).toMatchObject({ exitCode: 0 })
      expect(await run(Import, [path, '--yes', '--verify', '--data-dir', folder])).toMatchObject({ exitCode: 0 })
      const copied = await run(Copy, [topic, back, '--data-dir', folder, '--to-brokers', brokers, '--yes'])
      expect(copied).toMatchObject({ exitCode: 0 })
      expect(await recordsOf(back)).toEqual(await recordsOf(topic))
    },
  )

  test('frames keep that the broker set the timestamp, and verification ignores such timestamps', async () => {
    const topic = await filledTopic({ 'message.timestamp.type': 'LogAppendTime' })
    const path = join(folder, 'events.crbus')
    await run(Export, [topic, '--file', path, '-b', brokers])
    expect(await run(Import, [path, '--verify-only', '-b', brokers])).toMatchObject({ exitCode: 0 })
    expect(await recordsOf(topic)).toMatchObject([{ timestampType: 'append' }, ...edges.slice(1).map(() => ({}))])
  })
})
