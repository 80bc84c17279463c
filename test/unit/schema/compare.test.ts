import { describe, expect, test } from 'vitest'
import { compareSchemas } from '../../../src/schema/compare/compare-with-samples.ts'
import type { Fields, NamedType, Schema, Type } from '../../../src/schema/model.ts'
import { parseType } from '../../../src/schema/type-text.ts'
import { schemaChangeDocument } from '../../../src/ui/schemas/schema-change-document.ts'
import { adviceText, changeText } from '../../../src/ui/schemas/schema-change-words.ts'
import { enumOf, fields, items, nothing, orders, schemaOf, struct, t } from './support/build.ts'

const type = (text: string): Type => {
  const parsed = parseType(text)
  if (!parsed.ok) throw new Error(`${text}: ${parsed.reason}`)
  return parsed.type
}
const held = (parts: Record<string, string>): Fields =>
  fields(Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, type(text)])))

const before = orders()
const withTypes = (types: Record<string, NamedType>): Schema => ({
  ...before,
  types: new Map([...before.types, ...Object.entries(types)]),
})
const root = before.types.get('OrderAction') as Extract<NamedType, { kind: 'enum' }>
const withVariants = (...variants: (typeof root.variants)[number][]) =>
  withTypes({ OrderAction: { ...root, variants } })

const lines = (after: Schema, old = before) =>
  compareSchemas(old, after).map((change) => `${change.kind} ${change.where}: ${changeText(change)}`)

/** A schema whose root is a struct with these fields. */
const of = (parts: Record<string, string>, types: Record<string, NamedType> = {}) =>
  schemaOf('Root', { ...types, Root: struct(held(parts)) })

describe('changes of variants', () => {
  test('equal schemas have no changes', () => {
    expect(compareSchemas(before, orders())).toEqual([])
  })

  test('changes of variants are silent for reordered variants, whose bytes are read as each other', () => {
    const [place, cancel, ...rest] = root.variants
    const old = schemaOf(
      'E',
      { E: enumOf({ Placed: held({ id: 'String' }), Shipped: held({ id: 'String' }) }) },
      { 'Placed.v1': 'Placed' },
    )
    const now = schemaOf('E', { E: enumOf({ Shipped: held({ id: 'String' }), Placed: held({ id: 'String' }) }) })
    expect(compareSchemas(old, now).map(schemaChangeDocument)).toEqual([
      {
        code: 'variants-renumbered',
        kind: 'silent',
        where: 'E',
        isReordered: true,
        inserted: [],
        removed: [],
        misread: [
          { before: 'Placed', after: 'Shipped', outcome: 'decodes' },
          { before: 'Shipped', after: 'Placed', outcome: 'decodes' },
        ],
        message:
          'the variants were reordered, which changes their numbers in the bytes: old bytes of Placed decode as Shipped, bytes of Shipped decode as Placed',
        advice: 'restore the old order of the variants; add new variants only at the end',
        eventTypes: ['Placed.v1', 'Shipped'],
        oldReaders: 'silent',
        leftoverBytes: false,
        isRegrouped: false,
        sampled: { count: 600, unchanged: 0, other: 600, leftover: 0, failed: 0, example: expect.anything() },
      },
    ])
    if (place && cancel) {
      // The bytes of one string do not decode as two strings, neither in crbus nor in Rust.
      expect(lines(withVariants(cancel, place, ...rest))).toEqual([
        expect.stringMatching(
          /^silent OrderAction: .* old bytes of CancelOrder decode as PlaceOrder or fail, bytes of PlaceOrder are read as CancelOrder and fail$/,
        ),
      ])
    }
  })

  test('changes of variants are silent for a variant inserted before others', () => {
    const [first, ...rest] = root.variants
    if (first === undefined) return expect.fail()
    expect(lines(withVariants(first, { name: 'Held', fields: nothing }, ...rest))).toEqual([
      expect.stringMatching(
        /^silent OrderAction: Held was inserted before CancelOrder: old bytes of CancelOrder decode as Held or fail/,
      ),
    ])
  })

  test('changes of variants are silent for a variant removed from the middle, and break for the last variant', () => {
    const without = (name: string) => withVariants(...root.variants.filter((one) => one.name !== name))
    expect(lines(without('CancelOrder'))).toEqual([
      expect.stringMatching(/^silent OrderAction: CancelOrder was removed from the middle: /),
    ])
    expect(lines(without('Prices'))).toEqual([
      'breaks OrderAction.Prices: the last variant Prices was removed, so its number is unknown',
    ])
  })

  test('changes of variants are safe for a variant added at the end, and break services with the old types', () => {
    const [change] = compareSchemas(before, withVariants(...root.variants, { name: 'Held', fields: nothing }))
    expect(change).toMatchObject({ kind: 'safe', where: 'OrderAction.Held', oldReaders: 'breaks' })
  })

  test('changes of variants are safe for a renamed variant with the same contents, and silent with other contents', () => {
    const renamed = root.variants.map((one) => (one.name === 'Ping' ? { ...one, name: 'Pong' } : one))
    expect(lines(withVariants(...renamed))).toEqual(['safe OrderAction.Ping: the variant was renamed to Pong'])
    const replaced = root.variants.map((one) => (one.name === 'PlaceOrder' ? { name: 'Drop', fields: nothing } : one))
    expect(lines(withVariants(...replaced))).toEqual([
      'silent OrderAction.PlaceOrder: Drop replaced PlaceOrder and has its number: old bytes of PlaceOrder decode as Drop',
    ])
  })

  test('changes of an inner enum list the event types of its variants', () => {
    const inventory = enumOf({ Audited: nothing, SeatReserved: held({ seat: 'String', note: 'Option<String>' }) })
    expect(compareSchemas(before, withTypes({ InventoryAction: inventory }))).toEqual([
      expect.objectContaining({ kind: 'silent', where: 'InventoryAction', events: ['SeatReserved.v1', 'seat-audit'] }),
    ])
  })
})

