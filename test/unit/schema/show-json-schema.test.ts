import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { compileDecoder } from '../../../src/schema/bincode/compile-decoder.ts'
import { compileEncoder } from '../../../src/schema/bincode/compile-encoder.ts'
import type { Schema, Type } from '../../../src/schema/model.ts'
import { type JsonSchema, showJsonSchema } from '../../../src/schema/show/json-schema.ts'
import { selectTypes } from '../../../src/schema/show/select-types.ts'
import { enumOf, fields, items, nothing, only, orders, struct, t } from './support/build.ts'
import { listOf, seededRandom } from './support/random.ts'
import { randomTypes } from './support/random-types.ts'
import { randomValue } from './support/random-values.ts'

const shown = (schema: Schema, name?: string): JsonSchema => {
  const selected = selectTypes(schema, name)
  if (!selected.ok) throw new Error(selected.reason)
  return showJsonSchema(selected.selection)
}

/** Does not validate formats, which are annotations in the draft: a year may have five digits. */
const validator = (schema: JsonSchema) => new Ajv2020({ validateFormats: false, ownProperties: true }).compile(schema)

// Validates many random values.
test.each(listOf(5, (seed) => seed))(
  'accepts every decoded value of random types from seed %i',
  { timeout: 60_000 },
  (seed) => {
    const random = seededRandom(seed)
    const { schema, roots } = randomTypes(random, 100)
    let checked = 0
    for (const { name } of roots) {
      const own = { ...schema, root: name }
      const { decode, decodeToJson } = compileDecoder(own)
      const { encode } = compileEncoder(own)
      const text = JSON.stringify(shown(own))
      // ajv does not handle a property named __proto__.
      if (text.includes('__proto__')) continue
      const validate = validator(JSON.parse(text))
      for (let count = 0; count < 20; count += 1) {
        const encoded = encode(randomValue(own, { kind: 'named', name }, random))
        if (!encoded.ok) return expect.fail(`${name}: ${encoded.reason}`)
        const decoded = decode(encoded.bytes)
        const json = decodeToJson(encoded.bytes)
        if (!decoded.ok || !json.ok) return expect.fail(name)
        for (const value of [decoded.value, JSON.parse(json.json)]) {
          if (!validate(value)) return expect.fail(`${name} ${json.json} ${JSON.stringify(validate.errors)} ${text}`)
        }
        checked += 1
      }
    }
    expect(checked).toBeGreaterThan(500)
  },
)

describe('the JSON Schema of a type', () => {
  const status = { Status: enumOf({ Open: nothing, Shut: nothing }) }
  const refused: readonly (readonly [string, Type, readonly unknown[], readonly unknown[]])[] = [
    ['u8', t.of('u8'), [0, 255], [256, -1, 1.5, '7']],
    [
      'u64',
      t.of('u64'),
      [0, 2 ** 53 - 1, '9007199254740992', '18446744073709551615'],
      [2 ** 53, '7', '-9007199254740992'],
    ],
    ['i64', t.of('i64'), [-1, '-9223372036854775808'], ['x', '007']],
    ['i128', t.of('i128'), ['-170141183460469231731687303715884105728'], ['1.5']],
    ['NonZeroU8', t.known('NonZeroU8'), [1, 255], [0]],
    ['NonZeroI64', t.known('NonZeroI64'), [1, -1], [0]],
    ['f64', t.of('f64'), [0.5, 'NaN', '-inf', 'NaN(0x7ff800000000beef)'], ['Infinity', 'NaN(0x7ff8beef)', null]],
    ['bytes', t.vec(t.of('u8')), ['', 'AQI=', 'AQID'], ['A', [1, 2]]],
    ['an array of bytes', t.array(t.of('u8'), 4), ['AQIDBA=='], ['AQID']],
    ['char', t.of('char'), ['a', '🦀'], ['', 'ab']],
    ['()', t.of('unit'), [null], [{}, 0]],
    ['an Option', t.option(t.of('bool')), [null, true], [{ Some: true }, 1]],
    ['an Option of an Option', t.option(t.option(t.of('bool'))), [null, { Some: null }, { Some: true }], [true]],
    ['a tuple', t.tuple(t.of('u8'), t.of('bool')), [[1, true]], [[1], [1, true, 2], [true, 1]]],
    ['a map with string keys', t.map('HashMap', t.of('String'), t.of('u8')), [{}, { a: 1 }], [[], { a: 'b' }]],
    ['a map with integer keys', t.map('HashMap', t.of('i8'), t.of('u8')), [{ '-7': 1 }], [{ a: 1 }, { '07': 1 }]],
    [
      'a map with unit variants as keys',
      t.map('BTreeMap', t.named('Status'), t.of('u8')),
      [{ Open: 1 }],
      [{ Gone: 1 }],
    ],
    [
      'a map with tuples as keys',
      t.map('HashMap', t.tuple(t.of('u8'), t.of('u8')), t.of('u8')),
      [[], [[[1, 2], 3]]],
      [{}, [[1, 2]]],
    ],
    ['a Result', t.result(t.of('u8'), t.of('String')), [{ Ok: 1 }, { Err: 'x' }], [{ Ok: 'x' }, { Ok: 1, Err: 'x' }]],
    ['a Duration', t.known('Duration'), [{ secs: 1, nanos: 0 }], [1, { secs: 1 }]],
    ['an unreadable type', t.known('serde_json::Value'), [], [null, {}, 1]],
  ]
  test.each(refused)(
    'the JSON Schema of a type accepts decoded values of %s and refuses others',
    (_, type, good, bad) => {
      const validate = validator(shown(only(type, status)))
      for (const value of good) expect(validate(value), JSON.stringify(value)).toBe(true)
      for (const value of bad) expect(validate(value), JSON.stringify(value)).toBe(false)
    },
  )
})

describe('showJsonSchema', () => {
  test('describes types by their source location and variants by their event type', () => {
    expect(shown(orders(), 'SeatReserved.v1')).toEqual({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'OrderAction of order-events',
      $ref: '#/$defs/OrderAction',
      $defs: {
        OrderAction: {
          description: 'src/order.rs:1',
          oneOf: [
            {
              type: 'object',
              properties: { Inventory: { $ref: '#/$defs/InventoryAction' } },
              required: ['Inventory'],
              additionalProperties: false,
            },
          ],
        },
        InventoryAction: {
          description: 'src/order.rs:1',
          oneOf: [
            {
              description: 'event SeatReserved.v1',
              type: 'object',
              properties: {
                SeatReserved: {
                  type: 'object',
                  properties: { seat: { type: 'string' }, note: { anyOf: [{ type: 'null' }, { type: 'string' }] } },
                  required: ['seat', 'note'],
                  additionalProperties: false,
                },
              },
              required: ['SeatReserved'],
              additionalProperties: false,
            },
          ],
        },
      },
    })
  })

  test('accepts no value for a type that contains nothing but itself', () => {
    const schema = { ...orders(), root: 'Loop', types: new Map([['Loop', struct(items(t.named('Loop')))]]) }
    expect(validator(shown(schema))({})).toBe(false)
  })

  test('refers to types whose names have special characters', () => {
    const page = { 'page::Page<LineItem>': struct(fields({ next: t.option(t.of('u8')) })) }
    expect(validator(shown(only(t.named('page::Page<LineItem>'), page)))({ next: 1 })).toBe(true)
  })
})
