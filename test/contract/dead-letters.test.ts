import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import type { EventBus } from '../../src/bus/event-bus.ts'
import type { Header } from '../../src/bus/record.ts'
import DlqList from '../../src/commands/dlq/list.ts'
import DlqRetry from '../../src/commands/dlq/retry.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { openEventStore } from '../../src/store/open.ts'
import { PostgresEventStore } from '../../src/store/postgres/postgres-event-store.ts'
import { runCli } from '../commands/run-cli.ts'
import { readTopic, uniqueTopic } from './support/harness.ts'
import { type BusAddress, openBus } from './support/open-bus.ts'
import { newSchema } from './support/postgres-schema.ts'
import type { RetryProcess } from './support/retry-process.ts'

const brokers = inject('kafkaBrokers')
const postgres = inject('postgresUrl')
const program = fileURLToPath(new URL('support/retry-process.ts', import.meta.url))

/** Letters in the store and in the topic, of each round. */
const LETTERS = 20
/** More steps than a retry has, so that a round with this number is not killed. */
const MAX_STEPS = 50

/** Runs a retry. Resolves with its last line, or with `undefined` if it was killed. */
async function retry(task: RetryProcess): Promise<string | undefined> {
  const child = spawn(process.execPath, ['--no-warnings', program, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let printed = ''
  child.stdout.on('data', (chunk) => {
    printed += chunk
  })
  const [code, signal] = await once(child, 'close')
  if (signal === null) expect(code).toBe(0)
  return signal === 'SIGKILL' ? undefined : printed
}

const headersOf = (fields: Readonly<Record<string, string | Uint8Array>>): Header[] =>
  Object.entries(fields).map(([name, value]) => [name, Buffer.from(value)])

const retriedFrom = async (bus: EventBus, topic: string): Promise<string[]> =>
  (await readTopic(bus, topic)).flatMap(({ headers }) => {
    const value = headers.find(([name]) => name === 'crbus-retried-from')?.[1]
    return value ? [Buffer.from(value).toString()] : []
  })

async function newFolder(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-retry-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return folder
}

async function killAtEachStep(onKafka: boolean, location: (folder: string) => Promise<string>): Promise<number> {
  const folder = await newFolder()
  const address: BusAddress = onKafka
    ? { kind: 'kafka', brokers }
    : { kind: 'embedded', path: join(folder, 'bus.db'), sessionTimeout: 10_000 }
  await using bus = await openBus(address)
  const storeAddress = await location(folder)
  await using store = await openEventStore(storeAddress)
  let kills = 0
  for (let dieAt = 1; dieAt <= MAX_STEPS; dieAt += 1) {
    const target = uniqueTopic()
    const dlq = `${target}-dlq`
    await bus.admin.createTopic(target, { partitions: 2 })
    await bus.admin.createTopic(dlq, { partitions: 2 })
    const wanted: string[] = []
    for (let number = 0; number < LETTERS; number += 1) {
      const event = serializedEvent('Paid.v1', Buffer.from(`{"n":${number}}`), { correlationId: `c-${number}` })
      const common = { streamId: `s-${number}`, topic: target, originalTimestamp: new Date(), error: 'x' }
      wanted.push(`store/${await store.deadLetters.add({ ...common, event })}`)
    }
    const headers = headersOf({ '__connect.errors.topic': target, '__connect.errors.exception.message': 'x' })
    const letters = Array.from({ length: LETTERS }, (_, at) => ({
      key: Buffer.from(`k${at}`),
      value: Buffer.from(`${at}`),
      headers,
    }))
    const positions = await bus.log.append(dlq, letters)
    wanted.push(...positions.map(({ partition, offset }) => `${dlq}[${partition}]@${offset}`))
    const task = { address, store: storeAddress, topics: [dlq], dieAt }
    const isKilled = (await retry(task)) === undefined
    if (isKilled) {
      kills += 1
      // The next retry may be killed as well.
      if (dieAt % 3 === 0) await retry({ ...task, dieAt: 1 + (dieAt % 4) })
      expect(await retry({ ...task, dieAt: 0 })).toMatch(/^done /)
    }
    expect((await retriedFrom(bus, target)).sort(), `killed at step ${dieAt}`).toEqual([...wanted].sort())
    expect(await store.deadLetters.count('pending')).toBe(0)
    expect(await store.deadLetters.count('processing')).toBe(0)
    if (!isKilled) break
  }
  return kills
}

describe('a retry that is killed before or after any of its writes', () => {
  test('is continued by the next retry, which sends each letter once, on an embedded bus and a file', {
    timeout: 120_000,
  }, async () => {
    expect(await killAtEachStep(false, async (folder) => join(folder, 'store.db'))).toBeGreaterThanOrEqual(12)
  })

  test.skipIf(brokers === '' || postgres === '')(
    'is continued by the next retry, which sends each letter once, on Kafka and Postgres',
    { timeout: 240_000 },
    async () => {
      const location = async () => {
        const address = await newSchema(postgres)
        await using store = new PostgresEventStore({ url: address })
        await store.init()
        return address
      }
      expect(await killAtEachStep(true, location)).toBeGreaterThanOrEqual(12)
    },
  )
})

describe.skipIf(brokers === '')('dlq on Kafka', () => {
  const int32 = (value: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value)
    return bytes
  }
  const int64 = (value: number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(BigInt(value))
    return bytes
  }
  const cli = (command: typeof DlqList | typeof DlqRetry, argv: readonly string[]) =>
    runCli(command, [...argv, '-b', brokers, '--json'], {
      broker: new MemoryBroker(),
      openBus: () => new RedpandaEventBus({ brokers }),
    })

  test('lists and retries letters with the headers of Spring, Kafka Connect, Spring Cloud Stream and Redpanda Connect', async () => {
    await using bus = new RedpandaEventBus({ brokers })
    const target = uniqueTopic()
    const dlq = `${target}.DLT`
    await bus.admin.createTopic(target, { partitions: 3 })
    await bus.admin.createTopic(dlq, { partitions: 1 })
    const all = [
      headersOf({
        'kafka_dlt-original-topic': target,
        'kafka_dlt-original-partition': int32(2),
        'kafka_dlt-original-offset': int64(2 ** 40),
        'kafka_dlt-exception-fqcn': 'org.example.Failed',
        'kafka_dlt-exception-message': 'spring failed',
      }),
      headersOf({
        '__connect.errors.topic': target,
        '__connect.errors.partition': '1',
        '__connect.errors.offset': '7',
        '__connect.errors.connector.name': 'sink',
        '__connect.errors.stage': 'VALUE_CONVERTER',
        '__connect.errors.exception.class.name': 'org.apache.kafka.connect.errors.DataException',
        '__connect.errors.exception.message': 'connect failed',
      }),
      headersOf({
        'x-original-topic': target,
        'x-original-partition': int32(0),
        'x-original-offset': int64(9),
        'x-exception-message': 'cloud stream failed',
      }),
      headersOf({
        kafka_topic: target,
        kafka_partition: '2',
        kafka_offset: '8',
        fallback_error: 'redpanda connect failed',
      }),
    ]
    await bus.log.append(
      dlq,
      all.map((headers, at) => ({
        key: Buffer.from('k'),
        value: Buffer.from(`{"n":${at}}`),
        headers: [...headers, ['own', Buffer.from('1')] as const],
        partition: 0,
      })),
    )
    const listed = JSON.parse((await cli(DlqList, ['--topic', dlq])).stdout)
    expect(listed.letters).toMatchObject([
      { reason: 'spring failed', origin: { topic: target, partition: 2, offset: 2 ** 40 } },
      { reason: 'connect failed', origin: { topic: target, partition: 1, offset: 7 } },
      { reason: 'cloud stream failed', origin: { topic: target, partition: 0, offset: 9 } },
      { reason: 'redpanda connect failed', origin: { topic: target, partition: 2, offset: 8 } },
    ])
    const runs = await Promise.all([1, 2].map(() => cli(DlqRetry, ['--topic', dlq, '--yes'])))
    const retried = runs.map(({ stdout }) => JSON.parse(stdout).retried ?? 0)
    expect(retried.reduce((sum, count) => sum + count, 0)).toBe(4)
    const sent = (await readTopic(bus, target)).toSorted((a, b) =>
      Buffer.compare(a.value ?? Buffer.of(), b.value ?? Buffer.of()),
    )
    expect(sent.map(({ partition }) => partition)).toEqual([2, 1, 0, 2])
    for (const { headers } of sent) {
      expect(headers.map(([name]) => name)).toEqual(['own', 'crbus-retried-from', 'crbus-retries', 'crbus-retry-claim'])
    }
    expect(JSON.parse((await cli(DlqList, ['--topic', dlq])).stdout).count).toBe(0)
  })
})
