import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { compileDecoder } from '../../../src/schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../../src/schema/bincode/compile-encoder.ts'
import { libraryTypes } from '../../../src/schema/library-types.ts'
import type { NamedType, Schema, Type } from '../../../src/schema/model.ts'
import { enumOf, fields, items, nothing, only, orders, schemaOf, struct, t } from './support/build.ts'

const placed =
  '0300000007000000000000006f726465722d310600000000000000637573742d310100000000000000010000000000000070060000000000000057696467657402000000e803000000000000d0070000000000001e00000000000000323032352d31312d32315430363a32363a32302e3132333435363738395a'
const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const u64 = (value: number | bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(BigInt(value))
  return bytes.toString('hex')
}
const decode = (schema: Schema, hex: string) => compileDecoder(schema).decode(bytesOf(hex))
const read = (type: Type, hex: string, types: Record<string, NamedType> = {}) => {
  const decoded = decode(only(type, types), hex)
  return decoded.ok ? decoded.value : decoded
}

describe('a payload of the example schema', () => {
  const decoder = compileDecoder(orders())
  const value = {
    OrderPlaced: {
      order_id: 'order-1',
      customer_id: 'cust-1',
      items: [{ product_id: 'p', name: 'Widget', quantity: 2, unit_price: 1000 }],
      total: 2000,
      timestamp: '2025-11-21T06:26:20.123456789Z',
    },
  }

  test('a payload of the example schema decodes to a value', () => {
    expect(decoder.decode(bytesOf(placed))).toEqual({ ok: true, value, variant: 'OrderPlaced' })
  })

  test('a payload of the example schema decodes to JSON text', () => {
    const json = JSON.stringify(value)
    expect(decoder.decodeToJson(bytesOf(placed))).toEqual({ ok: true, json, variant: 'OrderPlaced' })
  })

  test.each([
    ['a unit variant', '02000000', '"Ping"', 'Ping'],
    ['a tuple variant', `01000000 ${u64(1)} 61 ${u64(0)}`, '{"CancelOrder":["a",""]}', 'CancelOrder'],
    [
      'an enum inside an enum',
      `04000000 00000000 ${u64(1)} 61 00`,
      '{"Inventory":{"SeatReserved":{"seat":"a","note":null}}}',
      'Inventory.SeatReserved',
    ],
    ['a unit variant of an enum inside an enum', '04000000 01000000', '{"Inventory":"Audited"}', 'Inventory.Audited'],
  ])('a payload of the example schema decodes %s', (_, hex, json, variant) => {
    expect(decoder.decodeToJson(bytesOf(hex))).toEqual({ ok: true, json, variant })
    expect(decoder.decode(bytesOf(hex))).toEqual({ ok: true, value: JSON.parse(json), variant })
  })
})

describe('a decoding failure', () => {
  test.each<[string, string, string, string, number]>([
    ['an empty payload', '', '', 'expected the variant of OrderAction: 4 bytes needed, 0 left', 0],
    ['an unknown variant', '07000000', '', 'expected a variant of OrderAction, 0 to 5, got 7', 0],
    ['a truncated string', placed.slice(0, 36), 'OrderPlaced.order_id', 'its length 7 exceeds the 6 bytes left', 4],
    ['a truncated number', placed.slice(0, 140), 'OrderPlaced.items[0].unit_price', '8 bytes needed, 2 left', 68],
    ['leftover bytes', `${placed}00ff`, '', '2 bytes are left over', 122],
    [
      'a length that is too large',
      `03000000 ${u64(0)} ${u64(0)} ${u64(2n ** 40n)}`,
      'OrderPlaced.items',
      'expected Vec: its length 1099511627776 (at least 28 bytes per item) exceeds the 0 bytes left',
      20,
    ],
    [
      'a string that is not UTF-8',
      `00000000 ${u64(2)} c328`,
      'PlaceOrder.customer_id',
      'expected String: its bytes are not UTF-8',
      12,
    ],
    [
      'an unknown variant of an inner enum',
      '04000000 02000000',
      'Inventory',
      'expected a variant of InventoryAction, 0 to 1, got 2',
      4,
    ],
    [
      'an invalid Option tag',
      `04000000 00000000 ${u64(0)} 05`,
      'Inventory.SeatReserved.note',
      'expected Option, 0 or 1, got 5',
      16,
    ],
    [
      'a truncated value in a map',
      `05000000 ${u64(2)} ${u64(1)} 61 ${u64(1)} ${u64(6)} 1b6262626262 0000`,
      'Prices["\\u001bbbbbb"]',
      'expected u64: 8 bytes needed, 2 left',
      43,
    ],
    [
      'a duplicate key',
      `05000000 ${u64(2)} ${u64(1)} 61 ${u64(1)} ${u64(1)} 61 ${u64(2)}`,
      'Prices[key 1]',
      'duplicate map key "a"',
      29,
    ],
  ])('a decoding failure names the path, the reason and the offset of %s', (_, hex, path, reason, offset) => {
    const decoder = compileDecoder(orders())
    const failure = { ok: false, path, reason: expect.stringContaining(reason), offset }
    expect(decoder.decode(bytesOf(hex))).toMatchObject(failure)
    expect(decoder.decodeToJson(bytesOf(hex))).toMatchObject(failure)
  })

  test('a decoding failure names an unreadable type, while other variants of the enum still decode', () => {
    const schema = schemaOf('E', {
      E: enumOf({ Any: items(t.known('serde_json::Value')), Gone: items(t.named('Nowhere')), Fine: nothing }),
    })
    expect(decode(schema, '0000000000')).toMatchObject({ ok: false, path: 'Any' })
    expect(decode(schema, '0000000000')).toHaveProperty(
      'reason',
      expect.stringContaining('serde_json::Value cannot be read from bincode'),
    )
    expect(decode(schema, '01000000')).toMatchObject({ reason: 'the schema has no type Nowhere' })
    expect(decode(schema, '02000000')).toMatchObject({ ok: true, value: 'Fine' })
  })
})