describe('a change inside a type that several events contain', () => {
  test.each([
    [
      'added',
      { ...item(), note: 'Option<String>' },
      'breaks LineItem.note: a field was added at the end (Option<String>); an Option takes a byte even when it is None, and serde(default) has no effect in bincode',
    ],
    ['removed', without(item(), 'quantity'), 'silent LineItem.quantity: the field was removed (u32)'],
    [
      'swapped',
      { name: 'String', product_id: 'String', quantity: 'u32', unit_price: 'Money' },
      'silent LineItem: the fields product_id and name changed places: old bytes of product_id are read as name',
    ],
    [
      'renamed',
      { sku: 'String', ...without(item(), 'product_id') },
      'safe LineItem.product_id: the field was renamed to sku',
    ],
    [
      'changed to a type of the same size',
      { ...item(), quantity: 'f32' },
      'silent LineItem.quantity: the type changed from u32 to f32: old bytes decode to another value',
    ],
    [
      'changed to a wider type',
      { ...item(), quantity: 'u64' },
      'breaks LineItem.quantity: the type changed from u32 to u64: the two types have different bytes',
    ],
    [
      'changed from a newtype to its contents',
      { ...item(), unit_price: 'i64' },
      'safe LineItem.unit_price: the type changed from Money to i64, with the same bytes',
    ],
  ])(
    'a change inside a type that several events contain is listed once with its event types: a field %s',
    (_, parts, line) => {
      const after = withTypes({ LineItem: struct(held(parts)) })
      expect(lines(after)).toEqual([line])
      expect(compareSchemas(before, after)[0]?.events).toEqual(['OrderPlaced'])
    },
  )

  test('a change inside a type that several events contain comes with the advice to write the next version of its event type', () => {
    const old: Schema = { ...before, events: new Map([['OrderPlaced.v3', 'OrderPlaced']]) }
    const [change] = compareSchemas(old, withTypes({ Money: struct(items(t.of('i32'))) }))
    expect(change && adviceText(change)).toContain('OrderPlaced.v4')
  })
})

function item(): Record<string, string> {
  return { product_id: 'String', name: 'String', quantity: 'u32', unit_price: 'Money' }
}

function without(parts: Record<string, string>, name: string): Record<string, string> {
  return Object.fromEntries(Object.entries(parts).filter(([key]) => key !== name))
}

