import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import type { BusRecord, NewRecord } from '../../src/bus/record.ts'
import { Stop } from '../../src/cli/process/stop.ts'
import Copy from '../../src/commands/copy.ts'
import Export from '../../src/commands/export.ts'
import Import from '../../src/commands/import.ts'
import Replay from '../../src/commands/replay.ts'
import SchemaImport from '../../src/commands/schema/import.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { type Runnable, runCli } from './run-cli.ts'

let broker: MemoryBroker
let bus: InMemoryEventBus
let folder: string
const file = (name: string) => join(folder, name)

const run = (command: Runnable, argv: readonly string[], options: object = {}) =>
  runCli(command, [...argv], { broker, cwd: folder, stateFolder: file('state'), ...options })

async function recordsOf(topic: string): Promise<readonly Omit<BusRecord, 'topic'>[]> {
  const ranges = await bus.log.ranges(topic)
  const found: BusRecord[] = []
  for (const { partition, start, end } of ranges) {
    for await (const batch of bus.log.read([{ topic, partition, from: start, to: end }])) found.push(...batch)
  }
  return found.map(({ topic: _, ...record }) => record)
}

const bytes = (...values: number[]) => Buffer.from(values)
/** Records that a format could lose something of. */
const edges: readonly NewRecord[] = [
  { partition: 0, key: null, value: null, timestamp: -1n },
  { partition: 1, key: bytes(), value: bytes(), timestamp: 0n },
  { partition: 1, key: bytes(0xff, 0xfe), value: bytes(0, 0xff, 0x80), timestamp: 2n ** 62n },
  {
    ...{ partition: 0, key: Buffer.from('ключ'), value: Buffer.from('{"a": 1.0,"a":2}'), timestamp: -(2n ** 62n) },
    headers: [
      ['b', bytes(0xff)],
      ['a', null],
      ['b', bytes()],
      ['b', Buffer.from('x')],
    ],
  },
  { partition: 0, key: Buffer.from('k'), value: Buffer.from('plain text'), timestamp: 1_790_000_000_000n },
  { partition: 2, key: null, value: Buffer.from('{"event_type":"x"'), timestamp: 5n },
]

beforeEach(async () => {
  broker = new MemoryBroker()
  bus = new InMemoryEventBus({ broker, createTopics: true })
  folder = mkdtempSync(join(tmpdir(), 'crbus-transfer-'))
  await bus.admin.createTopic('edge-events', { partitions: 4 })
  await bus.log.append('edge-events', edges)
  await bus.admin.createTopic('order-events', { partitions: 2 })
  await bus.publish('order-events', orders(1, 100), { key: ({ data }) => idIn(data) })
  return () => rmSync(folder, { recursive: true })
})

const orders = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => {
    const data = { order_id: `o-${from + index}`, email: `u${(from + index) % 3}@example.com`, total: from + index }
    return serializedEvent('OrderPlaced.v1', Buffer.from(JSON.stringify(data)), { userId: `user-${from + index}` })
  })
const idIn = (data: Uint8Array): string => (JSON.parse(Buffer.from(data).toString()) as { order_id: string }).order_id

describe.each(['crbus', 'ndjson'])('an export to .%s and its import', (extension) => {
  test('bring back keys, values, headers, timestamps, tombstones and partitions byte for byte', async () => {
    const path = file(`edge.${extension}`)
    await run(Export, ['edge-events', '--file', path])
    const { stdout, exitCode } = await run(Import, [path, '--topic', 'copied', '--yes', '--verify'])
    expect({ exitCode, verified: stdout.includes('equal byte for byte') }).toEqual({ exitCode: 0, verified: true })
    expect(await recordsOf('copied')).toEqual((await recordsOf('edge-events')).map((record) => record))
  })

  test('can be appended to with the records that followed', async () => {
    const path = file(`orders.${extension}`)
    await run(Export, ['order-events', '--file', path])
    await bus.publish('order-events', orders(101, 150), { key: ({ data }) => idIn(data) })
    const { stdout } = await run(Export, ['order-events', '--file', path, '--append'])
    expect(stdout).toContain('150 records (50 of them new)')
    await run(Import, [path, '--topic', 'copied', '--yes'])
    expect(await recordsOf('copied')).toEqual(await recordsOf('order-events'))
  })

  test('continue an export whose last bytes are missing, with the same records as an uninterrupted one', async () => {
    const path = file(`orders.${extension}`)
    await run(Export, ['order-events', '--file', path])
    truncateSync(path, statSync(path).size - 30)
    const refused = await run(Export, ['order-events', '--file', path])
    expect(refused.exitCode).toBe(6)
    await run(Export, ['order-events', '--file', path, '--resume'])
    await run(Import, [path, '--topic', 'copied', '--yes'])
    expect(await recordsOf('copied')).toEqual(await recordsOf('order-events'))
  })
})

