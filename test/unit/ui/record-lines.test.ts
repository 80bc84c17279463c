import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BusRecord, Header } from '../../../src/bus/record.ts'
import { encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { viewOf } from '../../../src/operations/events/event-view.ts'
import { SchemaSet } from '../../../src/operations/schemas/compiled.ts'
import type { Schema } from '../../../src/schema/model.ts'
import { formatRecordJson } from '../../../src/ui/records/format-record-json.ts'
import { RecordLines } from '../../../src/ui/records/record-lines.ts'
import { vector } from '../codecs/support/vectors.ts'

const schema: Schema = {
  topic: 'order-events',
  root: 'OrderEvent',
  events: new Map([['OrderPlaced.v1', 'OrderPlaced']]),
  types: new Map([
    [
      'OrderEvent',
      {
        kind: 'enum',
        at: '',
        variants: [
          { name: 'OrderMoved', fields: { kind: 'unit' } },
          { name: 'OrderPlaced', fields: { kind: 'tuple', items: [{ kind: 'String' }] } },
        ],
      },
    ],
  ]),
}
const schemas = new SchemaSet([schema])

const text = fc.oneof(
  fc.string(),
  fc.constantFrom('OrderPlaced.v1', 'c-42', '2025-11-21T07:26:20Z', 'é', 'a"b', '\u0007'),
)
const placed = fc.string().map((name) => {
  const bytes = Buffer.from(name)
  return Buffer.concat([Buffer.from([1, 0, 0, 0, bytes.length, 0, 0, 0, 0, 0, 0, 0]), bytes])
})
const data = fc.oneof(
  placed,
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.concat([Buffer.from([1, 0, 0, 0]), bytes])),
  fc.json().map((json) => Buffer.from(json)),
)
const metadata = fc.option(
  fc.record({ correlationId: text, causationId: text, userId: text, timestamp: text }, { requiredKeys: [] }),
)
const event = fc.record({
  eventType: text,
  eventVersion: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  data,
  metadata,
})
const value = fc.oneof(
  event.map((one) => {
    const encoded = encodeEnvelope(one, 'bincode')
    return encoded.ok ? Buffer.from(encoded.bytes) : Buffer.from('surrogates')
  }),
  fc.uint8Array({ maxLength: 60 }),
  fc.constant(null),
)
const header: fc.Arbitrary<Header> = fc.tuple(fc.string(), fc.option<Uint8Array>(fc.uint8Array({ maxLength: 5 })))
const record: fc.Arbitrary<BusRecord> = fc.record({
  topic: fc.constantFrom('order-events', 'copy-events'),
  partition: fc.nat(3),
  offset: fc.bigInt({ min: 0n, max: 2n ** 55n }),
  timestamp: fc.oneof(fc.bigInt({ min: -1n, max: 2n ** 44n }), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  key: fc.option<Uint8Array>(fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.constant(Buffer.from('OrderPlaced.v1')))),
  value,
  headers: fc.array(header, { maxLength: 1 }),
})

describe('lines made of bytes are those made of strings', () => {
  test.each([
    ['without a schema', undefined],
    ['with one', schemas],
  ])('%s', (_, some) => {
    const lines = new RecordLines({ schemas: some })
    fc.assert(
      fc.property(fc.array(record, { maxLength: 5 }), (records) => {
        const views = () => records.map((one) => viewOf(one, { schemas: some }))
        const expected = views().map((view) => `${formatRecordJson(view)}\n`)
        expect(lines.print(views()).toString()).toBe(expected.join(''))
      }),
      { numRuns: 20_000 },
    )
  })

  test('what Rust wrote, and what comes close', () => {
    const names = ['w3_none', 'w3_meta', 'w3_empty', 'w3_disagrees', 'w2_none', 'w2_zeros_4', 'w2_zeros', 'w1_meta']
    const records = names.map((name, index) => ({
      topic: 'order-events',
      partition: 0,
      offset: BigInt(index),
      timestamp: 0n,
      key: null,
      value: vector(name),
      headers: [],
    }))
    const expected = records.map((one) => `${formatRecordJson(viewOf(one))}\n`).join('')
    expect(new RecordLines().print(records.map((one) => viewOf(one))).toString()).toBe(expected)
  })
})

test('what has no event in it is counted', () => {
  const lines = new RecordLines()
  const none = { topic: 't', partition: 0, offset: 0n, timestamp: 0n, key: null, headers: [] }
  lines.print([viewOf({ ...none, value: Buffer.from('nothing') }), viewOf({ ...none, value: null })])
  expect(lines.undecodable).toBe(1)
})
