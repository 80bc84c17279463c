import type { Fields, NamedType, Schema, Type } from '../../../../src/schema/model.ts'

/** Short constructors for types. */
export const t = {
  of: (kind: string) => ({ kind }) as Type,
  option: (item: Type): Type => ({ kind: 'option', item }),
  vec: (item: Type): Type => ({ kind: 'sequence', name: 'Vec', item }),
  map: (name: string, key: Type, value: Type): Type => ({ kind: 'map', name, key, value }),
  array: (item: Type, length: number): Type => ({ kind: 'array', item, length }),
  tuple: (...items: Type[]): Type => ({ kind: 'tuple', items }),
  result: (ok: Type, error: Type): Type => ({ kind: 'result', ok, error }),
  known: (name: string): Type => ({ kind: 'known', name }),
  named: (name: string): Type => ({ kind: 'named', name }),
}

const unit: Fields = { kind: 'unit' }
export const fields = (parts: Record<string, Type>): Fields => ({
  kind: 'fields',
  fields: Object.entries(parts).map(([name, type]) => ({ name, type })),
})
export const items = (...types: Type[]): Fields => ({ kind: 'tuple', items: types })
export const struct = (held: Fields = unit): NamedType => ({ kind: 'struct', at: 'src/order.rs:1', fields: held })
export const enumOf = (variants: Record<string, Fields>): NamedType => ({
  kind: 'enum',
  at: 'src/order.rs:1',
  variants: Object.entries(variants).map(([name, held]) => ({ name, fields: held })),
})
export const nothing = unit

export const schemaOf = (
  root: string,
  types: Record<string, NamedType>,
  events: Record<string, string> = {},
): Schema => ({
  topic: 'order-events',
  root,
  events: new Map(Object.entries(events)),
  types: new Map(Object.entries(types)),
})

/** A schema whose root is a newtype of this type. `types` are the named types that it refers to. */
export const only = (type: Type, types: Record<string, NamedType> = {}): Schema =>
  schemaOf('Only', { ...types, Only: struct(items(type)) })

/** The schema of the orders in the guide of Composable Rust, with an enum that wraps another enum. */
export const orders = (): Schema =>
  schemaOf(
    'OrderAction',
    {
      OrderId: struct(items(t.of('String'))),
      Money: struct(items(t.of('i64'))),
      LineItem: struct(
        fields({
          product_id: t.of('String'),
          name: t.of('String'),
          quantity: t.of('u32'),
          unit_price: t.named('Money'),
        }),
      ),
      InventoryAction: enumOf({
        SeatReserved: fields({ seat: t.of('String'), note: t.option(t.of('String')) }),
        Audited: nothing,
      }),
      OrderAction: enumOf({
        PlaceOrder: fields({ customer_id: t.of('String') }),
        CancelOrder: items(t.named('OrderId'), t.of('String')),
        Ping: nothing,
        OrderPlaced: fields({
          order_id: t.named('OrderId'),
          customer_id: t.of('String'),
          items: t.vec(t.named('LineItem')),
          total: t.named('Money'),
          timestamp: t.known('DateTime<Utc>'),
        }),
        Inventory: items(t.named('InventoryAction')),
        Prices: items(t.map('HashMap', t.of('String'), t.of('u64'))),
      }),
    },
    { 'SeatReserved.v1': 'Inventory.SeatReserved', 'seat-audit': 'Inventory.Audited' },
  )
