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

describe('reading', () => {
  test.each(examples)('%s', (hex, value) => {
    expect(decode(hex)).toEqual({ ok: true, value })
  })

  test('byte strings are copies', () => {
    const bytes = Buffer.from('8143010203', 'hex')
    const decoded = decodeCbor(bytes)
    bytes.fill(0)
    expect(decoded).toEqual({ ok: true, value: [Buffer.of(1, 2, 3)] })
  })

  test.each([
    ['written as short as can be', 'a2 695f5f70726f746f5f5f a1616101 6b636f6e7374727563746f72 02'],
    ['with a length that is too long', 'a2 78095f5f70726f746f5f5f a1616101 6b636f6e7374727563746f72 02'],
    ['in a map without a length', 'bf 695f5f70726f746f5f5f a1616101 6b636f6e7374727563746f72 02 ff'],
  ])('the key __proto__ %s stays a key and sets no prototype', (_, hex) => {
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
    ['a set is an array', 'd90102 83010203', [1, 2, 3]],
    ['a tag of texts leaves the text', 'd820 63666f6f', 'foo'],
    ['a UUID is its text', 'd825 50000102030405060708090a0b0c0d0e0f', '00010203-0405-0607-0809-0a0b0c0d0e0f'],
    ['a UUID of another length stays bytes', 'd825 420001', Buffer.of(0, 1)],
    ['a map behind a tag is an object', 'd90103 a10102', { 1: 2 }],
    [
      'keys that are not texts become texts',
      'a4 01616b f5616b f6616b 4101616b',
      { 1: 'k', true: 'k', null: 'k', 'AQ==': 'k' },
    ],
    [
      'a map of keys that become one is a list of pairs',
      'a2 01616b 6131616c',
      [
        [1, 'k'],
        ['1', 'l'],
      ],
    ],
    ['a leap second is its text', 'c0 74 323031362d31322d33315432333a35393a36305a', '2016-12-31T23:59:60Z'],
    ['a text that is not a date is the text', 'c0 64 736f6f6e', 'soon'],
    ['a number after the tag of a text is the number', 'c0 01', 1],
    ['a date after the tag of a number is the text', 'c1 64 736f6f6e', 'soon'],
    [
      'seconds that no date holds are the number',
      '82 c1 1bffffffffffffffff c1 fb4415af1d78b58c40',
      [2n ** 64n - 1n, 1e20],
    ],
    ['no seconds at all are NaN', 'c1 f97e00', Number.NaN],
    [
      'a date with a long tag is a date',
      'd800 74 323032362d31312d32335431303a30303a30305a',
      new Date('2026-11-23T10:00:00Z'),
    ],
    ['a date is a key', 'a1 c101 01', { '1970-01-01T00:00:01.000Z': 1 }],
    ['a map in a map in a set', 'd90102 81 a1 01 a1 02 03', [{ 1: { 2: 3 } }]],
    ['2^53 - 1 is a number', '82 1b001fffffffffffff 3b001ffffffffffffe', [2 ** 53 - 1, 1 - 2 ** 53]],
    ['2^53 is none', '82 1b0020000000000000 3b001fffffffffffff', [2n ** 53n, -(2n ** 53n)]],
    [
      'beside a larger one, in a map and as a key too',
      'a1 1b0000000100000000 82 1b0000000200000000 1bffffffffffffffff',
      { 4294967296: [2 ** 33, 2n ** 64n - 1n] },
    ],
    ['a bignum that a number holds', 'c2 4105', 5],
    ['a date of 64 bits', 'c1 1b00000000514b67b0', new Date('2013-03-21T20:04:00Z')],
  ])('%s', (_, hex, value) => {
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
])('a date keeps the digits of %s', (_, hex, text) => {
  const decoded = decode(hex)
  expect(JSON.stringify(decoded)).toBe(`{"ok":true,"value":"${text}"}`)
  expect(decoded.ok && decoded.value).toBeInstanceOf(Date)
  expect(decoded.ok && Number(decoded.value)).toBe(Math.floor(Date.parse(text)))
})

describe('what is not CBOR', () => {
  test.each([
    ['nothing', ''],
    ['bytes left over', '0000'],
    ['an end within a number', '1900'],
    ['an end within a float', 'fb00'],
    ['an end within a text', '6261'],
    ['an end within an array', '8201'],
    ['an end within a map', 'a101'],
    ['an end within what has no length', '9f01'],
    ['an end after a tag', 'c0'],
    ['a text that is not UTF-8', '62c328'],
    ['a part of a text that is not UTF-8', '7f61c361bcff'],
    ['a part of another kind', '7f4161ff'],
    ['a part without a length', '7f7fffff'],
    ['a reserved length', '1c'],
    ['a number without a length', '1f'],
    ['a tag without a length', 'df00'],
    ['a break outside', 'ff'],
    ['a break for a value', 'bf6161ff'],
    ['a text in parts, which cbor-x does not read', '7f657374726561646d696e67ff'],
    ['a value that holds itself', 'd81c81d81d00'],
    ['a tag nobody asked for', 'd903e800'],
    ['a simple value without a meaning', 'f0'],
    ['a simple value of a byte', 'f820'],
    ['a number of 65 bytes', `c25841${'ff'.repeat(65)}`],
    ['an array of 2^25 in five bytes', '9a01ffffff'],
    ['a count of 2^64 - 1', '9bffffffffffffffff'],
    ['a map of 2^32 - 1', 'baffffffff'],
    ['a text of 2^63', '7b8000000000000000'],
    ['257 arrays in one another', `${'81'.repeat(257)}00`],
    ['257 arrays without a length', '9f'.repeat(257)],
    ['a million tags', 'c1'.repeat(1_000_000)],
    ['a million arrays', '81'.repeat(1_000_000)],
  ])('%s', (_, hex) => {
    const decoded = decode(hex)
    expect(decoded.ok || decoded.reason).toMatch(/^not CBOR: [\x20-\x7e]{5,100}$/)
  })

  test('256 arrays in one another are', () => {
    expect(decode(`${'81'.repeat(256)}00`).ok).toBe(true)
  })
})

describe('writing', () => {
  test.each<[string, unknown, string]>([
    ['whole numbers as integers', [1, -1, 4294967295, 4294967296], '8401201affffffff1b0000000100000000'],
    ['milliseconds as an integer', 1763706380123, `1b${1763706380123n.toString(16).padStart(16, '0')}`],
    ['wide ones', [2n ** 64n - 1n, -(2n ** 63n)], '821bffffffffffffffff3b7fffffffffffffff'],
    ['wider ones with their tag', [2n ** 64n, -(2n ** 64n) - 1n], '82c249010000000000000000c349010000000000000000'],
    ['fractions', 1.1, 'fb3ff199999999999a'],
    ['bytes without a tag', [Uint8Array.of(1), Buffer.from([2])], '8241014102'],
    ['maps without a tag and as short as can be', new Map<unknown, unknown>([[1, { a: 2 }]]), 'a101a1616102'],
    ['no field that is undefined', { a: undefined, b: null }, 'a16162f6'],
    ['a set as an array', new Set([1, 2]), '820102'],
  ])('%s', (_, value, hex) => {
    expect(encode(value)).toBe(hex)
  })

  const cyclic: unknown[] = []
  cyclic.push(cyclic)
  test.each<[string, unknown]>([
    ['Unknown type: function', [() => 1]],
    ['a text holds half of a surrogate pair', 'a\udc00'],
    ['a text holds half of a surrogate pair', { '\ud800': 1 }],
    ['nested more than 256 deep', cyclic],
  ])('refused: %s', (reason, value) => {
    expect(encode(value)).toBe(`cannot be written as CBOR: ${reason}`)
  })

  test('a getter that throws is refused', () => {
    const value = {
      get a() {
        throw new Error('no')
      },
    }
    expect(encode(value)).toBe('cannot be written as CBOR: no')
  })

  test('a refusal leaves nothing behind', () => {
    encode([1, 2, () => 1])
    expect(encode([1, 2])).toBe('820102')
  })

  test('what was written stays while more is written', () => {
    const first = encodeCbor('first')
    for (let index = 0; index < 5000; index += 1) encodeCbor(`${index}`.repeat(5))
    expect(first).toEqual({ ok: true, bytes: Uint8Array.from(Buffer.from('656669727374', 'hex')) })
  })

  test.each([0, 23, 24, 255, 256, 65535, 65536])('text, bytes, arrays and maps of %d are read again', (size) => {
    const value = {
      text: 'é'.repeat(size),
      bytes: Buffer.alloc(size, 9),
      list: new Array(size).fill(1),
      map: Object.fromEntries(Array.from({ length: size }, (_, index) => [`k${index}`, index])),
    }
    const encoded = encodeCbor(value)
    expect(encoded.ok && decodeCbor(Buffer.from(encoded.bytes))).toEqual({ ok: true, value })
  })
})

test('decoding leaves no trace on the bytes', () => {
  const bytes = Uint8Array.of(0xa1, 0x61, 0x61, 0xfb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0)

  expect(decodeCbor(bytes)).toEqual({ ok: true, value: { a: 1.5 } })
  expect(Object.keys(bytes)).toEqual(Object.keys(Uint8Array.from(bytes)))
})
