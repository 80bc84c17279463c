import { describe, expect, test } from 'vitest'
import { type SerializedEvent, serializedEvent } from '../../../src/bus/event.ts'
import { decodeCbor } from '../../../src/codecs/cbor/cbor.ts'
import type { Action } from '../../../src/saga/action.ts'
import { combineCodecs, type EventCodec } from '../../../src/saga/codecs/codec.ts'
import { cborCodec, jsonCodec } from '../../../src/saga/codecs/plain-codecs.ts'
import { schemaCodec } from '../../../src/saga/codecs/schema-codec.ts'
import { compileEncoder } from '../../../src/schema/bincode/compile-encoder.ts'
import { vector } from '../codecs/support/vectors.ts'
import { enumOf, fields, items, nothing, only, orders, schemaOf, struct, t } from '../schema/support/build.ts'

type Shipping =
  | {
      readonly type: 'Shipped'
      readonly order_id: string
      readonly parcels: number
      readonly note?: string | undefined
    }
  | { readonly type: 'Lost' }

const asEvent = (encoded: ReturnType<EventCodec<Action>['encode']>): SerializedEvent => ({ ...encoded, metadata: null })
const shipped: Shipping = { type: 'Shipped', order_id: 'o-1', parcels: 2 }

describe.each([
  ['CBOR', cborCodec<Shipping>({ Shipped: 2, Lost: 1 })],
  ['JSON', jsonCodec<Shipping>({ Shipped: 2, Lost: 1 })],
])('actions as %s', (name, codec) => {
  test('actions encode as an event type with a version and the other fields', () => {
    const { eventType, eventVersion, data } = codec.encode({ ...shipped, note: undefined })

    expect([eventType, eventVersion]).toEqual(['Shipped.v2', 2])
    const read = name === 'CBOR' ? decodeCbor(data) : { ok: true, value: JSON.parse(Buffer.from(data).toString()) }
    expect(read).toMatchObject({ ok: true, value: { order_id: 'o-1', parcels: 2 } })
  })

  test.each([shipped, { type: 'Lost' } as const])('actions decode to the encoded action: $type', (action) => {
    expect(codec.decode(asEvent(codec.encode(action)))).toEqual(action)
  })

  test.each([2 ** 32, 1_795_000_000_000, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])(
    'actions have a number where one was written: %d',
    (parcels) => {
      expect(codec.decode(asEvent(codec.encode({ ...shipped, parcels })))).toEqual({ ...shipped, parcels })
    },
  )

  test('actions get their type from the event type, not from the payload', () => {
    const lying = { ...codec.encode({ type: 'Lost' }), data: codec.encode(shipped).data, metadata: null }

    expect(codec.decode(lying)).toEqual({ type: 'Lost', order_id: 'o-1', parcels: 2 })
  })

  test('an unknown event type decodes to undefined', () => {
    expect(codec.decode(serializedEvent('Returned.v1', Uint8Array.of(0xff)))).toBeUndefined()
    expect(codec.types).toEqual(new Set(['Shipped', 'Lost']))
  })

  test('an event of an older version, or without a version, decodes unchanged', () => {
    const { data } = codec.encode(shipped)

    expect(codec.decode(serializedEvent('Shipped.v1', data))).toEqual(shipped)
    expect(codec.decode(serializedEvent('Shipped', data))).toEqual(shipped)
  })

  test('an event of a newer version is refused', () => {
    const { data } = codec.encode(shipped)

    expect(() => codec.decode(serializedEvent('Shipped.v3', data))).toThrow('Shipped.v3 is newer than version 2')
  })

  test('a payload that is not a map of fields is refused', () => {
    expect(() => codec.decode(serializedEvent('Lost.v1', Uint8Array.of(0xff, 0xff)))).toThrow(
      /^the payload of Lost.v1 is not/,
    )
    const list = name === 'CBOR' ? Uint8Array.of(0x81, 0x01) : Buffer.from('[1]')
    expect(() => codec.decode(serializedEvent('Lost.v1', list))).toThrow(new RegExp(`must be a ${name}`))
    const bytes = name === 'CBOR' ? Uint8Array.of(0x41, 0x01) : Buffer.from('"a"')
    expect(() => codec.decode(serializedEvent('Lost.v1', bytes))).toThrow(new RegExp(`must be a ${name}`))
  })

  test('an action that is not listed is encoded as version 1, and not decoded', () => {
    const command = { type: 'ChargePayment', amount: 1 } as unknown as Shipping
    const encoded = codec.encode(command)

    expect([encoded.eventType, encoded.eventVersion]).toEqual(['ChargePayment.v1', 1])
    expect(codec.decode(asEvent(encoded))).toBeUndefined()
  })
})

