/**
 * Payloads decoded and encoded a second, in one thread: `node test/bench/decode.ts`. The 122-byte one is what Rust wrote
 * (test/vectors); the others are the same kind of event, smaller and larger.
 */
import { compileDecoder } from '../../src/schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../src/schema/bincode/compile-encoder.ts'
import type { NamedType, Schema, Type } from '../../src/schema/model.ts'

const text: Type = { kind: 'String' }
const named = (name: string): Type => ({ kind: 'named', name })
const known = (name: string): Type => ({ kind: 'known', name })
const fields = (parts: Record<string, Type>) => ({
  kind: 'fields' as const,
  fields: Object.entries(parts).map(([name, type]) => ({ name, type })),
})
const newtype = (item: Type): NamedType => ({ kind: 'struct', at: '', fields: { kind: 'tuple', items: [item] } })

const variants: Record<string, ReturnType<typeof fields>> = {
  PlaceOrder: fields({ customer_id: text }),
  CancelOrder: fields({ order_id: named('OrderId'), reason: text }),
  ShipOrder: fields({ order_id: named('OrderId') }),
  OrderPlaced: fields({
    order_id: named('OrderId'),
    customer_id: text,
    items: { kind: 'sequence', name: 'Vec', item: named('LineItem') },
    total: named('Money'),
    timestamp: known('DateTime<Utc>'),
  }),
  OrderCancelled: fields({ order_id: named('OrderId'), reason: text }),
  OrderShipped: fields({
    order_id: known('Uuid'),
    at: { kind: 'i64' },
    boxes: { kind: 'u32' },
    paid: { kind: 'bool' },
  }),
}

const schema: Schema = {
  topic: 'order-events',
  root: 'OrderAction',
  events: new Map(),
  types: new Map<string, NamedType>([
    ['OrderId', newtype(text)],
    ['Money', newtype({ kind: 'i64' })],
    [
      'LineItem',
      {
        kind: 'struct',
        at: '',
        fields: fields({ product_id: text, name: text, quantity: { kind: 'u32' }, unit_price: named('Money') }),
      },
    ],
    [
      'OrderAction',
      { kind: 'enum', at: '', variants: Object.entries(variants).map(([name, held]) => ({ name, fields: held })) },
    ],
  ]),
}

const item = (product: string, name: string) => ({ product_id: product, name, quantity: 2, unit_price: 1000 })
const values: readonly [name: string, value: unknown][] = [
  ['cancelled', { OrderCancelled: { order_id: 'order-10000001', reason: 'customer changed mind' } }],
  [
    'shipped',
    { OrderShipped: { order_id: '550e8400-e29b-41d4-a716-446655440000', at: 1763706380123, boxes: 2, paid: true } },
  ],
  [
    'placed',
    {
      OrderPlaced: {
        order_id: 'order-1',
        customer_id: 'cust-1',
        items: [item('p', 'Widget')],
        total: 2000,
        timestamp: '2025-11-21T06:26:20.123456789Z',
      },
    },
  ],
  [
    'placed, three items',
    {
      OrderPlaced: {
        order_id: 'order-2025-000017',
        customer_id: 'customer-000042',
        items: [item('sku-1001', 'Widget, large'), item('sku-1002', 'Gadget'), item('sku-1003', 'Gizmo (blue)')],
        total: 6000,
        timestamp: '2025-11-21T06:26:20.123456789Z',
      },
    },
  ],
]

const perSecond = (work: (index: number) => boolean): number => {
  let best = 0
  for (let round = 0; round < 7; round += 1) {
    const begun = performance.now()
    let good = 0
    for (let index = 0; index < 200_000; index += 1) if (work(index)) good += 1
    if (good !== 200_000) throw new Error(`only ${good} worked`)
    best = Math.max(best, 200_000 / ((performance.now() - begun) / 1000))
  }
  return best
}
const thousands = (rate: number) => `${Math.round(rate / 1000)}`.padStart(6)

const decoder = compileDecoder(schema)
const encoder = compileEncoder(schema)
console.log('thousands a second        bytes  value   JSON  JSON, flat  encode')
for (const [name, value] of values) {
  const encoded = encoder.encode(value)
  if (!encoded.ok) throw new Error(encoded.reason)
  const payloads = Array.from({ length: 1000 }, () => Buffer.from(encoded.bytes))
  const payload = (index: number) => payloads[index % 1000] as Buffer
  const decode = perSecond((index) => decoder.decode(payload(index)).ok)
  const json = perSecond((index) => decoder.decodeToJson(payload(index)).ok)
  const target = Buffer.alloc(4096)
  const flat = perSecond((index) => {
    const decoded = decoder.decodeToJson(payload(index))
    return decoded.ok && target.write(decoded.json, 0, 'latin1') > 0
  })
  const encode = perSecond(() => encoder.encode(value).ok)
  const rates = [decode, json, flat, encode].map(thousands)
  console.log(`${name.padEnd(24)} ${`${encoded.bytes.length}`.padStart(6)} ${rates.join(' ')}`)
}
