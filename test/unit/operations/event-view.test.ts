import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { type Reading, viewOf } from '../../../src/operations/events/event-view.ts'
import { SchemaSet } from '../../../src/operations/schemas/compiled.ts'
import type { FieldSelection } from '../../../src/schema/bincode/field-selection.ts'
import type { Schema } from '../../../src/schema/model.ts'

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
          {
            name: 'OrderPlaced',
            fields: {
              kind: 'fields',
              fields: [
                { name: 'order_id', type: { kind: 'String' } },
                { name: 'total', type: { kind: 'u64' } },
              ],
            },
          },
        ],
      },
    ],
  ]),
}
const schemas = new SchemaSet([schema])
const total: FieldSelection = new Map([['OrderPlaced', new Map([['total', 'all' as const]])]])

/** The bytes of an event with an order id of three letters, and metadata. */
function eventBytes(
  orderTotal: number,
  correlationId: string,
  { data, format = 'bincode' }: { readonly data?: Buffer; readonly format?: 'bincode' | 'cbor' } = {},
): Buffer {
  const own = Buffer.alloc(4 + 8 + 3 + 8)
  own.writeUInt32LE(3, 4)
  own.write('o-1', 12)
  own.writeUInt32LE(orderTotal, 15)
  const event = { eventType: 'OrderPlaced.v1', eventVersion: 1, data: data ?? own, metadata: { correlationId } }
  const encoded = encodeEnvelope(event, format)
  if (!encoded.ok) throw new Error(encoded.reason)
  return Buffer.from(encoded.bytes)
}

const fresh = (value: Buffer, reading: Reading) =>
  viewOf({ topic: 'order-events', partition: 0, offset: 0n, timestamp: 0n, key: null, value, headers: [] }, reading)

const totalIn = (value: unknown): unknown =>
  (value as { OrderPlaced?: { total?: unknown } } | null | undefined)?.OrderPlaced?.total

/** The field as the decoded payload has it, and as it is read from the bytes. */
function bothWays(value: Buffer, reading: Reading = { schemas }): readonly [decoded: unknown, read: unknown] {
  const { payload } = fresh(value, reading)
  return [totalIn(payload?.ok ? payload.value : null), totalIn(fresh(value, reading).fieldsOf(total))]
}

test.each([
  ['of an event', eventBytes(7, 'c-1'), 7],
  ['beside metadata that are not ASCII', eventBytes(7, 'é'), 7],
  ['in an envelope of CBOR', eventBytes(7, 'c-1', { format: 'cbor' }), 7],
  ['of another codec', eventBytes(7, 'c', { data: Buffer.from('{"OrderPlaced":{"total":8}}') }), 8],
])('reads a field %s from the bytes as the payload has it', (_, value, expected) => {
  expect(bothWays(value)).toEqual([expected, expected])
})

test('reads no field of bytes with metadata that are not UTF-8, which are not an envelope', () => {
  const value = eventBytes(7, 'x')
  value[value.lastIndexOf('x')] = 0xff
  expect(bothWays(value)).toEqual([undefined, undefined])
})

test('reads no field by a schema if another codec is requested or configured', () => {
  const topics = new Map([['order-events', { codec: 'json', from: 'crbus.json' } as const]])
  for (const reading of [{ schemas, codec: 'bytes' } as const, { schemas, topics }])
    expect(bothWays(eventBytes(7, 'c-1'), reading)).toEqual([undefined, undefined])
})

test('reads the same from damaged bytes as decoding them', () => {
  const value = eventBytes(7, 'c-1')
  fc.assert(
    fc.property(fc.nat(value.length - 1), fc.nat(255), fc.nat(value.length), (at, byte, end) => {
      const damaged = Buffer.from(value)
      damaged[at] = byte
      for (const bytes of [damaged, damaged.subarray(0, end)]) {
        const [decoded, read] = bothWays(bytes)
        expect(read).toEqual(decoded)
      }
    }),
    { numRuns: 2000 },
  )
})
