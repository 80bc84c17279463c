import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { libraryTypes } from '../../../src/schema/library-types.ts'
import type { Fields, NamedType, Primitive, Schema, Type } from '../../../src/schema/model.ts'
import { readSchemaFile } from '../../../src/schema/schema-file.ts'
import { formatType, isReserved, parseType } from '../../../src/schema/type-text.ts'
import { writeSchemaFile } from '../../../src/schema/write-schema-file.ts'

const example = `{
  "crbus_schema": 1,
  "topic": "order-events",
  "root": "OrderAction",
  "answers": {
    "map": {
      "money::Cents": "i128"
    },
    "assume": {
      "feature:http": "off",
      "money::as_text": "String"
    }
  },
  "events": {
    "OrderPlaced.v1": "PlaceOrder",
    "SeatReserved.v1": "Inventory.SeatReserved"
  },
  "types": {
    "InventoryEvent": {
      "at": "src/inventory.rs:4",
      "enum": [
        { "SeatReserved": null }
      ]
    },
    "LineItem": {
      "at": "src/order.rs:14",
      "struct": {
        "product_id": "String",
        "quantity": "u32",
        "unit_price": "Money",
        "shipping_weight": "Option<f64>"
      }
    },
    "Marker": { "at": "src/order.rs:20", "struct": null },
    "Money": { "at": "src/order.rs:9", "struct": ["i64"] },
    "OrderAction": {
      "at": "src/order.rs:30",
      "enum": [
        { "PlaceOrder": { "customer_id": "String", "items": "Vec<LineItem>" } },
        { "OrderShipped": ["Uuid", "Option<DateTime<Utc>>"] },
        { "Inventory": ["InventoryEvent"] },
        { "Ping": null }
      ]
    },
    "Page<LineItem>": {
      "at": "src/page.rs:3",
      "struct": { "items": "Vec<LineItem>", "next": "Option<u64>" }
    }
  }
}
`

describe('parseType and formatType', () => {
  test.each([
    'bool',
    '()',
    '(u8,)',
    '(u8, String)',
    '[u8; 32]',
    'Option<Vec<LineItem>>',
    'HashMap<String, BTreeSet<u64>>',
    'Result<u8, String>',
    'SmallVec<u8>',
    'DateTime<Utc>',
    'Option<i64 as ts_milliseconds>',
    '[u8; 16] as uuid::compact',
    'time::OffsetDateTime',
    'orders::Status',
    'Page<LineItem, 32, -1, true>',
  ])('parses and formats %s back to the same text', (text) => {
    const parsed = parseType(text)
    expect(parsed).toMatchObject({ ok: true })
    expect(parsed.ok && formatType(parsed.type)).toBe(text)
  })

  test.each([
    ['Page< LineItem,32 >', 'Page<LineItem, 32>'],
    ['(u8)', 'u8'],
    ['Vec<u8,>', undefined],
    ['( u8 , )', '(u8,)'],
  ])('parses %s as %s', (text, canonical) => {
    const parsed = parseType(text)
    expect(parsed.ok ? formatType(parsed.type) : undefined).toBe(canonical)
  })

  test.each([
    ['', 'expected a type, got the end', 0],
    ['Vec<u8', "expected '>', got the end", 6],
    ['Vec<u8>>', "unexpected '>' after the type", 7],
    ['Vec', 'Vec takes one type', 0],
    ['HashMap<u8>', 'HashMap takes two types', 0],
    ['u8<u8>', 'u8 takes no arguments', 0],
    ['Uuid<u8>', 'Uuid takes no arguments', 0],
    ['[u8; x]', "expected a length, got 'x'", 5],
    ['[u8; 99999999999]', 'the array length exceeds 4294967295', 5],
    ['DateTime<Mars>', "crbus does not know the type 'DateTime<Mars>'", 0],
    ['i64 as money', "crbus does not know the type 'i64 as money'", 0],
    ["&'a str", "expected a type, got '&'", 0],
    [`${'Vec<'.repeat(200)}u8`, 'the type is nested too deeply', 404],
  ])('refuses %s: %s at %i', (text, reason, at) => {
    expect(parseType(text)).toEqual({ ok: false, reason, at })
  })
})

