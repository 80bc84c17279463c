import { describe, expect, test } from 'vitest'
import { compileDecoder } from '../../../src/schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../../src/schema/bincode/compile-encoder.ts'
import type { NamedType, Type } from '../../../src/schema/model.ts'
import { enumOf, fields, items, nothing, only, orders, schemaOf, struct, t } from './support/build.ts'

const schema = orders()
const encoder = compileEncoder(schema)
const decoder = compileDecoder(schema)
const item = { product_id: 'p', name: 'Widget', quantity: 2, unit_price: 1000 }
const placed = {
  order_id: 'order-1',
  customer_id: 'cust-1',
  items: [item],
  total: 2000,
  timestamp: '2025-11-21T06:26:20.123456789Z',
}
const hexOf = (type: Type, value: unknown, types: Record<string, NamedType> = {}): string => {
  const encoded = compileEncoder(only(type, types)).encode(value)
  return encoded.ok ? Buffer.from(encoded.bytes).toString('hex') : `${encoded.path}: ${encoded.reason}`
}
const written = (value: unknown, name?: string): unknown => {
  const encoded = encoder.encode(value, name)
  if (!encoded.ok) return `${encoded.path}: ${encoded.reason}`
  const decoded = decoder.decode(encoded.bytes)
  return decoded.ok ? decoded.value : decoded
}

describe('encode with an event type or path', () => {
  test.each<[string, string, unknown, unknown]>([
    ['the fields of the variant', 'OrderPlaced.v1', placed, { OrderPlaced: placed }],
    [
      'the fields with the variant name around them',
      'OrderPlaced.v1',
      { OrderPlaced: placed },
      { OrderPlaced: placed },
    ],
    ['a name without a version', 'OrderPlaced', placed, { OrderPlaced: placed }],
    ['another spelling of the event type', 'order_placed.v2', placed, { OrderPlaced: placed }],
    ['a list for a tuple variant', 'CancelOrder.v1', ['a', 'b'], { CancelOrder: ['a', 'b'] }],
    ['undefined for a unit variant', 'Ping.v1', undefined, 'Ping'],
    ['an empty object for a unit variant', 'Ping.v1', {}, 'Ping'],
    ['the name of a unit variant', 'Ping.v1', 'Ping', 'Ping'],
    [
      'an event type that the schema maps to an inner variant',
      'SeatReserved.v1',
      { seat: 'a' },
      { Inventory: { SeatReserved: { seat: 'a', note: null } } },
    ],
    [
      'the inner of two variant names',
      'SeatReserved.v1',
      { SeatReserved: { seat: 'a' } },
      { Inventory: { SeatReserved: { seat: 'a', note: null } } },
    ],
    ['a path of variants', 'Inventory.Audited', null, { Inventory: 'Audited' }],
    [
      'the outer variant with the inner name in the value',
      'Inventory',
      { SeatReserved: { seat: 'a' } },
      { Inventory: { SeatReserved: { seat: 'a', note: null } } },
    ],
    ['an event type that the schema maps to a unit variant', 'seat-audit', {}, { Inventory: 'Audited' }],
    ['a map with a key named like the variant', 'Prices.v1', { Prices: 1 }, { Prices: { Prices: 1 } }],
    ['an unknown event type with a complete value', 'order/placed!', { OrderPlaced: placed }, { OrderPlaced: placed }],
  ])('accepts %s', (_, name, value, whole) => {
    expect(written(value, name)).toEqual(whole)
  })

  test.each<[string, string, unknown, string]>([
    [
      'a complete value of another variant',
      'OrderPlaced.v1',
      { PlaceOrder: { customer_id: 'a' } },
      ': the data is variant PlaceOrder, but OrderPlaced.v1 is OrderPlaced',
    ],
    [
      'a complete value of another inner variant',
      'SeatReserved.v1',
      { Inventory: 'Audited' },
      ': the data is variant Inventory.Audited, but SeatReserved.v1 is Inventory.SeatReserved',
    ],
    [
      'a misspelled event type',
      'OrderPlacd.v1',
      placed,
      ': OrderAction has no variant "OrderPlacd": did you mean OrderPlaced?',
    ],
    [
      'an invalid field',
      'OrderPlaced.v1',
      { ...placed, items: [item, { ...item, quantity: -1 }] },
      'OrderPlaced.items[1].quantity: expected u32, 0 to 4294967295, got -1',
    ],
    [
      'an invalid field inside the variant name',
      'OrderPlaced.v1',
      { OrderPlaced: { ...placed, total: 'much' } },
      'OrderPlaced.total: expected i64, got the string "much"',
    ],
    [
      'an invalid field of an inner variant',
      'SeatReserved.v1',
      { seat: 7 },
      'Inventory.SeatReserved.seat: expected a string, got the number 7',
    ],
    [
      'fields for a unit variant',
      'Ping.v1',
      { a: 1 },
      'Ping: the variant has no fields: leave the data out, or write {}',
    ],
  ])('refuses %s', (_, name, value, reason) => {
    expect(written(value, name)).toBe(reason)
  })

  test('refuses a name of two variants and lists their paths', () => {
    const twice = schemaOf('E', {
      A: enumOf({ Done: nothing }),
      B: enumOf({ Done: nothing }),
      E: enumOf({ First: items(t.named('A')), Second: items(t.named('B')) }),
    })
    expect(compileEncoder(twice).encode({}, 'Done.v1')).toMatchObject({
      reason: 'Done.v1 is ambiguous: write First.Done or Second.Done',
    })
    expect(compileEncoder(twice).encode({}, 'Second.Done')).toMatchObject({ ok: true })
  })
})

