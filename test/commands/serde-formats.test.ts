import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import { decodeEnvelope } from '../../src/codecs/envelope.ts'
import Publish from '../../src/commands/publish.ts'
import SchemaCheck from '../../src/commands/schema/check.ts'
import SchemaImport from '../../src/commands/schema/import.ts'
import SchemaSample from '../../src/commands/schema/sample.ts'
import Tail from '../../src/commands/tail.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { type Runnable, runCli } from './run-cli.ts'

const vectors = fileURLToPath(new URL('../vectors/serde-formats/', import.meta.url))
const values = readFileSync(`${vectors}values.txt`, 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split('\t') as [string, string, string, string, string])

/** The JSON, CBOR and both forms of MessagePack that Rust wrote for the first value that contains a text. */
function vector(text: string) {
  const [, json = '', ...hex] = values.find(([, written]) => written.includes(text)) ?? []
  const [cbor, compact, named] = hex.map((bytes) => Buffer.from(bytes.replace('!', ''), 'hex')) as [
    Buffer,
    Buffer,
    Buffer,
  ]
  return { json: Buffer.from(json), cbor, compact, named }
}

let broker: MemoryBroker
let cwd: string
beforeEach(async () => {
  broker = new MemoryBroker()
  for (const topic of ['order-events', 'stock-events']) broker.createTopic(topic)
  cwd = mkdtempSync(join(tmpdir(), 'crbus-serde-'))
  for (const [root, topic] of [
    ['OrderEvent', 'order-events'],
    ['StockEvent', 'stock-events'],
  ] as const) {
    const { exitCode, stderr } = await run(SchemaImport, [`${vectors}src/events.rs`, '--root', root, '--topic', topic])
    expect([exitCode, stderr]).toEqual([0, expect.anything()])
  }
})

const run = (command: Runnable, argv: string[]) => runCli(command, argv, { broker, cwd })
const configure = (codec: string) =>
  writeFileSync(
    join(cwd, 'crbus.json'),
    JSON.stringify({ topics: { 'order-events': { codec }, 'stock-events': { codec } } }),
  )
const send = (topic: string, eventType: string, data: Uint8Array) =>
  new InMemoryEventBus({ broker }).publish(topic, serializedEvent(eventType, data))