describe('a decoded value', () => {
  test.each<[string, Type, string, unknown]>([
    ['a safe u64', t.of('u64'), u64(2n ** 53n - 1n), 2 ** 53 - 1],
    ['a u64 beyond 2^53', t.of('u64'), u64(2n ** 53n), '9007199254740992'],
    ['an i64 below -2^53', t.of('i64'), '000000000000e0ff', '-9007199254740992'],
    ['i64 -1', t.of('i64'), 'ff'.repeat(8), -1],
    ['the largest u128', t.of('u128'), 'ff'.repeat(16), '340282366920938463463374607431768211455'],
    ['i128 -1', t.of('i128'), 'ff'.repeat(16), -1],
    ['0.1 as f32', t.of('f32'), 'cdcccc3d', 0.1],
    ['-0', t.of('f64'), '0000000000000080', -0],
    ['NaN', t.of('f64'), '000000000000f87f', 'NaN'],
    ['the NaN of 0.0 / 0.0', t.of('f64'), '000000000000f8ff', 'NaN(0xfff8000000000000)'],
    ['-inf', t.of('f32'), '000080ff', '-inf'],
    ['bytes', t.vec(t.of('u8')), `${u64(2)} 0102`, 'AQI='],
    ['an array of bytes', t.array(t.of('u8'), 2), '0102', 'AQI='],
    ['None of an Option in an Option', t.option(t.option(t.of('u8'))), '00', null],
    ['Some(None)', t.option(t.option(t.of('u8'))), '0100', { Some: null }],
    ['Some(Some(7))', t.option(t.option(t.of('u8'))), '010107', { Some: 7 }],
    ['Some(())', t.option(t.of('unit')), '01', { Some: null }],
    ['Ok', t.result(t.of('unit'), t.of('u8')), '00000000', { Ok: null }],
    ['a map of tuples', t.map('BTreeMap', t.tuple(t.of('u8')), t.of('u8')), `${u64(1)} 0102`, [[[1], 2]]],
    ['a map of bools', t.map('BTreeMap', t.of('bool'), t.of('u8')), `${u64(1)} 0102`, { true: 2 }],
    ['a Uuid', t.known('Uuid'), `${u64(16)} 550e8400e29b41d4a716446655440000`, '550e8400-e29b-41d4-a716-446655440000'],
  ])('a decoded value of %s encodes to the same bytes', (_, type, hex, value) => {
    expect(read(type, hex)).toStrictEqual(value)
    const decoded = compileDecoder(only(type)).decodeToJson(bytesOf(hex))
    expect(decoded.ok ? JSON.parse(decoded.json) : decoded).toStrictEqual(value)
    const encoded = compileEncoder(only(type)).encode(value)
    expect(encoded.ok ? Buffer.from(encoded.bytes).toString('hex') : encoded).toBe(hex.replaceAll(' ', ''))
  })

  test('a decoded value may have a field or a key named __proto__', () => {
    const proto = struct({ kind: 'fields', fields: [{ name: '__proto__', type: t.of('u8') }] })
    const decoded = read(t.named('P'), '07', { P: proto }) as object
    expect(Object.entries(decoded)).toEqual([['__proto__', 7]])
    const map = read(t.map('HashMap', t.of('String'), t.of('u8')), `${u64(1)} ${u64(9)} 5f5f70726f746f5f5f 07`)
    expect(Object.entries(map as object)).toEqual([['__proto__', 7]])
  })

  test('a decoded value keeps the wire order of a map whose keys JavaScript sorts', () => {
    const schema = only(t.map('HashMap', t.of('u8'), t.of('u8')))
    const hex = `${u64(3)} 0901 0102 0503`.replaceAll(' ', '')
    const decoded = decode(schema, hex)
    if (!decoded.ok) return expect.fail(decoded.reason)
    expect(Object.keys(decoded.value as object)).toEqual(['1', '5', '9'])
    const again = compileEncoder(schema).encode(decoded.value)
    expect(again.ok && Buffer.from(again.bytes).toString('hex')).toBe(hex)
    expect(compileDecoder(schema).decodeToJson(bytesOf(hex))).toMatchObject({ json: '{"9":1,"1":2,"5":3}' })
  })

  test('a decoded value has no control or direction characters in its JSON text', () => {
    const text = '\u001b]0;x\u0007 \u007f \u0085 \u202e \ufeff "\\ é 🦀'
    const schema = only(t.tuple(t.of('String'), t.of('char')))
    const encoded = compileEncoder(schema).encode([text, '\u202e'])
    if (!encoded.ok) return expect.fail(encoded.reason)
    const decoded = compileDecoder(schema).decodeToJson(encoded.bytes)
    if (!decoded.ok) return expect.fail(decoded.reason)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
    expect(decoded.json).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e\ufeff]/)
    expect(JSON.parse(decoded.json)).toEqual([text, '\u202e'])
  })

  test('a decoded value has the same strings when they are long or in a long payload', () => {
    const schema = only(t.vec(t.of('String')))
    const texts = ['x'.repeat(5000), 'é'.repeat(300), 'short', 'ü']
    const encoded = compileEncoder(schema).encode(texts)
    if (!encoded.ok) return expect.fail(encoded.reason)
    const decoder = compileDecoder(schema)
    expect(decoder.decode(encoded.bytes)).toMatchObject({ value: texts })
    expect(decoder.decodeToJson(new Uint8Array(encoded.bytes))).toMatchObject({ json: JSON.stringify(texts) })
  })
})