describe('an encoding failure', () => {
  const without = (name: keyof typeof placed) =>
    Object.fromEntries(Object.entries(placed).filter(([key]) => key !== name))
  test.each<[string, unknown, string]>([
    ['a missing field', without('total'), 'OrderPlaced.total: i64 is missing'],
    [
      'a misspelled field',
      { ...without('customer_id'), customerId: 'c' },
      'OrderPlaced: unknown field "customerId": did you mean customer_id?',
    ],
    ['an unknown field', { ...placed, extra: 1 }, 'OrderPlaced: unknown field "extra"'],
    [
      'a number for a string',
      { ...placed, customer_id: 7 },
      'OrderPlaced.customer_id: expected a string, got the number 7',
    ],
    ['null for a string', { ...placed, customer_id: null }, 'OrderPlaced.customer_id: expected a string, got null'],
    ['a fraction for an integer', { ...placed, total: 0.5 }, 'OrderPlaced.total: expected i64, got the number 0.5'],
    ['an object for a list', { ...placed, items: {} }, 'OrderPlaced.items: expected a list, got an object'],
    [
      'an invalid date',
      { ...placed, timestamp: '2025-02-30T00:00:00Z' },
      'OrderPlaced.timestamp: expected DateTime<Utc>, like "2025-11-21T06:26:20Z", got the string "2025-02-30T00:00:00Z"',
    ],
    [
      'a lone surrogate',
      { ...placed, customer_id: 'a\ud800' },
      'OrderPlaced.customer_id: expected String, got a string with a lone surrogate',
    ],
  ])('an encoding failure names the path and the reason of %s', (_, fieldsOf, reason) => {
    expect(written({ OrderPlaced: fieldsOf })).toBe(reason)
  })

  test.each<[string, Type, unknown, string]>([
    [
      'a number beyond the safe integers',
      t.of('u64'),
      2 ** 60,
      ': expected u64, got 1152921504606847000, which a JavaScript number cannot hold exactly: write it as a string',
    ],
    ['a bigint out of range', t.of('u64'), -1n, ': expected u64, 0 to 18446744073709551615, got -1'],
    ['digits out of range', t.of('i8'), '128', ': expected i8, -128 to 127, got 128'],
    ['a very long number', t.of('u128'), '9'.repeat(1e6), `: expected u128, got the string "${'9'.repeat(37)}…"`],
    ['a number too large for f32', t.of('f32'), 1e39, ': expected f32, got 1e+39, which is too large'],
    [
      'a word for a float',
      t.of('f64'),
      'much',
      ': expected f64 (a number, or "NaN", "inf", "-inf"), got the string "much"',
    ],
    ['two characters for a char', t.of('char'), 'ab', ': expected a string of one character, got the string "ab"'],
    [
      'invalid base64',
      t.of('bytes'),
      'a',
      ': expected bytes (base64, or a list of numbers from 0 to 255), got the string "a"',
    ],
    ['too few bytes', t.array(t.of('u8'), 4), 'AQI=', ': expected 4 bytes, got 2'],
    ['too few items', t.array(t.of('u16'), 4), [1], ': expected a list of 4, got a list of 1'],
    [
      'a bare value for an Option of an Option',
      t.option(t.option(t.of('u8'))),
      7,
      ': expected null or {"Some": …}, got the number 7',
    ],
    [
      'a key out of range',
      t.map('HashMap', t.of('u8'), t.of('u8')),
      { 300: 1 },
      '["300"]: expected u8, 0 to 255, got 300',
    ],
    [
      'a value of a map',
      t.map('HashMap', t.of('u8'), t.of('u8')),
      { 3: 'x' },
      '["3"]: expected u8, got the string "x"',
    ],
    [
      'a value in a list of pairs',
      t.map('HashMap', t.tuple(t.of('u8')), t.of('u8')),
      [
        [[1], 2],
        [[1], 'x'],
      ],
      '[1][1]: expected u8, got the string "x"',
    ],
    [
      'two spellings of one key',
      t.map('HashMap', t.known('Ipv6Addr'), t.of('u8')),
      { '::1': 1, '0::1': 2 },
      '["0::1"]: duplicate key',
    ],
    ['zero for a NonZero type', t.known('NonZeroU8'), 0, ': expected NonZeroU8, got 0'],
    ['a number for a Decimal', t.known('Decimal'), 12.3, ': expected Decimal, like "12.30", got the number 12.3'],
    [
      'a type that cannot be read',
      t.known('serde_json::Value'),
      {},
      ': serde_json::Value cannot be read from bincode: decoding needs deserialize_any, which bincode does not support',
    ],
  ])('an encoding failure says what is wrong with %s', (_, type, value, reason) => {
    expect(hexOf(type, value)).toBe(reason)
  })

  test('an encoding failure says what is wrong with a variant', () => {
    const types = { E: enumOf({ Open: nothing, Shut: fields({ by: t.of('String') }) }) }
    const refused = (value: unknown) => hexOf(t.named('E'), value, types)
    expect(refused('Opne')).toBe(': E has no variant "Opne": did you mean Open?')
    expect(refused({ Elsewhere: 1 })).toBe(': E has no variant "Elsewhere" (known: Open, Shut)')
    expect(refused('Shut')).toBe(': variant Shut has fields: write {"Shut": …}')
    expect(refused({ Open: 1 })).toBe(': variant Open has no fields: write "Open"')
    expect(refused({ Shut: {} })).toBe('Shut.by: String is missing')
    expect(refused(7)).toBe(': expected a variant of E, "Name" or {"Name": …}, got the number 7')
    expect(refused({ Open: null })).toBe('00000000')
  })

  test('an encoding failure names the type of a value that contains itself', () => {
    const list = { List: struct(fields({ next: t.option(t.named('List')) })) }
    const circle: { next?: unknown } = {}
    circle.next = circle
    expect(hexOf(t.named('List'), circle, list)).toContain('List is nested deeper than crbus supports')
    expect(hexOf(t.named('List'), { next: {} }, list)).toBe('0100')
  })

  test('encode does not take an inherited property for a field', () => {
    const type = struct(fields({ constructor: t.of('u8'), toString: t.option(t.of('u8')) }))
    expect(hexOf(t.named('P'), {}, { P: type })).toBe('.constructor: u8 is missing'.slice(1))
    expect(hexOf(t.named('P'), { constructor: 1 }, { P: type })).toBe('0100')
  })
})

