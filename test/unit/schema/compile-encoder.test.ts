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

describe('the event type says which variant', () => {
  test.each<[string, string, unknown, unknown]>([
    ['its fields', 'OrderPlaced.v1', placed, { OrderPlaced: placed }],
    ['its fields with its name around', 'OrderPlaced.v1', { OrderPlaced: placed }, { OrderPlaced: placed }],
    ['a name without a version', 'OrderPlaced', placed, { OrderPlaced: placed }],
    ['another spelling', 'order_placed.v2', placed, { OrderPlaced: placed }],
    ['a list', 'CancelOrder.v1', ['a', 'b'], { CancelOrder: ['a', 'b'] }],
    ['nothing', 'Ping.v1', undefined, 'Ping'],
    ['no fields', 'Ping.v1', {}, 'Ping'],
    ['the name of a unit variant', 'Ping.v1', 'Ping', 'Ping'],
    [
      'what the schema maps',
      'SeatReserved.v1',
      { seat: 'a' },
      { Inventory: { SeatReserved: { seat: 'a', note: null } } },
    ],
    [
      'half the names',
      'SeatReserved.v1',
      { SeatReserved: { seat: 'a' } },
      { Inventory: { SeatReserved: { seat: 'a', note: null } } },
    ],
    ['a path', 'Inventory.Audited', null, { Inventory: 'Audited' }],
    [
      'the outer one',
      'Inventory',
      { SeatReserved: { seat: 'a' } },
      { Inventory: { SeatReserved: { seat: 'a', note: null } } },
    ],
    ['a mapped unit variant', 'seat-audit', {}, { Inventory: 'Audited' }],
    ['a map with a key like the variant', 'Prices.v1', { Prices: 1 }, { Prices: { Prices: 1 } }],
    ['a name unknown, with a value that says all', 'order/placed!', { OrderPlaced: placed }, { OrderPlaced: placed }],
  ])('%s', (_, name, value, whole) => {
    expect(written(value, name)).toEqual(whole)
  })

  test.each<[string, string, unknown, string]>([
    [
      'the whole of another',
      'OrderPlaced.v1',
      { PlaceOrder: { customer_id: 'a' } },
      ': the data is PlaceOrder, but OrderPlaced.v1 is OrderPlaced',
    ],
    [
      'another of the inner enum',
      'SeatReserved.v1',
      { Inventory: 'Audited' },
      ': the data is Inventory.Audited, but SeatReserved.v1 is Inventory.SeatReserved',
    ],
    [
      'a name nearly right',
      'OrderPlacd.v1',
      placed,
      ': OrderAction has no variant "OrderPlacd": did you mean OrderPlaced?',
    ],
    [
      'a field of it wrong',
      'OrderPlaced.v1',
      { ...placed, items: [item, { ...item, quantity: -1 }] },
      'OrderPlaced.items[1].quantity: expected u32, 0 to 4294967295, got -1',
    ],
    [
      'a field of it wrong, with its name around',
      'OrderPlaced.v1',
      { OrderPlaced: { ...placed, total: 'much' } },
      'OrderPlaced.total: expected i64, got the text "much"',
    ],
    [
      'an inner field wrong',
      'SeatReserved.v1',
      { seat: 7 },
      'Inventory.SeatReserved.seat: expected a text, got the number 7',
    ],
    [
      'something for a unit variant',
      'Ping.v1',
      { a: 1 },
      'Ping: the variant holds nothing: leave the data out, or write {}',
    ],
  ])('and refuses %s', (_, name, value, reason) => {
    expect(written(value, name)).toBe(reason)
  })

  test('a name of two variants asks which', () => {
    const twice = schemaOf('E', {
      A: enumOf({ Done: nothing }),
      B: enumOf({ Done: nothing }),
      E: enumOf({ First: items(t.named('A')), Second: items(t.named('B')) }),
    })
    expect(compileEncoder(twice).encode({}, 'Done.v1')).toMatchObject({
      reason: 'Done.v1 may be First.Done or Second.Done: write which',
    })
    expect(compileEncoder(twice).encode({}, 'Second.Done')).toMatchObject({ ok: true })
  })
})