describe('a changed type', () => {
  test.each([
    ['i64', 'u64', 'silent'],
    ['u64', 'usize', 'safe'],
    ['u32', 'i32', 'silent'],
    ['u32', 'NonZeroU32', 'breaks'],
    ['NonZeroU32', 'u32', 'safe'],
    ['u8', 'bool', 'silent'],
    ['u32', 'Option<u32>', 'breaks'],
    ['Option<u32>', 'u32', 'breaks'],
    ['String', 'bytes', 'silent'],
    ['String', 'Vec<u32>', 'breaks'],
    ['String', 'DateTime<Utc>', 'breaks'],
    ['DateTime<Utc>', 'String', 'safe'],
    ['DateTime<Utc>', 'DateTime<FixedOffset>', 'safe'],
    ['DateTime<Utc>', 'NaiveDate', 'breaks'],
    ['String', 'PathBuf', 'safe'],
    ['i64', 'i64 as ts_seconds', 'safe'],
    ['i64 as ts_seconds', 'i64 as ts_milliseconds', 'silent'],
    ['Duration', 'SystemTime', 'silent'],
    ['Duration', '(u64, u32)', 'safe'],
    ['Uuid', 'bytes', 'silent'],
    ['Uuid', 'Ulid', 'breaks'],
    ['Ipv4Addr', '[u8; 4]', 'silent'],
    ['(f64, f64)', '[f64; 2]', 'safe'],
    ['[u32; 2]', '[u32; 3]', 'breaks'],
    ['[u32; 2]', 'u64', 'silent'],
    ['Vec<u32>', 'VecDeque<u32>', 'safe'],
    ['Vec<u32>', 'HashSet<u32>', 'silent'],
    ['HashSet<u32>', 'Vec<u32>', 'safe'],
    ['HashMap<String, u32>', 'BTreeMap<String, u32>', 'safe'],
    ['HashMap<String, u32>', 'Vec<(String, u32)>', 'safe'],
    ['Vec<(String, u32)>', 'HashMap<String, u32>', 'silent'],
    ['Result<u32, u32>', 'Result<u32, i32>', 'silent'],
    ['u32', 'Level', 'silent'],
    ['Level', 'u32', 'silent'],
    ['serde_json::Value', 'String', 'breaks'],
  ])('a changed type from %s to %s is %s', (old, now, kind) => {
    const Level = enumOf({ Low: nothing, High: nothing })
    const changes = compareSchemas(
      of({ first: 'u8', it: old, last: 'u8' }, { Level }),
      of({ first: 'u8', it: now, last: 'u8' }, { Level }),
    )
    expect(changes).toHaveLength(1)
    expect(changes[0]).toMatchObject({ kind, where: 'Root.it' })
  })

  test('a changed type is safe where a struct replaces its own fields', () => {
    const Address = struct(held({ street: 'String', city: 'String' }))
    const flat = of({ id: 'u32', street: 'String', city: 'String' })
    expect(lines(of({ id: 'u32', address: 'Address' }, { Address }), flat)).toEqual([
      'safe Root: the fields street, city became address, with the same bytes',
    ])
    expect(lines(flat, of({ id: 'u32', address: 'Address' }, { Address }))).toMatchObject([/^safe/])
  })

  test('a changed type is silent where one number has the bytes of two', () => {
    expect(lines(of({ low: 'u32', high: 'u32' }), of({ low: 'u64' }))).toContainEqual(
      expect.stringMatching(/^silent Root.high/),
    )
  })

  test('a changed type mentions that Rust ignores bytes left over at the end of a payload', () => {
    expect(lines(of({ a: 'u32' }), of({ a: 'u32', b: 'String' }))).toEqual([
      'breaks Root.b: the field was removed (String); bincode::deserialize ignores bytes left over at the end of a payload, so its services may continue without an error',
    ])
  })
})

describe('a renamed type', () => {
  test('a renamed type is one safe change', () => {
    const old = of(
      { total: 'Money', more: 'Vec<Money>' },
      { Money: struct(held({ cents: 'i64', currency: 'String' })) },
    )
    const now = of(
      { total: 'Price', more: 'Vec<Price>' },
      { Price: struct(held({ cents: 'i64', currency: 'String' })) },
    )
    expect(lines(now, old)).toEqual(['safe Money: the type was renamed from Money to Price'])
  })

  test('a renamed type is compared inside as well', () => {
    const old = of({ total: 'Money' }, { Money: struct(held({ cents: 'i64', currency: 'String' })) })
    const now = of({ total: 'Price' }, { Price: struct(held({ cents: 'u64', currency: 'String' })) })
    expect(lines(now, old)).toEqual([
      expect.stringMatching(/^silent Money.cents: the type changed from i64 to u64/),
      'safe Money: the type was renamed from Money to Price',
    ])
  })

  test('a renamed type may be the root, while an enum around the root adds a number to each payload', () => {
    const E = enumOf({ A: held({ id: 'String' }), B: nothing })
    expect(lines(schemaOf('F', { F: E }), schemaOf('E', { E }))).toEqual(['safe E: the type was renamed from E to F'])
    expect(lines(schemaOf('All', { E, All: enumOf({ E: items(t.named('E')) }) }), schemaOf('E', { E }))).toEqual([
      expect.stringMatching(/E: the payload type changed from E to All; its variant E wraps E/),
    ])
  })
})

describe('recursive types', () => {
  const tree = (value: string, more: Record<string, string> = {}) =>
    of(
      { tree: 'Tree' },
      {
        Tree: struct(held({ value, children: 'Vec<Tree>', ...more })),
        Pair: struct(held({ left: 'Option<Tree>', right: 'Option<Pair>' })),
      },
    )

  test('recursive types are compared once', () => {
    expect(lines(tree('u32'), tree('u32'))).toEqual([])
    expect(lines(tree('f32', { pair: 'Pair' }), tree('u32', { pair: 'Pair' }))).toEqual([
      expect.stringMatching(/^silent Tree.value/),
    ])
  })

  test('recursive types are compared with other recursive types', () => {
    const List = enumOf({ End: nothing, More: items(t.of('u32'), t.named('List')) })
    const Chain = struct(held({ value: 'u32', next: 'Chain' }))
    expect(lines(of({ it: 'Chain' }, { Chain }), of({ it: 'List' }, { List }))).toMatchObject([/Root.it/])
    expect(lines(of({ it: 'List' }, { List }), of({ it: 'Chain' }, { Chain }))).toMatchObject([/Root.it/])
  })
})
