import { describe, expect, test } from 'vitest'
import { decodeCbor, encodeCbor } from '../../../src/codecs/cbor/cbor.ts'

const decode = (hex: string) => decodeCbor(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const encode = (value: unknown) => {
  const encoded = encodeCbor(value)
  return encoded.ok ? Buffer.from(encoded.bytes).toString('hex') : encoded.reason
}

// From RFC 8949, appendix A.
const examples: readonly [hex: string, value: unknown][] = [
  ['00', 0],
  ['17', 23],
  ['1818', 24],
  ['1903e8', 1000],
  ['1a000f4240', 1000000],
  ['1b000000e8d4a51000', 1000000000000],
  ['1bffffffffffffffff', 18446744073709551615n],
  ['c249010000000000000000', 18446744073709551616n],
  ['3bffffffffffffffff', -18446744073709551616n],
  ['c349010000000000000000', -18446744073709551617n],
  ['20', -1],
  ['3903e7', -1000],
  ['f90000', 0],
  ['f98000', -0],
  ['f93c00', 1],
  ['fb3ff199999999999a', 1.1],
  ['f97bff', 65504],
  ['fa47c35000', 100000],
  ['fb7e37e43c8800759c', 1.0e300],
  ['f90400', 0.00006103515625],
  ['f9c400', -4],
  ['f97c00', Number.POSITIVE_INFINITY],
  ['f97e00', Number.NaN],
  ['f9fc00', Number.NEGATIVE_INFINITY],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['f7', undefined],
  ['c074323031332d30332d32315432303a30343a30305a', new Date('2013-03-21T20:04:00Z')],
  ['c11a514b67b0', new Date('2013-03-21T20:04:00Z')],
  ['c1fb41d452d9ec200000', new Date('2013-03-21T20:04:00.500Z')],
  ['40', Buffer.alloc(0)],
  ['4401020304', Buffer.of(1, 2, 3, 4)],
  ['60', ''],
  ['6161', 'a'],
  ['62225c', '"\\'],
  ['62c3bc', 'ü'],
  ['64f0908591', '𐅑'],
  ['80', []],
  ['83010203', [1, 2, 3]],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['a0', {}],
  ['a26161016162820203', { a: 1, b: [2, 3] }],
  ['9fff', []],
  ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
  ['83018202039f0405ff', [1, [2, 3], [4, 5]]],
  ['bf61610161629f0203ffff', { a: 1, b: [2, 3] }],
  ['826161bf61626163ff', ['a', { b: 'c' }]],
]

describe('decodeCbor', () => {
  test.each(examples)('decodes %s', (hex, value) => {
    expect(decode(hex)).toEqual({ ok: true, value })
  })

  test('copies byte strings', () => {
    const bytes = Buffer.from('8143010203', 'hex')
    const decoded = decodeCbor(bytes)
    bytes.fill(0)
    expect(decoded).toEqual({ ok: true, value: [Buffer.of(1, 2, 3)] })
  })

  test.each([
    ['in the shortest form', 'a2 695f5f70726f746f5f5f a1616101 6b636f6e7374727563746f72 02'],
    ['with an overlong length', 'a2 78095f5f70726f746f5f5f a1616101 6b636f6e7374727563746f72 02'],
    ['in a map of indefinite length', 'bf 695f5f70726f746f5f5f a1616101 6b636f6e7374727563746f72 02 ff'],
  ])('keeps the key __proto__ %s and sets no prototype', (_, hex) => {
    const decoded = decode(hex)
    const value = decoded.ok ? (decoded.value as object) : {}
    expect(Object.entries(value)).toEqual([
      ['__proto__', { a: 1 }],
      ['constructor', 2],
    ])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
    expect('a' in value).toBe(false)
  })

  test.each<[string, string, unknown]>([
    ['a set to an array', 'd90102 83010203', [1, 2, 3]],
    ['a text with a URI tag to the text', 'd820 63666f6f', 'foo'],
    ['a UUID to its text', 'd825 50000102030405060708090a0b0c0d0e0f', '00010203-0405-0607-0809-0a0b0c0d0e0f'],
    ['a UUID of another length to bytes', 'd825 420001', Buffer.of(0, 1)],
    ['a tagged map to an object', 'd90103 a10102', { 1: 2 }],
    [
      'keys that are not strings to strings',
      'a4 01616b f5616b f6616b 4101616b',
      { 1: 'k', true: 'k', null: 'k', 'AQ==': 'k' },
    ],
    [
      'a map whose keys would become equal to an array of pairs',
      'a2 01616b 6131616c',
      [
        [1, 'k'],
        ['1', 'l'],
      ],
    ],
    ['a leap second to its text', 'c0 74 323031362d31322d33315432333a35393a36305a', '2016-12-31T23:59:60Z'],
    ['a date tag on other text to the text', 'c0 64 736f6f6e', 'soon'],
    ['a number with the tag of date texts to the number', 'c0 01', 1],
    ['a text with the tag of date numbers to the text', 'c1 64 736f6f6e', 'soon'],
    [
      'seconds outside the range of Date to the number',
      '82 c1 1bffffffffffffffff c1 fb4415af1d78b58c40',
      [2n ** 64n - 1n, 1e20],
    ],
    ['a date tag on NaN to NaN', 'c1 f97e00', Number.NaN],
    [
      'a date with an overlong tag to a date',
      'd800 74 323032362d31312d32335431303a30303a30305a',
      new Date('2026-11-23T10:00:00Z'),
    ],
    ['a date as a key to its text', 'a1 c101 01', { '1970-01-01T00:00:01.000Z': 1 }],
    ['nested maps in a set to objects in an array', 'd90102 81 a1 01 a1 02 03', [{ 1: { 2: 3 } }]],
    ['2^53 - 1 to a number', '82 1b001fffffffffffff 3b001ffffffffffffe', [2 ** 53 - 1, 1 - 2 ** 53]],
    ['2^53 to a bigint', '82 1b0020000000000000 3b001fffffffffffff', [2n ** 53n, -(2n ** 53n)]],
    [
      'small 64-bit integers beside a bigint to numbers, as map keys too',
      'a1 1b0000000100000000 82 1b0000000200000000 1bffffffffffffffff',
      { 4294967296: [2 ** 33, 2n ** 64n - 1n] },
    ],
    ['a small bignum to a number', 'c2 4105', 5],
    ['a date of 64-bit seconds to a date', 'c1 1b00000000514b67b0', new Date('2013-03-21T20:04:00Z')],
  ])('decodes %s', (_, hex, value) => {
    expect(decode(hex)).toEqual({ ok: true, value })
  })
})

test.each([
  [
    'a text',
    'c0 7823 323032362d31312d32335431303a30303a30302e3132333435363738392b30353a3330',
    '2026-11-23T04:30:00.123456789Z',
  ],
  ['a number', 'c1 fb41d954fc4007e6b4', '2023-11-14T22:13:20.123456Z'],
])('a decoded date keeps the digits of %s', (_, hex, text) => {
  const decoded = decode(hex)
  expect(JSON.stringify(decoded)).toBe(`{"ok":true,"value":"${text}"}`)
  expect(decoded.ok && decoded.value).toBeInstanceOf(Date)
  expect(decoded.ok && Number(decoded.value)).toBe(Math.floor(Date.parse(text)))
})

describe('decodeCbor refuses', () => {
  test.each([
    ['empty input', ''],
    ['trailing bytes', '0000'],
    ['a truncated number', '1900'],
    ['a truncated float', 'fb00'],
    ['a truncated text', '6261'],
    ['a truncated array', '8201'],
    ['a truncated map', 'a101'],
    ['a truncated array of indefinite length', '9f01'],
    ['a tag without content', 'c0'],
    ['a text that is not UTF-8', '62c328'],
    ['a text chunk that is not UTF-8', '7f61c361bcff'],
    ['a chunk of another type', '7f4161ff'],
    ['a chunk of indefinite length', '7f7fffff'],
    ['a reserved length', '1c'],
    ['a number of indefinite length', '1f'],
    ['a tag of indefinite length', 'df00'],
    ['a break outside a container', 'ff'],
    ['a break as a map value', 'bf6161ff'],
    ['a text in chunks, which cbor-x does not support', '7f657374726561646d696e67ff'],
    ['a circular reference', 'd81c81d81d00'],
    ['an unknown tag', 'd903e800'],
    ['an unassigned simple value', 'f0'],
    ['a simple value in an extra byte', 'f820'],
    ['a bignum of 65 bytes', `c25841${'ff'.repeat(65)}`],
    ['an array of 2^25 in five bytes', '9a01ffffff'],
    ['a count of 2^64 - 1', '9bffffffffffffffff'],
    ['a map of 2^32 - 1', 'baffffffff'],
    ['a text of 2^63', '7b8000000000000000'],
    ['257 nested arrays', `${'81'.repeat(257)}00`],
    ['257 nested arrays of indefinite length', '9f'.repeat(257)],
    ['a million nested tags', 'c1'.repeat(1_000_000)],
    ['a million nested arrays', '81'.repeat(1_000_000)],
  ])('decodeCbor refuses: %s', (_, hex) => {
    const decoded = decode(hex)
    expect(decoded.ok || decoded.reason).toMatch(/^not CBOR: [\x20-\x7e]{5,100}$/)
  })

  test('decodeCbor accepts 256 nested arrays', () => {
    expect(decode(`${'81'.repeat(256)}00`).ok).toBe(true)
  })
})

describe('encodeCbor', () => {
  test.each<[string, unknown, string]>([
    ['whole numbers as integers', [1, -1, 4294967295, 4294967296], '8401201affffffff1b0000000100000000'],
    ['milliseconds as an integer', 1763706380123, `1b${1763706380123n.toString(16).padStart(16, '0')}`],
    ['64-bit integers', [2n ** 64n - 1n, -(2n ** 63n)], '821bffffffffffffffff3b7fffffffffffffff'],
    [
      'larger integers as tagged bignums',
      [2n ** 64n, -(2n ** 64n) - 1n],
      '82c249010000000000000000c349010000000000000000',
    ],
    ['fractions', 1.1, 'fb3ff199999999999a'],
    ['bytes without a tag', [Uint8Array.of(1), Buffer.from([2])], '8241014102'],
    ['maps without a tag, in the shortest form', new Map<unknown, unknown>([[1, { a: 2 }]]), 'a101a1616102'],
    ['objects without their undefined fields', { a: undefined, b: null }, 'a16162f6'],
    ['a set as an array', new Set([1, 2]), '820102'],
  ])('writes %s', (_, value, hex) => {
    expect(encode(value)).toBe(hex)
  })

  const cyclic: unknown[] = []
  cyclic.push(cyclic)
  test.each<[string, unknown]>([
    ['Unknown type: function', [() => 1]],
    ['a string contains a lone surrogate, which UTF-8 cannot encode', 'a\udc00'],
    ['a string contains a lone surrogate, which UTF-8 cannot encode', { '\ud800': 1 }],
    ['nested more than 256 levels deep', cyclic],
  ])('refuses a value: %s', (reason, value) => {
    expect(encode(value)).toBe(`cannot be encoded as CBOR: ${reason}`)
  })

  test('refuses an object whose getter throws', () => {
    const value = {
      get a() {
        throw new Error('no')
      },
    }
    expect(encode(value)).toBe('cannot be encoded as CBOR: no')
  })

  test('works after it refused a value', () => {
    encode([1, 2, () => 1])
    expect(encode([1, 2])).toBe('820102')
  })

  test('returns bytes that later calls do not change', () => {
    const first = encodeCbor('first')
    for (let index = 0; index < 5000; index += 1) encodeCbor(`${index}`.repeat(5))
    expect(first).toEqual({ ok: true, bytes: Uint8Array.from(Buffer.from('656669727374', 'hex')) })
  })

  test.each([0, 23, 24, 255, 256, 65535, 65536])(
    'writes text, bytes, arrays and maps of size %d that decodeCbor reads',
    (size) => {
      const value = {
        text: 'é'.repeat(size),
        bytes: Buffer.alloc(size, 9),
        list: new Array(size).fill(1),
        map: Object.fromEntries(Array.from({ length: size }, (_, index) => [`k${index}`, index])),
      }
      const encoded = encodeCbor(value)
      expect(encoded.ok && decodeCbor(Buffer.from(encoded.bytes))).toEqual({ ok: true, value })
    },
  )
})

test('decodeCbor does not modify its input', () => {
  const bytes = Uint8Array.of(0xa1, 0x61, 0x61, 0xfb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0)

  expect(decodeCbor(bytes)).toEqual({ ok: true, value: { a: 1.5 } })
  expect(Object.keys(bytes)).toEqual(Object.keys(Uint8Array.from(bytes)))
})