async function tail(topic: string) {
  const { stdout } = await run(Tail, [topic, '-e', '-o', 'json'])
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** The payload of the last event of a topic. */
async function payloadOf(topic: string): Promise<string> {
  const { log } = new InMemoryEventBus({ broker })
  const [range] = await log.ranges(topic)
  let last: Uint8Array | undefined
  const slices = (await log.ranges(topic)).map(({ partition, start, end }) => ({
    topic,
    partition,
    from: start,
    to: end,
  }))
  for await (const batch of log.read(slices)) for (const { value } of batch) last = value ?? undefined
  const envelope = last && decodeEnvelope(last)
  if (range === undefined || !envelope?.ok) throw new Error('no event')
  return Buffer.from(envelope.event.data).toString('hex')
}

describe('payloads of Rust types in formats with names', () => {
  const paid = vector('order-paid')
  const placed = vector('"o-1"')
  const added = vector('item-added')

  test.each(['', 'configured'])('are read by looking, and with the codec of their topic (%s)', async (configured) => {
    for (const [codec, bytes] of [
      ['cbor', placed.cbor],
      ['msgpack', placed.compact],
      ['msgpack', placed.named],
      ['json', placed.json],
    ] as const) {
      if (configured) configure(codec)
      await send('order-events', 'OrderPlaced.v1', bytes)
      const found = (await tail('order-events')).at(-1)
      expect(found).toMatchObject({ codec, data: JSON.parse(placed.json.toString()) })
      expect(found.warning).toBeUndefined()
    }
  })

  test('can be filtered by the fields that serde names', async () => {
    await send('stock-events', 'ItemAdded.v1', added.compact)
    const { stdout } = await run(Tail, ['stock-events', '-e', '-o', 'json', '--where', 'data.data.count > 1'])
    expect(JSON.parse(stdout).data).toEqual({ type: 'item-added', data: { item_id: 5, count: 2 } })
  })

  test('warn of a variant that is not that of the event type', async () => {
    await send('stock-events', 'StockClosed.v2', added.cbor)
    expect((await tail('stock-events'))[0].warning).toBe(
      'event type StockClosed.v2 is variant StockClosed, but the bytes are variant ItemAdded: were the variants of StockEvent reordered?',
    )
  })

  test('show what does not fit a schema that only such formats can contain', async () => {
    await send('stock-events', 'ItemAdded.v1', Buffer.from('{"type":"item-added","data":{"item_id":-5,"count":2}}'))
    expect((await tail('stock-events'))[0]).toMatchObject({
      data: { type: 'item-added' },
      warning: 'the payload does not fit the schema: item-added.item_id: expected u32, got the number -5',
    })
  })

  test.each([
    ['json', 'OrderPaid.v1', '-5', paid.json],
    ['cbor', 'OrderPaid.v1', '{"order-paid":-5}', paid.cbor],
    ['msgpack', 'OrderPaid.v1', '-5', paid.named],
    ['cbor', 'OrderPlaced.v1', '{"order_id":"o-1","total":1999,"lines":[]}', placed.cbor],
  ])('are published in %s as Rust writes them: %s %s', async (codec, type, data, bytes) => {
    configure(codec)
    const { exitCode, stderr } = await run(Publish, ['order-events', '--type', type, '--data', data])
    expect([exitCode, stderr]).toEqual([0, expect.anything()])
    expect(await payloadOf('order-events')).toBe(bytes.toString('hex'))
  })

  test.each([
    ['{"order_id":"o-1","lines":[]}', 'OrderPlaced.total: missing'],
    ['{"order_id":"o-1","total":"x","lines":[]}', 'OrderPlaced.total: expected u64, got the string "x"'],
    [
      '{"order_id":"o-1","total":1,"lines":[{"itemId":1,"qty":70000,"type":"a"}]}',
      'OrderPlaced.lines[0].qty: expected u16, got the number 70000',
    ],
    [
      '{"order_id":"o-1","total":1,"lines":[],"totl":2}',
      'OrderPlaced["totl"]: unknown field; OrderPlaced has order_id, total, note, lines',
    ],
    ['{"Cancelled":{}}', 'the data is variant Cancelled, but OrderPlaced.v1 is OrderPlaced'],
  ])('are not published if the data does not fit: %s', async (data, reason) => {
    configure('json')
    const { exitCode, stderr } = await run(Publish, ['order-events', '--type', 'OrderPlaced.v1', '--data', data])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(reason)])
  })

  test('need a codec where bincode cannot contain the events', async () => {
    const argv = ['stock-events', '--type', 'StockClosed.v2', '--data', '{}']
    const { exitCode, stderr } = await run(Publish, argv)
    expect([exitCode, stderr]).toEqual([
      2,
      expect.stringContaining('bincode cannot contain StockClosed.v2, because of serde(tag) or a similar attribute'),
    ])
    expect(stderr).toContain('--codec msgpack')
    for (const codec of ['json', 'cbor', 'msgpack'])
      expect(await run(Publish, [...argv, '--codec', codec])).toMatchObject({ exitCode: 0 })
    expect((await tail('stock-events')).map(({ codec, data }) => [codec, data])).toEqual(
      ['json', 'cbor', 'msgpack'].map((codec) => [codec, { type: 'stock-closed' }]),
    )
  })

  test.each([
    ['stock-events', 'json', false],
    ['stock-events', 'cbor', true],
    ['order-events', 'msgpack', true],
  ])('are sampled for %s in %s, and published as they are', async (topic, codec, isConfigured) => {
    if (isConfigured) configure(codec)
    const sampled = await run(SchemaSample, [
      '--schema',
      join(cwd, 'schemas', `${topic}.json`),
      '-n',
      '40',
      '--seed',
      '1',
    ])
    expect(sampled.exitCode).toBe(0)
    const lines = sampled.stdout.trim().split('\n')
    expect(lines).toHaveLength(40)
    for (const line of lines) expect(JSON.parse(line).codec).toBe(codec)
    writeFileSync(join(cwd, 'samples.ndjson'), sampled.stdout)
    expect(await run(Publish, [topic, '--file', join(cwd, 'samples.ndjson')])).toMatchObject({ exitCode: 0 })
    const { exitCode, stdout } = await run(SchemaCheck, [topic])
    expect([exitCode, stdout]).toEqual([0, expect.stringContaining('40 records')])
  })

  test('are counted by schema check', async () => {
    await send('stock-events', 'ItemAdded.v1', added.cbor)
    await send('stock-events', 'ItemAdded.v1', added.compact)
    await send('stock-events', 'ItemAdded.v1', Buffer.from('{"type":"item-lost"}'))
    await send('stock-events', 'ItemAdded.v1', Buffer.from([0, 0, 0, 0, 1]))
    const { stdout, exitCode } = await run(SchemaCheck, ['stock-events'])
    expect(exitCode).toBe(10)
    expect(stdout).toContain('ItemAdded.v1        2       2       0')
    expect(stdout).toContain(
      'expected a variant of StockEvent in type (item-added, item-removed, stock-closed), got the string "item-lost"',
    )
    expect(stdout).toContain('the payload is neither JSON, CBOR nor MessagePack')
  })
})