describe('library types', () => {
  const vectors = readFileSync(new URL('../../vectors/known-types/known-types.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.includes('ption'))
    .map((line) => {
      const [name = '', hex = '', json = ''] = line.split('\t')
      return { path: name.replace(/^with /, '').replace(/ .*/, ''), hex, json }
    })
  test.each(libraryTypes.filter(({ wire }) => wire !== undefined))(
    '$name decodes what Rust wrote and encodes to the same bytes',
    ({ name, paths }) => {
      const schema = only(t.known(name))
      const seen = vectors.filter(({ path }) => paths.includes(path.replace(/<chrono(_tz)?::/, '<')))
      expect(seen).not.toEqual([])
      for (const { path, hex, json } of seen) {
        const decoded = compileDecoder(schema).decodeToJson(bytesOf(hex))
        if (!decoded.ok) return expect.fail(`${path} ${hex}: ${decoded.reason}`)
        const plain = decoded.json.replace(/^"(\d{17,})"$/, '$1')
        // Differences from serde_json: bytes are base64, a compact Uuid has hyphens, a zone id is not on the wire, and an integer in
        // LEB128 is not a list of bytes.
        if (name === 'OsString') expect(plain).toBe('{"Unix":"YWI="}')
        else if (name.endsWith('compact')) expect(plain).toBe('"550e8400-e29b-41d4-a716-446655440000"')
        else if (name.endsWith('varint')) expect(Buffer.from(JSON.parse(json)).toString('hex')).toBe(hex)
        else expect(plain).toBe(json.replace('%3', ''))
        const encoded = compileEncoder(schema).encode(JSON.parse(decoded.json))
        expect(encoded.ok ? Buffer.from(encoded.bytes).toString('hex') : encoded.reason).toBe(hex)
      }
    },
  )

  test.each([
    ['time::Date', 'e9070000 6f01', 'day 367'],
    ['time::Time', '18000000000000', 'hour 24'],
    ['time::UtcOffset', '01ff00', 'parts of different sign'],
    ['time::Duration', `${u64(1)} ffffffff`, 'parts of different sign'],
    ['time::Month', '0d', 'month 13'],
    ['NonZeroU32', '00000000', 'zero'],
    ['NonZeroU128', '00'.repeat(16), 'zero'],
    ['Uuid', `${u64(15)} ${'00'.repeat(15)}`, 'a length of 15'],
    ['IpAddr', '02000000 00000000', 'variant 2'],
  ])('%s refuses the invalid bytes %s: %s', (name, hex) => {
    expect(read(t.known(name), hex)).toMatchObject({
      ok: false,
      reason: expect.stringContaining(`expected ${name}`),
    })
  })
})

describe('hostile payloads and types', () => {
  const unitStruct = { Unit: struct(fields({})) }
  const none = t.named('Unit')
  // Each struct holds the next one twice: 2^40 values that take no bytes.
  const doubling = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [
      `D${index}`,
      struct(index === 39 ? fields({}) : items(t.named(`D${index + 1}`), t.named(`D${index + 1}`))),
    ]),
  )
  const heavy = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [
      `H${index}`,
      struct(index === 39 ? items(t.of('u8')) : items(t.named(`H${index + 1}`), t.named(`H${index + 1}`))),
    ]),
  )
  const list = { List: struct(fields({ next: t.option(t.named('List')) })) }
  test.each<[string, Type, Record<string, NamedType>, string]>([
    ['a huge list of units', t.vec(t.of('unit')), {}, u64(2n ** 60n)],
    ['a huge list of empty structs', t.vec(none), unitStruct, u64(100_000)],
    ['lists of units', t.vec(t.vec(t.of('unit'))), {}, `${u64(10)} ${u64(65_000).repeat(10)}`],
    ['an array of units', t.array(t.of('unit'), 2 ** 30), {}, ''],
    ['arrays of arrays of units', t.array(t.array(none, 60_000), 60_000), unitStruct, ''],
    ['structs that double without bytes', t.named('D0'), doubling, ''],
    ['a list of structs that double', t.vec(t.named('D0')), doubling, u64(3)],
    ['structs that double with a byte each', t.named('H0'), heavy, '00'],
    ['a huge array without its bytes', t.array(t.array(t.of('u64'), 1 << 20), 1 << 20), {}, '00'],
    ['a struct that contains itself twice', t.named('A'), { A: struct(items(t.named('A'), t.named('A'))) }, '00'],
    ['a newtype of itself', t.named('A'), { A: struct(items(t.named('A'))) }, '00'],
    [
      'two newtypes of each other',
      t.named('A'),
      { A: struct(items(t.named('B'))), B: struct(items(t.named('A'))) },
      '',
    ],
    ['a deeply nested enum', t.named('E'), { E: enumOf({ E: items(t.named('E')) }) }, '00'.repeat(100_000)],
    ['a deeply nested linked list', t.named('List'), list, '01'.repeat(1_000_000)],
    ['deeply nested trees', t.named('T'), { T: struct(items(t.vec(t.named('T')))) }, u64(1).repeat(50_000)],
    ['an enum without variants', t.vec(t.named('Never')), { Never: enumOf({}) }, u64(1)],
  ])('%s are refused within two seconds', (_, type, types, hex) => {
    const begun = performance.now()
    const decoder = compileDecoder(only(type, types))
    const bytes = bytesOf(hex)
    expect(decoder.decode(bytes)).toMatchObject({ ok: false, reason: expect.stringMatching(/./) })
    expect(decoder.decodeToJson(bytes)).toMatchObject({ ok: false })
    expect(performance.now() - begun).toBeLessThan(2_000)
  })

  test('a linked list of 600 nodes decodes', () => {
    const decoder = compileDecoder(schemaOf('List', list))
    const bytes = bytesOf(`${'01'.repeat(600)}00`)
    const decoded = decoder.decodeToJson(bytes)
    expect(decoded.ok && decoded.json.startsWith('{"next":{"next":{')).toBe(true)
    const value = decoder.decode(bytes)
    const encoded = value.ok ? compileEncoder(schemaOf('List', list)).encode(value.value) : value
    expect(encoded).toEqual({ ok: true, bytes })
  })

  test('types nested beyond the limit are refused, as Options and as structs', () => {
    let deep = t.of('u8')
    for (let index = 0; index < 3_000; index += 1) deep = t.option(deep)
    expect(read(deep, '01')).toMatchObject({ ok: false, reason: expect.stringContaining('nested deeper') })
    const chain = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, index) => [`C${index}`, struct(fields({ next: t.named(`C${index + 1}`) }))]),
    )
    expect(read(t.named('C0'), '00', chain)).toMatchObject({ ok: false })
  })

  // Decodes a million entries.
  test('a map of a million entries decodes and encodes to the same bytes', { timeout: 60_000 }, () => {
    const schema = only(t.map('HashMap', t.of('u32'), t.of('u8')))
    const count = 1_000_000
    const bytes = Buffer.alloc(8 + count * 5)
    bytes.writeUInt32LE(count, 0)
    for (let index = 0; index < count; index += 1) bytes.writeUInt32LE((index * 2_654_435_761) % 2 ** 32, 8 + index * 5)
    const decoder = compileDecoder(schema)
    const decoded = decoder.decode(bytes)
    if (!decoded.ok) return expect.fail(decoded.reason)
    expect(decoder.decodeToJson(bytes).ok).toBe(true)
    const again = compileEncoder(schema).encode(decoded.value)
    expect(again.ok && Buffer.from(again.bytes).equals(bytes)).toBe(true)
  })
})
