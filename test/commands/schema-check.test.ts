import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import SchemaCheck from '../../src/commands/schema/check.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { compileEncoder } from '../../src/schema/bincode/compile-encoder.ts'
import { writeSchemaFile } from '../../src/schema/write-schema-file.ts'
import { orders } from '../unit/schema/support/build.ts'
import { runCli } from './run-cli.ts'

const encoder = compileEncoder(orders())

function bytesOf(value: unknown): Buffer {
  const encoded = encoder.encode(value)
  if (!encoded.ok) throw new Error(encoded.reason)
  return Buffer.from(encoded.bytes)
}

describe('schema check', () => {
  let folder: string
  let broker: MemoryBroker
  let bus: InMemoryEventBus
  const check = (...argv: string[]) =>
    runCli(SchemaCheck, ['order-events', ...argv], { broker, cwd: join(folder, 'services', 'orders') })
  const publish = (eventType: string, data: Uint8Array) => bus.publish('order-events', serializedEvent(eventType, data))

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'crbus-check-'))
    mkdirSync(join(folder, 'schemas'))
    mkdirSync(join(folder, 'services', 'orders'), { recursive: true })
    writeFileSync(join(folder, 'schemas', 'order-events.json'), writeSchemaFile(orders()))
    broker = new MemoryBroker()
    bus = new InMemoryEventBus({ broker, createTopics: true })
    await publish('PlaceOrder.v1', bytesOf({ PlaceOrder: { customer_id: 'c-1' } }))
    await publish('SeatReserved.v1', bytesOf({ Inventory: { SeatReserved: { seat: '1A', note: null } } }))
  })
  afterEach(async () => {
    await bus.close()
    rmSync(folder, { recursive: true })
  })

  test('counts decodable payloads by a schema found in a parent folder', async () => {
    expect(await check()).toEqual({
      stdout: `EVENT-TYPE       DECODED  FAILED  WARNED
PlaceOrder.v1          1       0       0
SeatReserved.v1        1       0       0

2 records of order-events
`,
      stderr: '',
      exitCode: 0,
    })
  })

  test('reports payloads that fail, payloads of another variant, and undecodable records', async () => {
    const placed = bytesOf({ PlaceOrder: { customer_id: 'c-1' } })
    for (let index = 0; index < 3; index += 1) await publish('PlaceOrder.v1', placed.subarray(0, -1))
    await publish('Ping.v1', placed)
    await publish('OrderPlaced.v1', Buffer.from('{"order_id":"o-1"}'))
    await bus.log.append('order-events', [
      { key: Buffer.from('a'), value: null },
      { key: Buffer.from('b'), value: Buffer.from('?') },
    ])
    const { stdout, exitCode } = await check()
    expect(stdout).toBe(`EVENT-TYPE       DECODED  FAILED  WARNED
PlaceOrder.v1          1       3       0
OrderPlaced.v1         0       1       0
Ping.v1                0       0       1
SeatReserved.v1        1       0       0

PlaceOrder.v1 0@2 and 2 more: PlaceOrder.customer_id: expected String: its length 3 exceeds the 2 bytes left (byte 4)
OrderPlaced.v1 0@6: expected a variant of OrderAction, 0 to 5, got 1919885947 (byte 0); the payload is JSON, which services that use bincode do not read
Ping.v1 0@5: event type Ping.v1 is variant Ping, but the bytes are variant PlaceOrder: were the variants of OrderAction reordered?

9 records of order-events, 1 without a readable envelope, 1 tombstone
`)
    expect(exitCode).toBe(10)
  })

  test('checks the newest records, a given number of them, or all', async () => {
    const records = async (...argv: string[]) => JSON.parse((await check('--json', ...argv)).stdout).recordCount
    expect(await records('-n', '1')).toBe(1)
    expect(await records('--all')).toBe(2)
    await bus.admin.createTopic('wide-events', { partitions: 3 })
    await bus.publish(
      'wide-events',
      [0, 1, 2, 3, 4].map((_, index) => serializedEvent(`T${index}`, Buffer.from([index]))),
    )
    const { stdout } = await runCli(
      SchemaCheck,
      ['wide-events', '-n', '4', '--schema', '../../schemas/order-events.json', '--json'],
      {
        broker,
        cwd: join(folder, 'services', 'orders'),
      },
    )
    expect(JSON.parse(stdout)).toMatchObject({ recordCount: 4, failed: 4 })
  })

  test('schema check needs a schema and a topic', async () => {
    const missing = await runCli(SchemaCheck, ['stock-events'], { broker, cwd: folder })
    expect(missing.stderr).toContain("this project has no schema for topic 'stock-events'")
    expect(missing.exitCode).toBe(2)
    const schema = join(folder, 'schemas', 'order-events.json')
    expect(await runCli(SchemaCheck, ['nope-events', '--schema', schema], { broker })).toMatchObject({ exitCode: 4 })
  })
})