test('export --append to an export that was interrupted also adds what the interrupted one lacks', async () => {
  const path = file('orders.crbus')
  const stop = new Stop()
  stop.request('interrupted')
  await run(Export, ['order-events', '--file', path], { stop })
  expect((await run(Export, ['order-events', '--file', path, '--append'])).stdout).toContain('100 records')
})

test('import creates all partitions of a topic, also if the file has records of only one', async () => {
  await run(Export, ['edge-events', '--file', file('edge.crbus'), '--partition', '1'])
  await run(Import, [file('edge.crbus'), '--topic', 'copied', '--yes'])
  expect((await bus.admin.describeTopic('copied')).partitions).toBe(4)
})

test('export filters as tail does', async () => {
  const { stdout } = await run(Export, ['order-events', '--file', '-', '--where', 'data.total > 98'])
  expect(
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).data.total)
      .sort(),
  ).toEqual([100, 99])
})

test('export --split continues in a next file, and import needs all of them', async () => {
  const value = Buffer.from(Array.from({ length: 700_000 }, (_, index) => Math.imul(index, 2_654_435_761) >>> 24))
  for (let count = 0; count < 20; count += 1) await bus.log.append('big-events', [{ key: null, value, partition: 0 }])
  await run(Export, ['big-events', '--file', 'big.crbus', '--split', '1KB'])
  expect(await run(Import, ['big.crbus', '--topic', 'copied', '--yes'])).toMatchObject({ exitCode: 6 })
  const files = [1, 2, 3, 4, 5, 6, 7, 8, 9]
    .map((part) => (part === 1 ? 'big.crbus' : `big.${part}.crbus`))
    .filter((name) => existsSync(file(name)))
  expect(files.length).toBeGreaterThan(1)
  await run(Import, [...files.toReversed(), '--topic', 'copied', '--yes'])
  expect(await recordsOf('copied')).toEqual(await recordsOf('big-events'))
})

test('export to a folder writes a file for each topic', async () => {
  await run(Export, ['order-events', 'edge-events', '--file', 'backup/'])
  expect(statSync(file('backup/order-events.crbus')).size).toBeGreaterThan(0)
  const { stdout } = await run(Import, ['backup/edge-events.crbus', 'backup/order-events.crbus', '--dry-run'])
  expect(stdout).toContain('106 records')
})

test('import refuses a damaged file and names the byte, and --skip-damaged imports the rest', async () => {
  const path = file('orders.crbus')
  await run(Export, ['order-events', '--file', path])
  const content = readFileSync(path)
  content[content.length - 20] = (content.at(-20) as number) ^ 1
  writeFileSync(path, content)
  const refused = await run(Import, [path, '--topic', 'copied', '--yes'])
  expect(refused).toMatchObject({ exitCode: 6, stderr: expect.stringMatching(/is damaged at byte \d+: the checksum/) })
  expect((await bus.admin.listTopics()).map(({ topic }) => topic)).not.toContain('copied')
  const skipped = await run(Import, [path, '--topic', 'copied', '--yes', '--skip-damaged'])
  expect(skipped.stdout).toContain('warning:')
  expect(await recordsOf('copied')).toHaveLength(100)
})