test('cborCodec refuses a text with a lone surrogate', () => {
  const half = { type: 'Shipped', order_id: '\ud800', parcels: 1 } as const

  expect(() => cborCodec<Shipping>({ Shipped: 1, Lost: 1 }).encode(half)).toThrow(/^Shipped .*lone surrogate/)
})

test('cborCodec decodes dates, bytes and large integers as they were encoded', () => {
  const codec = cborCodec<Action & { readonly held: unknown }>({ Held: 1 })
  const held = [new Date(1_700_000_000_123), Uint8Array.of(1), 2n ** 60n]

  expect(codec.decode(asEvent(codec.encode({ type: 'Held', held })))).toEqual({ type: 'Held', held })
})

describe('schemaCodec', () => {
  const schema = orders()
  const codec = schemaCodec<Action>(schema)
  const placed = {
    order_id: 'order-1',
    customer_id: 'cust-1',
    items: [{ product_id: 'p', name: 'Widget', quantity: 2, unit_price: 1000 }],
    total: 2000,
    timestamp: '2025-11-21T06:26:20.123456789Z',
  }

  test.each<[string, Action, string, unknown]>([
    ['a struct', { type: 'OrderPlaced', ...placed } as Action, 'OrderPlaced.v1', { OrderPlaced: placed }],
    ['a tuple', { type: 'CancelOrder', value: ['a', 'b'] } as Action, 'CancelOrder.v1', { CancelOrder: ['a', 'b'] }],
    ['nothing', { type: 'Ping' }, 'Ping.v1', 'Ping'],
    ['a map', { type: 'Prices', value: { type: 1 } } as Action, 'Prices.v1', { Prices: { type: 1 } }],
    [
      'a variant inside, by the schema’s own event type',
      { type: 'Inventory.SeatReserved', seat: 's', note: null } as Action,
      'SeatReserved.v1',
      { Inventory: { SeatReserved: { seat: 's', note: null } } },
    ],
    ['nothing inside', { type: 'Inventory.Audited' }, 'seat-audit', { Inventory: 'Audited' }],
  ])('encodes %s as the compiled encoder does, and decodes it again', (_, action, eventType, value) => {
    const encoded = codec.encode(action)
    const expected = compileEncoder(schema).encode(value)

    expect(encoded.eventType).toBe(eventType)
    expect(expected.ok && Buffer.from(expected.bytes).toString('hex')).toBe(Buffer.from(encoded.data).toString('hex'))
    expect(codec.decode(asEvent(encoded))).toEqual(action)
  })

  test('decodes the bytes of a Rust service and encodes the same bytes', () => {
    const rust = schemaOf('OrderAction', {
      LineItem: struct(
        fields({ product_id: t.of('String'), name: t.of('String'), quantity: t.of('u32'), unit_price: t.of('i64') }),
      ),
      OrderAction: enumOf({
        PlaceOrder: nothing,
        CancelOrder: nothing,
        ShipOrder: nothing,
        OrderPlaced: fields({
          order_id: t.of('String'),
          customer_id: t.of('String'),
          items: t.vec(t.named('LineItem')),
          total: t.of('i64'),
          timestamp: t.known('DateTime<Utc>'),
        }),
      }),
    })
    const data = vector('data_order_placed')
    const action = schemaCodec<Action>(rust).decode(serializedEvent('OrderPlaced.v1', data))

    expect(action).toMatchObject({ type: 'OrderPlaced', order_id: 'order-1', customer_id: 'cust-1', total: 2000 })
    expect(Buffer.from(schemaCodec<Action>(rust).encode(action as Action).data)).toEqual(Buffer.from(data))
  })

  test('schemaCodec decodes an unknown event type to undefined', () => {
    expect(codec.decode(serializedEvent('PaymentFailed.v1', Uint8Array.of(1)))).toBeUndefined()
    expect(codec.types.has('Inventory.SeatReserved')).toBe(true)
  })

  test('refuses a payload that does not fit the event type', () => {
    expect(() => codec.decode(serializedEvent('Ping.v1', Uint8Array.of(9, 0, 0, 0)))).toThrow(
      /^the payload of Ping.v1: /,
    )
    const other = { ...codec.encode({ type: 'Ping' }), eventType: 'Prices.v1', metadata: null }
    expect(() => codec.decode(other)).toThrow(/were the variants of OrderAction reordered\?/)
  })

  test('refuses an invalid action with the field and the reason', () => {
    expect(() => codec.encode({ type: 'OrderPlacd' })).toThrow(
      'OrderAction has no variant OrderPlacd: did you mean OrderPlaced?',
    )
    expect(() => codec.encode({ type: 'ChargePayment' })).toThrow(/dispatch\(topic, command, \{ codec \}\)/)
    expect(() => codec.encode({ type: 'OrderPlaced', ...placed, total: 'much' } as Action)).toThrow(
      /^OrderPlaced.total: /,
    )
    expect(() => codec.encode({ type: 'CancelOrder', value: ['a', 'b'], why: 1 } as Action)).toThrow(
      /only the field 'value', not 'why'/,
    )
    expect(() => codec.encode({ type: 'Ping', loud: true } as Action)).toThrow(/has no fields/)
  })

  test('decodes a struct with a field named type as the field value', () => {
    const odd = schemaCodec<Action>(schemaOf('A', { A: enumOf({ Changed: fields({ type: t.of('u8') }) }) }))
    const action = { type: 'Changed', value: { type: 7 } } as Action

    expect(odd.decode(asEvent(odd.encode(action)))).toEqual(action)
  })

  test.each([2 ** 32, 1_795_000_000_000, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER])(
    'schemaCodec keeps a number where one was written: %d',
    (total) => {
      const large = { type: 'OrderPlaced', ...placed, total } as Action
      expect(codec.decode(asEvent(codec.encode(large)))).toEqual(large)
    },
  )

  test('refuses a schema whose root type is not an enum', () => {
    expect(() => schemaCodec(only(t.of('String')))).toThrow('and Only is not one')
    expect(() => schemaCodec(only(t.named('E'), { E: enumOf({ A: items(t.of('u8')) }) }))).not.toThrow()
  })
})

