import { isDeepStrictEqual } from 'node:util'
import { Faker } from '@faker-js/faker'
import { faker as english } from '@faker-js/faker/locale/en'
import { describe, expect, test } from 'vitest'
import { compileDecoder } from '../../../src/schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../../src/schema/bincode/compile-encoder.ts'
import { libraryTypes } from '../../../src/schema/library-types.ts'
import type { Fields, Schema, Type } from '../../../src/schema/model.ts'
import { sampler } from '../../../src/schema/sample/sample-value.ts'
import { enumOf, fields, items, nothing, only, orders, schemaOf, struct, t } from './support/build.ts'
import { listOf, seededRandom } from './support/random.ts'
import { randomTypes } from './support/random-types.ts'

const at = Date.UTC(2026, 10, 23, 10, 0, 0, 250)
const newFaker = (seed = 7) => new Faker({ locale: english.rawDefinitions, seed })

const sampled = (schema: Schema, path?: string, faker = newFaker()): unknown => {
  const made = sampler(schema).sample({ faker, at, ...(path === undefined ? {} : { path }) })
  return made.ok ? made.value : made.reason
}
const value = (type: Type, faker?: Faker): unknown => sampled(only(type), undefined, faker)
/** The sample of a field with this name. */
const field = (name: string, type: Type = t.of('String'), owner = 'Event'): unknown =>
  (sampled(schemaOf(owner, { [owner]: struct(fields({ [name]: type })) })) as Record<string, unknown>)[name]

describe('a sample encodes to bytes that decode to the same value', () => {
  test.each(listOf(5, (seed) => seed))(
    'a sample of random types encodes to bytes that decode to the same value (seed %i)',
    (seed) => {
      const faker = newFaker(seed)
      const { schema, roots } = randomTypes(seededRandom(seed), 100)
      for (const { name } of roots) {
        const own = { ...schema, root: name }
        const { sample } = sampler(own)
        const { encode } = compileEncoder(own)
        const { decode } = compileDecoder(own)
        for (let count = 0; count < 10; count += 1) {
          const made = sample({ faker, at })
          if (!made.ok) return expect.fail(`${name}: ${made.reason}`)
          const encoded = encode(made.value)
          if (!encoded.ok) return expect.fail(`${name}: ${encoded.path}: ${encoded.reason}`)
          const decoded = decode(encoded.bytes)
          if (!decoded.ok || !isDeepStrictEqual(decoded.value, made.value)) {
            return expect.fail(`${name}: ${JSON.stringify(made.value)} ${JSON.stringify(decoded)}`)
          }
        }
      }
    },
  )

  test.each(libraryTypes.filter(({ wire }) => wire !== undefined).map(({ name }) => name))(
    'a sample encodes to bytes that decode to the same value: %s',
    (name) => {
      const schema = only(t.known(name))
      const faker = newFaker()
      for (let count = 0; count < 50; count += 1) {
        const made = value(t.known(name), faker)
        const encoded = compileEncoder(schema).encode(made)
        if (!encoded.ok) return expect.fail(encoded.reason)
        expect(compileDecoder(schema).decode(encoded.bytes)).toMatchObject({ ok: true, value: made })
      }
    },
  )
})

