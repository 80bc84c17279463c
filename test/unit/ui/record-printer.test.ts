import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BusRecord, Header } from '../../../src/bus/record.ts'
import { encodeCbor } from '../../../src/codecs/cbor/cbor.ts'
import { encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { parseJsonKeys } from '../../../src/codecs/json/parse-json-keys.ts'
import { viewOf } from '../../../src/operations/events/event-view.ts'
import { SchemaSet } from '../../../src/operations/schemas/compiled.ts'
import type { Schema } from '../../../src/schema/model.ts'
import { recordDocument } from '../../../src/ui/records/record-document.ts'
import { RecordJsonWriter } from '../../../src/ui/records/record-json-writer.ts'
import { jsonPrinter } from '../../../src/ui/records/record-printer.ts'
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

/** A record in a CBOR envelope with further metadata and a payload of CBOR or JSON. */
const cborRecord: fc.Arbitrary<BusRecord> = fc
  .record({
    record,
    event,
    extra: fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.double(), fc.bigInt(), fc.boolean(), fc.date())),
    payload: fc.oneof(fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.double(), fc.bigInt())), fc.json()),
  })
  .map(({ record, event, extra, payload }) => {
    const bytes = typeof payload === 'string' ? Buffer.from(payload) : encodeCbor(payload)
    const data = 'ok' in bytes ? (bytes.ok ? bytes.bytes : event.data) : bytes
    const encoded = encodeEnvelope({ ...event, data, metadata: { ...event.metadata, extra } }, 'cbor')
    return { ...record, value: encoded.ok ? encoded.bytes : null }
  })

describe('jsonPrinter', () => {
  // Prints many random records.
  test.each([
    ['without a schema', undefined],
    ['with a schema', schemas],
  ])('%s, prints the bytes that RecordJsonWriter writes', { timeout: 60_000 }, (_, some) => {
    const printer = jsonPrinter({ schemas: some })
    fc.assert(
      fc.property(fc.array(record, { maxLength: 5 }), (records) => {
        const views = () => records.map((one) => viewOf(one, { schemas: some }))
        const writer = new RecordJsonWriter()
        const expected = views()
          .map((view) => `${writer.write(view)}\n`)
          .join('')
        expect(printer.print(views()).toString()).toBe(expected)
        // A new printer has no texts of earlier records.
        expect(jsonPrinter({ schemas: some }).print(views()).toString()).toBe(expected)
      }),
      { numRuns: 20_000 },
    )
  })

  test('prints vectors from Rust, and bytes similar to them, as RecordJsonWriter does', () => {
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
    const writer = new RecordJsonWriter()
    const expected = records.map((one) => `${writer.write(viewOf(one))}\n`).join('')
    expect(
      jsonPrinter({})
        .print(records.map((one) => viewOf(one)))
        .toString(),
    ).toBe(expected)
  })

  test.each([undefined, 'json'] as const)('with codec %s, counts records without an event', (codec) => {
    const printer = jsonPrinter({ codec })
    const none = { topic: 't', partition: 0, offset: 0n, timestamp: 0n, key: null, headers: [] }
    printer.print([viewOf({ ...none, value: Buffer.of(0xff) }), viewOf({ ...none, value: null })])
    expect(printer.undecodable).toBe(1)
  })
})

describe('recordDocument', () => {
  // Prints many random records.
  test.each([
    ['without a schema', undefined],
    ['with a schema', schemas],
  ])('%s, has the fields of the JSON line in the same order', { timeout: 60_000 }, (_, some) => {
    const writer = new RecordJsonWriter()
    fc.assert(
      fc.property(fc.oneof(record, cborRecord), (one) => {
        const document = recordDocument(viewOf(one, { schemas: some }))
        const parsed = parseJsonKeys(writer.write(viewOf(one, { schemas: some })))
        expect(document).toEqual(parsed)
        expect(JSON.stringify(document)).toBe(JSON.stringify(parsed))
      }),
      { numRuns: 3000 },
    )
  })
})