describe('readSchemaFile and writeSchemaFile', () => {
  test('readSchemaFile and writeSchemaFile read a schema file and write the same text', () => {
    const read = readSchemaFile(example)
    expect(read).toMatchObject({ ok: true })
    if (!read.ok) return
    expect(read.schema.types.get('Money')).toEqual({
      kind: 'struct',
      at: 'src/order.rs:9',
      fields: { kind: 'tuple', items: [{ kind: 'i64' }] },
    })
    expect(writeSchemaFile(read.schema)).toBe(example)
  })

  const changed = (from: string, to: string) => readSchemaFile(example.replace(from, to))

  test.each([
    ['"crbus_schema": 1', '"crbus_schema": 2', 'crbus_schema', 'expected 1, got 2'],
    ['"crbus_schema": 1,', '', 'crbus_schema', 'missing, so this is not a schema file; expected 1'],
    ['"topic": "order-events"', '"topic": 7', 'topic', 'expected a string, got a number'],
    [
      '"topic"',
      '"tpoic": "", "topic"',
      'tpoic',
      'unknown key; known keys: crbus_schema, topic, root, integers, answers, events, types',
    ],
    ['"i128"', '5', 'answers.map.money::Cents', 'expected a string, got a number'],
    ['"assume"', '"asume"', 'answers.asume', 'unknown key; known keys: map, assume'],
    ['"root": "OrderAction"', '"root": "Order"', 'root', `'Order' is not in "types"`],
    ['"PlaceOrder",', '"Place",', 'events.OrderPlaced.v1', "'OrderAction' has no variant 'Place'"],
    [
      '"PlaceOrder",',
      '"OrderShipped.X",',
      'events.OrderPlaced.v1',
      "variant 'OrderShipped' of 'OrderAction' does not hold exactly one enum",
    ],
    ['"i64"', '{}', 'types.Money.struct[0]', 'expected a string, got an object'],
    [
      '"i64"',
      '"i65"',
      'types.Money.struct[0]',
      `unknown type 'i65': neither a type that crbus knows nor a key of "types"`,
    ],
    [
      '"quantity": "u32"',
      '"quantity": "Vec<"',
      'types.LineItem.struct.quantity',
      "'Vec<' is not a type: expected a type, got the end (character 5)",
    ],
    [
      '"items": "Vec<LineItem>" } },',
      '"items": 3 } },',
      'types.OrderAction.enum[0].PlaceOrder.items',
      'expected a string, got a number',
    ],
    ['{ "Ping": null }', '{}', 'types.OrderAction.enum[3]', 'expected one variant: { "Name": fields }'],
    ['{ "Ping": null }', '{ "Inventory": null }', 'types.OrderAction.enum[3]', "the enum has two variants 'Inventory'"],
    [
      '{ "Ping": null }',
      '{ "Ping": 1 }',
      'types.OrderAction.enum[3].Ping',
      'expected fields, a list of types or null, got a number',
    ],
    ['"struct": null', '"union": null', 'types.Marker', "expected either 'struct' or 'enum'"],
    ['"Marker"', '"Vec<u8>"', 'types.Vec<u8>', 'the name has another meaning in schema files, or is not a valid name'],
    ['"Page<LineItem>"', '"Page< LineItem >"', 'types.Page< LineItem >', 'write the name as Page<LineItem>'],
  ])(
    'readSchemaFile and writeSchemaFile report the problem and its path when %s becomes %s',
    (from, to, path, reason) => {
      expect(changed(from, to)).toEqual({ ok: false, problems: [{ path, reason }] })
    },
  )

  test('readSchemaFile and writeSchemaFile report a file that is not a JSON object', () => {
    expect(readSchemaFile('[]')).toEqual({
      ok: false,
      problems: [{ path: '', reason: 'expected an object, got a list' }],
    })
    expect(readSchemaFile('{')).toMatchObject({ ok: false, problems: [{ path: '' }] })
  })
})