describe('what is wrong is said with its place', () => {
  const without = (name: keyof typeof placed) =>
    Object.fromEntries(Object.entries(placed).filter(([key]) => key !== name))
  test.each<[string, unknown, string]>([
    ['a field missing', without('total'), 'OrderPlaced.total: i64 is missing'],
    [
      'a field misspelt',
      { ...without('customer_id'), customerId: 'c' },
      'OrderPlaced: there is no field "customerId": did you mean customer_id?',
    ],
    ['a field too many', { ...placed, extra: 1 }, 'OrderPlaced: there is no field "extra"'],
    [
      'a number for a text',
      { ...placed, customer_id: 7 },
      'OrderPlaced.customer_id: expected a text, got the number 7',
    ],
    ['null for a text', { ...placed, customer_id: null }, 'OrderPlaced.customer_id: expected a text, got null'],
    ['a fraction', { ...placed, total: 0.5 }, 'OrderPlaced.total: expected i64, got the number 0.5'],
    ['an object for a list', { ...placed, items: {} }, 'OrderPlaced.items: expected a list, got an object'],
    [
      'a date that is none',
      { ...placed, timestamp: '2025-02-30T00:00:00Z' },
      'OrderPlaced.timestamp: expected DateTime<Utc>, like "2025-11-21T06:26:20Z", got the text "2025-02-30T00:00:00Z"',
    ],
    [
      'half a surrogate pair',
      { ...placed, customer_id: 'a\ud800' },
      'OrderPlaced.customer_id: expected String, got a text with half a surrogate pair in it',
    ],
  ])('%s', (_, fieldsOf, reason) => {
    expect(written({ OrderPlaced: fieldsOf })).toBe(reason)
  })

  test.each<[string, Type, unknown, string]>([
    [
      'a number too large to be exact',
      t.of('u64'),
      2 ** 60,
      ': expected u64, got 1152921504606847000, whose last digits a number has lost: write it as a text',
    ],
    ['out of range', t.of('u64'), -1n, ': expected u64, 0 to 18446744073709551615, got -1'],
    ['digits out of range', t.of('i8'), '128', ': expected i8, -128 to 127, got 128'],
    ['a very long number', t.of('u128'), '9'.repeat(1e6), `: expected u128, got the text "${'9'.repeat(37)}…"`],
    ['too large for f32', t.of('f32'), 1e39, ': expected f32, got 1e+39, which is too large'],
    ['another word', t.of('f64'), 'much', ': expected f64 (a number, or "NaN", "inf", "-inf"), got the text "much"'],
    ['two characters', t.of('char'), 'ab', ': expected a text of one character, got the text "ab"'],
    [
      'no base64',
      t.of('bytes'),
      'a',
      ': expected bytes (base64, or a list of numbers from 0 to 255), got the text "a"',
    ],
    ['too few bytes', t.array(t.of('u8'), 4), 'AQI=', ': expected 4 bytes, got 2'],
    ['too few items', t.array(t.of('u16'), 4), [1], ': expected a list of 4, got a list of 1'],
    ['a Some that is not said', t.option(t.option(t.of('u8'))), 7, ': expected null or {"Some": …}, got the number 7'],
    ['a key', t.map('HashMap', t.of('u8'), t.of('u8')), { 300: 1 }, '["300"]: expected u8, 0 to 255, got 300'],
    ['a value', t.map('HashMap', t.of('u8'), t.of('u8')), { 3: 'x' }, '["3"]: expected u8, got the text "x"'],
    [
      'a pair',
      t.map('HashMap', t.tuple(t.of('u8')), t.of('u8')),
      [
        [[1], 2],
        [[1], 'x'],
      ],
      '[1][1]: expected u8, got the text "x"',
    ],
    [
      'a key in two spellings',
      t.map('HashMap', t.known('Ipv6Addr'), t.of('u8')),
      { '::1': 1, '0::1': 2 },
      '["0::1"]: the key is there twice',
    ],
    ['zero', t.known('NonZeroU8'), 0, ': expected NonZeroU8, got 0'],
    ['a number for a Decimal', t.known('Decimal'), 12.3, ': expected Decimal, like "12.30", got the number 12.3'],
    [
      'what nobody can write',
      t.known('serde_json::Value'),
      {},
      ': nobody can read serde_json::Value from bincode: it asks what comes next (deserialize_any), which bincode cannot tell',
    ],
  ])('%s', (_, type, value, reason) => {
    expect(hexOf(type, value)).toBe(reason)
  })

  test('variants', () => {
    const types = { E: enumOf({ Open: nothing, Shut: fields({ by: t.of('String') }) }) }
    const refused = (value: unknown) => hexOf(t.named('E'), value, types)
    expect(refused('Opne')).toBe(': E has no variant "Opne": did you mean Open?')
    expect(refused({ Elsewhere: 1 })).toBe(': E has no variant "Elsewhere" (there is Open, Shut)')
    expect(refused('Shut')).toBe(': the variant Shut holds something: write {"Shut": …}')
    expect(refused({ Open: 1 })).toBe(': the variant Open holds nothing: write "Open"')
    expect(refused({ Shut: {} })).toBe('Shut.by: String is missing')
    expect(refused(7)).toBe(': expected a variant of E, "Name" or {"Name": …}, got the number 7')
    expect(refused({ Open: null })).toBe('00000000')
  })

  test('a value in a circle, and one too deep', () => {
    const list = { List: struct(fields({ next: t.option(t.named('List')) })) }
    const circle: { next?: unknown } = {}
    circle.next = circle
    expect(hexOf(t.named('List'), circle, list)).toContain('List holds itself deeper than crbus follows')
    expect(hexOf(t.named('List'), { next: {} }, list)).toBe('0100')
  })

  test('what every object inherits is no field', () => {
    const type = struct(fields({ constructor: t.of('u8'), toString: t.option(t.of('u8')) }))
    expect(hexOf(t.named('P'), {}, { P: type })).toBe('.constructor: u8 is missing'.slice(1))
    expect(hexOf(t.named('P'), { constructor: 1 }, { P: type })).toBe('0100')
  })
})