describe('a sample fits the name of its field', () => {
  test.each<[string, RegExp]>([
    ['email', /^[^@\s]+@[^@\s]+\.\w+$/],
    ['event_type', /^(?:OrderPlaced|PaymentReceived)\.v1$/],
    ['customerEmail', /@/],
    ['order_id', /^order-[0-9a-f]{8}$/],
    ['sku', /^[A-Z]{3}-\d{4}$/],
    ['currency', /^[A-Z]{3}$/],
    ['country_code', /^[A-Z]{2}$/],
    ['zip_code', /^\d{5}$/],
    ['client_ip', /^\d+\.\d+\.\d+\.\d+$/],
    ['website', /^https:\/\//],
    ['correlation_id', /^[0-9a-f]{8}-[0-9a-f-]{27}$/],
    ['total_price', /^\d+\.\d\d$/],
    ['created_at', /^2026-11-23T10:00:00\.250Z$/],
    ['phone_number', /^\+\d+$/],
    ['shipping_address', /^\d+ .+, .+$/],
    ['status', /^(?:pending|confirmed|shipped|delivered|cancelled)$/],
  ])('a sample of the string %s matches %s', (name, looks) => {
    expect(field(name)).toMatch(looks)
  })

  test.each<[string, string, number, number]>([
    ['quantity', 'u32', 1, 5],
    ['total_cents', 'i64', 199, 49_999],
    ['price', 'f64', 1.99, 499.99],
    ['age', 'u8', 18, 80],
    ['percent', 'u8', 0, 100],
    ['latitude', 'f64', -90, 90],
    ['created_at', 'u32', at / 1000 - 1, at / 1000],
    ['created_at', 'u64', at, at],
    ['timestamp_ns', 'i64', at * 1e6, at * 1e6],
    ['expires_at', 'i64', at + 86_400_000, at + 15 * 86_400_000],
    ['total', 'u8', 0, 255],
    ['port', 'u16', 1024, 65_535],
  ])('a sample of %s of type %s is from %d to %d', (name, type, least, most) => {
    const number = Number(field(name, t.of(type)))
    expect(number).toBeGreaterThanOrEqual(least)
    expect(number).toBeLessThanOrEqual(most)
  })

  test('a sample fits the name of its newtype and the name of its struct', () => {
    const types = { OrderId: struct(items(t.of('String'))), Money: struct(items(t.of('i64'))) }
    const id = (type: Type) => sampled(schemaOf('E', { E: struct(fields({ id: type })), ...types })) as { id: unknown }
    expect(id(t.named('OrderId')).id).toMatch(/^order-/)
    expect(field('id', t.of('String'), 'Payment')).toMatch(/^payment-/)
    expect(id(t.named('Money')).id).toBeGreaterThan(100)
    expect(field('name', t.of('String'), 'LineItem')).not.toBe(field('name', t.of('String'), 'Customer'))
  })

  test('a total is the sum of its items, unless its type is too small', () => {
    const { OrderPlaced } = sampled(orders(), 'OrderPlaced') as {
      OrderPlaced: { total: number; items: { quantity: number; unit_price: number }[] }
    }
    const cost = OrderPlaced.items.reduce((sum, { quantity, unit_price }) => sum + quantity * unit_price, 0)
    expect(OrderPlaced.total).toBe(cost)
    const item = struct(fields({ price: t.of('u16'), quantity: t.of('u8') }))
    const order = struct(fields({ total: t.of('u8'), items: t.vec(t.named('Item')) }))
    expect(sampled(schemaOf('Order', { Order: order, Item: item }))).toMatchObject({ total: expect.any(Number) })
    expect(
      compileEncoder(schemaOf('Order', { Order: order, Item: item })).encode(
        sampled(schemaOf('Order', { Order: order, Item: item })),
      ).ok,
    ).toBe(true)
  })

  test('an email has the name of its owner', () => {
    const customer = struct(fields({ name: t.of('String'), email: t.of('String') }))
    const { name, email } = sampled(schemaOf('Customer', { Customer: customer })) as { name: string; email: string }
    const words = email.slice(0, email.indexOf('@')).split('.')
    expect(words.every((word) => name.toLowerCase().includes(word))).toBe(true)
  })

  test('times are the time of the event, except dates of birth', () => {
    expect(field('placed_at', t.known('DateTime<Utc>'))).toBe('2026-11-23T10:00:00.250Z')
    expect(`${field('birth_date', t.known('NaiveDate'))}` < '2009').toBe(true)
    expect(field('sent', t.known('i64 as ts_seconds'))).toBe(Math.floor(at / 1000))
  })
})

describe('a sample of one variant', () => {
  test('a sample of one variant has the variant names around it', () => {
    expect(sampled(orders(), 'Inventory.SeatReserved')).toEqual({
      Inventory: { SeatReserved: { seat: expect.stringMatching(/^\d+[A-F]$/), note: expect.anything() } },
    })
    expect(sampled(orders(), 'Inventory.Audited')).toEqual({ Inventory: 'Audited' })
    expect(sampled(orders(), 'Ping')).toBe('Ping')
  })

  test('a sample of one variant is the same for the same seed and time', () => {
    const one = sampled(orders(), 'OrderPlaced')
    expect(sampled(orders(), 'OrderPlaced')).toEqual(one)
    expect(sampled(orders(), 'OrderPlaced', newFaker(8))).not.toEqual(one)
  })
})

describe('samples of recursive types', () => {
  const tree = (node: Fields) => schemaOf('Tree', { Tree: enumOf({ Node: node, Leaf: items(t.of('u8')) }) })
  test.each<[string, Schema]>([
    ['a tree', tree(items(t.named('Tree'), t.named('Tree'), t.named('Tree')))],
    ['a type with lists of itself', schemaOf('L', { L: struct(items(t.vec(t.vec(t.named('L'))))) })],
    [
      'a type with maps of itself',
      schemaOf('M', { M: struct(fields({ of: t.map('BTreeMap', t.of('u8'), t.named('M')) })) }),
    ],
    [
      'two types that contain each other',
      schemaOf('A', {
        A: struct(fields({ b: t.named('B') })),
        B: enumOf({ Again: fields({ a: t.named('A'), other: t.named('A') }), Over: nothing }),
      }),
    ],
    [
      'a type with an Option of a tuple of itself',
      schemaOf('O', { O: struct(fields({ o: t.option(t.tuple(t.of('u8'), t.named('O'))) })) }),
    ],
  ])('samples of recursive types end for %s', (_, schema) => {
    for (let seed = 0; seed < 50; seed += 1) {
      const made = sampled(schema, undefined, newFaker(seed))
      expect(compileEncoder(schema).encode(made).ok, JSON.stringify(made).slice(0, 200)).toBe(true)
      expect(JSON.stringify(made).length).toBeLessThan(100_000)
    }
  })

  test.each<[string, Schema, string]>([
    [
      'an unreadable type',
      schemaOf('E', { E: enumOf({ A: fields({ inner: t.tuple(t.of('u8'), t.known('serde_json::Value')) }) }) }),
      'E.A.inner[1] has no sample: decoding needs deserialize_any',
    ],
    [
      'a type that always contains itself',
      schemaOf('S', { S: struct(fields({ s: t.named('S') })) }),
      'S.s has no sample: S always contains itself',
    ],
    ['an enum without variants', schemaOf('E', { E: enumOf({}) }), 'E has no sample: the enum has no variants'],
    ['an array that is too large', only(t.array(t.of('u8'), 0xffffffff)), 'an array of 4294967295 bytes is too large'],
  ])('a recursive type without a finite value gets the reason instead of a sample: %s', (_, schema, reason) => {
    expect(sampled(schema)).toContain(reason)
  })

  test('samples leave out an unreadable type inside an Option, a list or a Result', () => {
    const unreadable = t.known('serde_json::Value')
    expect(value(t.option(unreadable))).toBe(null)
    expect(value(t.vec(unreadable))).toEqual([])
    expect(value(t.result(t.of('bool'), unreadable))).toEqual({ Ok: expect.any(Boolean) })
  })
})

test('samples of BTreeSet and BTreeMap are sorted and have no duplicates', () => {
  for (let seed = 0; seed < 30; seed += 1) {
    const numbers = value({ kind: 'sequence', name: 'BTreeSet', item: t.of('u8') }, newFaker(seed)) as number[]
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
    const keys = Object.keys(value(t.map('BTreeMap', t.of('String'), t.of('u8')), newFaker(seed)) as object)
    expect(keys).toEqual(keys.toSorted())
  }
})