test('import --verify-only finds the first record that differs and exits with 10', async () => {
  const path = file('orders.crbus')
  await run(Export, ['order-events', '--file', path])
  expect(await run(Import, [path, '--verify-only'])).toMatchObject({ exitCode: 0 })
  await bus.log.append('order-events', [{ key: null, value: Buffer.from('x'), partition: 1 }])
  const { stdout, exitCode } = await run(Import, [path, '--verify-only'])
  expect({ stdout, exitCode }).toMatchObject({ stdout: expect.stringContaining('is not in the source'), exitCode: 10 })
})

test('import --repartition lets the keys decide, in a topic with another number of partitions', async () => {
  const path = file('orders.crbus')
  await run(Export, ['order-events', '--file', path])
  await bus.admin.createTopic('one', { partitions: 1 })
  expect(await run(Import, [path, '--topic', 'one', '--yes'])).toMatchObject({ exitCode: 6 })
  await run(Import, [path, '--topic', 'one', '--yes', '--repartition'])
  expect(await recordsOf('one')).toHaveLength(100)
})

/** A bus that stops with an error after some appended records, though the records of the last append are there. */
function failingAfter(count: number): InMemoryEventBus {
  const own = new InMemoryEventBus({ broker, createTopics: true })
  let appended = 0
  const append = own.log.append.bind(own.log)
  own.log.append = async (topic, records) => {
    const positions = await append(topic, records)
    appended += records.length
    if (appended >= count) throw new Error('killed')
    return positions
  }
  return own
}

test.each([
  ['import', Import, () => [file('orders.crbus'), '--topic', 'copied', '--yes']],
  ['import --repartition', Import, () => [file('orders.crbus'), '--topic', 'copied', '--yes', '--repartition']],
  ['copy', Copy, () => ['order-events', 'copied', '--yes']],
  ['replay', Replay, () => ['order-events', '--to-topic', 'copied', '--yes']],
] as const)(
  '%s that ended between an append and its note appends nothing twice when it continues',
  async (_, command, argv) => {
    await run(Export, ['order-events', '--file', file('orders.crbus')])
    await run(command, argv(), { openBus: () => failingAfter(1) })
    expect((await recordsOf('copied')).length).toBeGreaterThan(0)
    // Another producer writes meanwhile.
    await bus.log.append('copied', [{ key: null, value: Buffer.from('other'), partition: 0 }])
    const { stdout, stderr } = await run(command, argv())
    expect(stdout).toContain('was interrupted')
    expect(stderr).toContain('were there already')
    const values = (records: readonly { readonly value: Uint8Array | null }[]) =>
      records.map(({ value }) => Buffer.from(value ?? []).toString('latin1')).sort()
    const others = await recordsOf('order-events')
    expect(values(await recordsOf('copied'))).toEqual(values([...others, { value: Buffer.from('other') }]))
  },
)