describe('people write values in more ways than one', () => {
  const one = '0100000000000000'
  test.each<[string, Type, unknown, string]>([
    ['a bigint', t.of('u64'), 2n ** 64n - 1n, 'ff'.repeat(8)],
    ['digits', t.of('u8'), '7', '07'],
    ['-0', t.of('i64'), -0, '00'.repeat(8)],
    ['a negative i64', t.of('i64'), -(2 ** 40), '0000000000ffffff'],
    ['an integer for a float', t.of('f64'), 10n ** 20n, '408cb5781daf1544'],
    ['bytes as a list', t.vec(t.of('u8')), [1], `${one}01`],
    ['bytes as themselves', t.of('bytes'), Uint8Array.of(1), `${one}01`],
    ['a map as pairs', t.map('HashMap', t.of('u8'), t.of('u8')), [[1, 2]], `${one}0102`],
    ['a Map', t.map('HashMap', t.tuple(t.of('u8')), t.of('u8')), new Map([[[1], 2]]), `${one}0102`],
    [
      'a BTreeMap, in its own order',
      t.map('BTreeMap', t.of('i8'), t.of('u8')),
      { 1: 1, '-1': 2 },
      '0200000000000000ff020101',
    ],
    ['an absent Option', t.named('O'), {}, '00'],
    ['an undefined one', t.named('O'), { o: undefined }, '00'],
    [
      'a big Uuid',
      t.known('Uuid'),
      '550E8400-E29B-41D4-A716-446655440000',
      '1000000000000000550e8400e29b41d4a716446655440000',
    ],
    ['a long text', t.of('String'), 'ü'.repeat(50), `6400000000000000${'c3bc'.repeat(50)}`],
  ])('%s', (_, type, value, hex) => {
    expect(hexOf(type, value, { O: struct(fields({ o: t.option(t.of('u8')) })) })).toBe(hex)
  })
})

test('a failure leaves nothing behind for the next', () => {
  expect(encoder.encode({ OrderPlaced: { ...placed, total: 'x' } }).ok).toBe(false)
  const encoded = encoder.encode('Ping')
  expect(encoded).toEqual({ ok: true, bytes: Buffer.from('02000000', 'hex') })
})