describe('encode accepts other spellings', () => {
  const one = '0100000000000000'
  test.each<[string, Type, unknown, string]>([
    ['a bigint', t.of('u64'), 2n ** 64n - 1n, 'ff'.repeat(8)],
    ['digits for an integer', t.of('u8'), '7', '07'],
    ['-0 for an integer', t.of('i64'), -0, '00'.repeat(8)],
    ['a negative i64', t.of('i64'), -(2 ** 40), '0000000000ffffff'],
    ['an integer for a float', t.of('f64'), 10n ** 20n, '408cb5781daf1544'],
    ['bytes as a list', t.vec(t.of('u8')), [1], `${one}01`],
    ['bytes as a Uint8Array', t.of('bytes'), Uint8Array.of(1), `${one}01`],
    ['a map as pairs', t.map('HashMap', t.of('u8'), t.of('u8')), [[1, 2]], `${one}0102`],
    ['a Map', t.map('HashMap', t.tuple(t.of('u8')), t.of('u8')), new Map([[[1], 2]]), `${one}0102`],
    [
      'a BTreeMap, whose keys it sorts',
      t.map('BTreeMap', t.of('i8'), t.of('u8')),
      { 1: 1, '-1': 2 },
      '0200000000000000ff020101',
    ],
    ['a missing field for None', t.named('O'), {}, '00'],
    ['undefined for None', t.named('O'), { o: undefined }, '00'],
    [
      'a Uuid in upper case',
      t.known('Uuid'),
      '550E8400-E29B-41D4-A716-446655440000',
      '1000000000000000550e8400e29b41d4a716446655440000',
    ],
    ['a long string', t.of('String'), 'ü'.repeat(50), `6400000000000000${'c3bc'.repeat(50)}`],
  ])('encode accepts other spellings of values: %s', (_, type, value, hex) => {
    expect(hexOf(type, value, { O: struct(fields({ o: t.option(t.of('u8')) })) })).toBe(hex)
  })
})

test('a failed encode leaves no bytes or path for the next encode', () => {
  expect(encoder.encode({ OrderPlaced: { ...placed, total: 'x' } }).ok).toBe(false)
  const encoded = encoder.encode('Ping')
  expect(encoded).toEqual({ ok: true, bytes: Buffer.from('02000000', 'hex') })
})