describe('combineCodecs', () => {
  const rust = schemaCodec<Action>(orders())
  const own = cborCodec<Action>({ TimedOut: 1, Ping: 1 })
  const all = combineCodecs<Action>(rust, own)

  test('uses the codec that knows the type, and the first one when several do', () => {
    expect(all.encode({ type: 'TimedOut' })).toEqual(own.encode({ type: 'TimedOut' }))
    expect(all.encode({ type: 'Ping' })).toEqual(rust.encode({ type: 'Ping' }))
    for (const type of ['TimedOut', 'Ping']) expect(all.decode(asEvent(all.encode({ type })))).toEqual({ type })
    expect(all.types.has('TimedOut') && all.types.has('OrderPlaced')).toBe(true)
  })

  test('encodes an unknown action with the last codec', () => {
    expect(all.encode({ type: 'ChargePayment' })).toEqual(own.encode({ type: 'ChargePayment' }))
    expect(all.decode(serializedEvent('ChargePayment.v1', new Uint8Array()))).toBeUndefined()
    expect(() => combineCodecs()).toThrow(/at least one codec/)
  })
})

describe('a payload of another codec', () => {
  const data = { order_id: 'o-1', parcels: 2 }
  const strings = fields({ order_id: t.of('String'), carrier: t.of('String') })
  const written = {
    cbor: cborCodec<Shipping>({ Shipped: 1, Lost: 1 }).encode({ type: 'Shipped', ...data }),
    json: jsonCodec<Shipping>({ Shipped: 1, Lost: 1 }).encode({ type: 'Shipped', ...data }),
  }
  const readers = {
    cbor: cborCodec({ Shipped: 1 }),
    json: jsonCodec({ Shipped: 1 }),
    bincode: schemaCodec(schemaOf('A', { A: enumOf({ Shipped: strings }) })),
  }

  test.each([
    ['json', 'cbor'],
    ['cbor', 'json'],
    ['json', 'bincode'],
    ['cbor', 'bincode'],
  ] as const)(
    'a payload of another codec names the codec of a %s payload that is read as %s, and the remedy',
    (wrote, reads) => {
      expect(() => readers[reads].decode(asEvent(written[wrote]))).toThrow(
        `the payload is ${wrote.toUpperCase()}, so its publisher uses another codec: publish it as ${reads}, or read it with a codec for ${wrote}`,
      )
    },
  )

  test('a payload of another codec is not mentioned for bytes that are neither JSON nor CBOR', () => {
    expect(() => readers.cbor.decode(serializedEvent('Shipped.v1', Uint8Array.of(0xff)))).toThrow(
      /^(?!.*another codec)/,
    )
  })
})