describe('replay', () => {
  test('marks the events with their source, gives them new timestamps, and names the groups that receive them', async () => {
    await bus.admin.commitOffsets('billing', [{ topic: 'order-events', partition: 0, offset: 1n }])
    const { stdout } = await run(Replay, ['order-events', '--from', '0:1', '--yes'])
    expect(stdout).toContain('warning: billing reads order-events and will receive these events')
    const replayed = (await recordsOf('order-events')).filter(({ headers }) => headers.length > 0)
    expect(replayed.map(({ headers }) => Buffer.from(headers[0]?.[1] ?? []).toString()).sort()).toEqual([
      'order-events[0]@0',
      'order-events[1]@0',
    ])
  })

  test('masks equal texts by equal pseudonyms, sets fields by expressions, and keeps the rest of the event', async () => {
    const changes = ['--mask', 'data.email', '--mask', 'metadata.user_id', '--set', 'data.total=data.total * 2']
    const argv = ['order-events', '--to-topic', 'test-events', '--yes', '--mask-key', 'secret', ...changes]
    await run(Replay, argv)
    const { stdout } = await run(Export, ['test-events', '--file', '-'])
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(events).toHaveLength(100)
    expect(stdout).not.toMatch(/example\.com|user-/)
    const emails = new Map(events.map(({ data }) => [Number(data.order_id.slice(2)) % 3, data.email]))
    for (const { data } of events) {
      const id = Number(data.order_id.slice(2))
      expect(data).toEqual({ order_id: `o-${id}`, email: emails.get(id % 3), total: 2 * id })
    }
    expect(new Set(emails.values()).size).toBe(3)
  })

  test('encodes a changed event by its schema, and refuses a value that the schema does not allow', async () => {
    const rust = '#[derive(Serialize, Deserialize)]\npub enum StockEvent { Reserved { sku: String, count: u32 } }\n'
    writeFileSync(file('stock.rs'), rust)
    const imported = await run(SchemaImport, [
      'stock.rs',
      '--root',
      'StockEvent',
      '--topic',
      'stock-events',
      '--out',
      'stock-events.json',
    ])
    expect(imported).toMatchObject({ exitCode: 0 })
    // Variant 0, a text of one byte, and 7.
    const data = Buffer.from([0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x61, 7, 0, 0, 0])
    await bus.publish('stock-events', serializedEvent('Reserved', data))
    const argv = ['stock-events', '--to-topic', 'test-events', '--yes', '--schema', file('stock-events.json')]
    expect(await run(Replay, [...argv, '--set', 'data.Reserved.count=-1'])).toMatchObject({
      ...{ exitCode: 6, stderr: expect.stringContaining('data.Reserved.count: ') },
    })
    expect(await run(Replay, [...argv, '--set', 'data.Reserved.count=9'])).toMatchObject({ exitCode: 0 })
    const [replayed] = await recordsOf('test-events')
    expect(Buffer.from(replayed?.value ?? []).includes(Buffer.from([0x61, 9, 0, 0, 0]))).toBe(true)
  })

  test('refuses an event that cannot be changed before it appends anything', async () => {
    const { exitCode, stderr } = await run(Replay, ['order-events', '--to-topic', 'x', '--yes', '--mask', 'data.total'])
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining('data.total is a number'),
    })
    expect((await bus.admin.listTopics()).map(({ topic }) => topic)).not.toContain('x')
  })

  test('says after Ctrl-C where it stopped, and continues there', async () => {
    const stop = new Stop()
    const argv = ['order-events', '--to-topic', 'x', '--yes', '--rate', '200']
    const openBus = () => {
      const own = failingAfter(Number.POSITIVE_INFINITY)
      const append = own.log.append
      own.log.append = async (topic, records) => {
        const positions = await append(topic, records)
        stop.request('interrupted')
        return positions
      }
      return own
    }
    const { stderr, exitCode } = await run(Replay, argv, { stop, openBus })
    expect({ stderr, exitCode }).toMatchObject({
      stderr: expect.stringMatching(/the last ones? (is|are) order-events/),
      exitCode: 130,
    })
    await run(Replay, argv.with(-1, '100000'))
    expect(await recordsOf('x')).toHaveLength(100)
  })
})

test('copy is refused by a read-only profile of the target, and reads from a read-only one', async () => {
  const profiles = { mine: { dataDir: 'mine' }, locked: { dataDir: 'locked', readOnly: true } }
  writeFileSync(file('crbus.json'), JSON.stringify({ profiles }))
  const argv = ['edge-events', 'copied', '--yes']
  const refused = await run(Copy, [...argv, '--profile', 'mine', '--to-profile', 'locked'])
  expect(refused).toMatchObject({ exitCode: 6, stderr: expect.stringContaining("profile 'locked' is read-only") })
  expect((await bus.admin.listTopics()).map(({ topic }) => topic)).not.toContain('copied')
  const copied = await run(Copy, [...argv, '--profile', 'locked', '--to-profile', 'mine'])
  expect(copied).toMatchObject({ exitCode: 0 })
})

test('copy keeps every record as it is, also on another bus', async () => {
  await run(Copy, ['edge-events', 'copied', '--yes'])
  expect(await recordsOf('copied')).toEqual(await recordsOf('edge-events'))
  expect(await run(Copy, ['edge-events', '--yes'])).toMatchObject({ exitCode: 6 })
})