describe('random schemas', () => {
  const name = fc.stringMatching(/^[A-Z][a-z]{1,6}$/).filter((text) => !isReserved(text))
  const names = fc.uniqueArray(
    fc.oneof(
      name,
      name.map((text) => `orders::${text}`),
      name.map((text) => `${text}<u8, 4>`),
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  const leaf = (named: readonly string[]): fc.Arbitrary<Type> =>
    fc.oneof(
      fc
        .constantFrom<Primitive>('unit', 'bool', 'u8', 'i128', 'usize', 'f32', 'char', 'String', 'bytes')
        .map((kind) => ({ kind })),
      fc.constantFrom(...libraryTypes).map((known): Type => ({ kind: 'known', name: known.name })),
      fc.constantFrom(...named).map((of): Type => ({ kind: 'named', name: of })),
    )
  const type = (named: readonly string[]): fc.Arbitrary<Type> =>
    fc.letrec<{ type: Type }>((tie) => {
      const inner = tie('type')
      return {
        type: fc.oneof(
          { depthSize: 'small' },
          leaf(named),
          fc.record({ kind: fc.constant('option' as const), item: inner }),
          fc.record({ kind: fc.constant('sequence' as const), name: fc.constantFrom('Vec', 'HashSet'), item: inner }),
          fc.record({ kind: fc.constant('map' as const), name: fc.constant('BTreeMap'), key: inner, value: inner }),
          fc.record({ kind: fc.constant('array' as const), item: inner, length: fc.nat(64) }),
          fc.record({ kind: fc.constant('tuple' as const), items: fc.array(inner, { minLength: 1, maxLength: 3 }) }),
          fc.record({ kind: fc.constant('result' as const), ok: inner, error: inner }),
        ),
      }
    }).type
  const fields = (named: readonly string[]): fc.Arbitrary<Fields> =>
    fc.oneof(
      fc.constant<Fields>({ kind: 'unit' }),
      fc.array(type(named), { maxLength: 4 }).map((items): Fields => ({ kind: 'tuple', items })),
      fc
        .uniqueArray(fc.record({ name: fc.stringMatching(/^[a-z_]{1,9}$/), type: type(named) }), {
          selector: (field) => field.name,
          maxLength: 5,
        })
        .map((of): Fields => ({ kind: 'fields', fields: of })),
    )
  const namedType = (named: readonly string[]): fc.Arbitrary<NamedType> => {
    const at = fc.constantFrom('', 'src/a.rs:12')
    return fc.oneof(
      fc.record({ kind: fc.constant('struct' as const), at, fields: fields(named) }),
      fc.record({
        kind: fc.constant('enum' as const),
        at,
        variants: fc.uniqueArray(fc.record({ name, fields: fields(named) }), {
          selector: (variant) => variant.name,
          maxLength: 6,
        }),
      }),
    )
  }
  const schema: fc.Arbitrary<Schema> = names.chain((named) =>
    fc
      .record({ topic: fc.string(), types: fc.tuple(...named.map(() => namedType(named))), event: fc.string() })
      .map(({ topic, types, event }): Schema => {
        const root = types[0] as NamedType
        const variant = root.kind === 'enum' ? root.variants[0]?.name : undefined
        return {
          topic,
          root: named[0] as string,
          events: new Map(variant === undefined ? [] : [[event, variant]]),
          types: new Map(named.map((of, index) => [of, types[index] as NamedType])),
        }
      }),
  )

  // Generates many schemas.
  test('random schemas are the same after writing and reading a schema file', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(schema, (given) => {
        const text = writeSchemaFile(given)
        const read = readSchemaFile(text)
        expect(read).toEqual({ ok: true, schema: given })
        expect(read.ok && writeSchemaFile(read.schema)).toBe(text)
      }),
    )
  })

  test('random schemas never make parseType or readSchemaFile throw, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'<>()[],;: as-_Vecu8&'.split('')) }),
        (text) => void parseType(text),
      ),
    )
    fc.assert(fc.property(fc.json(), (text) => void readSchemaFile(text)))
  })
})
