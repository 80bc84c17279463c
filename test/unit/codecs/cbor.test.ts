import { Decoder } from 'cbor-x'
import { describe, expect, test } from 'vitest'
import { decodeCbor, encodeCbor } from '../../../src/codecs/cbor.ts'

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
  ['f90001', 5.960464477539063e-8],
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
  ['d74401020304', Uint8Array.of(1, 2, 3, 4)],
  ['d818456449455446', Uint8Array.of(0x64, 0x49, 0x45, 0x54, 0x46)],
  ['d82076687474703a2f2f7777772e6578616d706c652e636f6d', 'http://www.example.com'],
  ['40', new Uint8Array()],
  ['4401020304', Uint8Array.of(1, 2, 3, 4)],
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
  [
    'a201020304',
    new Map([
      [1, 2],
      [3, 4],
    ]),
  ],
  ['5f42010243030405ff', Uint8Array.of(1, 2, 3, 4, 5)],
  ['7f657374726561646d696e67ff', 'streaming'],
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

  test.each([
    ['1b001fffffffffffff', Number.MAX_SAFE_INTEGER],
    ['1b0020000000000000', 2n ** 53n],
    ['3b001ffffffffffffe', Number.MIN_SAFE_INTEGER],
    ['3b001fffffffffffff', -(2n ** 53n)],
    ['1b0000000000000005', 5],
    ['c24105', 5],
    ['c240', 0],
    ['c340', -1],
  ])('%s is a number while that is exact', (hex, value) => {
    expect(decode(hex)).toEqual({ ok: true, value })
  })

  test('an example is read as cbor-x reads it, where cbor-x reads it alike', () => {
    const decoder = new Decoder({ useRecords: false, mapsAsObjects: true })
    const isOther = /^(1b|3b0|c0|d7|d818|d820|a2010|5f|7f)/
    const alike = examples.filter(([hex]) => !isOther.test(hex))
    expect(alike.length).toBeGreaterThan(40)
    for (const [hex, value] of alike) expect(decoder.decode(Buffer.from(hex, 'hex'))).toEqual(value)
  })

  test('a time with more digits than a Date holds stays text', () => {
    const text = '2025-11-21T06:26:20.123456789Z'
    expect(decode(`c0781e${Buffer.from(text).toString('hex')}`)).toEqual({ ok: true, value: text })
    expect(decode('c063666f6f')).toEqual({ ok: true, value: 'foo' })
    expect(decode('c1fb7e37e43c8800759c')).toEqual({ ok: true, value: 1.0e300 })
  })

  test('a number of more than 512 bits stays bytes', () => {
    expect(decode(`c25841${'ff'.repeat(65)}`)).toEqual({ ok: true, value: new Uint8Array(65).fill(255) })
  })

  test('names every object has are names like others', () => {
    const decoded = decode('a2 695f5f70726f746f5f5f a1616101 6b636f6e7374727563746f72 02')
    const value = decoded.ok ? (decoded.value as object) : {}
    expect(Object.entries(value)).toEqual([
      ['__proto__', { a: 1 }],
      ['constructor', 2],
    ])
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype)
  })

  test('byte strings are copies', () => {
    const bytes = Buffer.from('8143010203', 'hex')
    const decoded = decodeCbor(bytes)
    bytes.fill(0)
    expect(decoded).toEqual({ ok: true, value: [Uint8Array.of(1, 2, 3)] })
  })
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
    ['a value nobody assigned', 'f0'],
    ['a value of two bytes', 'f8ff'],
    ['a key twice', 'a2616101616102'],
    ['a key twice that is not text', 'a201020102'],
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
    ['milliseconds as an integer', 1763706380123, '1b0000019aa503831b'],
    ['below zero too', [-4294967296, -4294967297], '823affffffff3b0000000100000000'],
    ['small bigints as short as numbers', [0n, -1n, 2n ** 32n - 1n], '8300201affffffff'],
    ['wide ones', [2n ** 64n - 1n, -(2n ** 63n)], '821bffffffffffffffff3b7fffffffffffffff'],
    ['wider ones with their tag', [2n ** 64n, -(2n ** 64n) - 1n], '82c249010000000000000000c349010000000000000000'],
    ['fractions', 1.1, 'fb3ff199999999999a'],
    ['bytes without a tag', [Uint8Array.of(1), Buffer.from([2])], '8241014102'],
    ['maps without a tag and as short as can be', new Map<unknown, unknown>([[1, { a: 2 }]]), 'a101a1616102'],
    ['a date as text', new Date('2013-03-21T20:04:00.000Z'), 'c07818323031332d30332d32315432303a30343a30302e3030305a'],
    ['no field that is undefined', { a: undefined, b: null }, 'a16162f6'],
    ['an item that is undefined as null', [undefined, null], '82f6f6'],
    ['an array with holes', new Array(2), '82f6f6'],
    ['a set as an array', new Set([1, 2]), '820102'],
    ['a name like any other', JSON.parse('{"__proto__":1}'), 'a1695f5f70726f746f5f5f01'],
    [
      'fields that look like methods',
      { constructor: 1, toJSON: 2, length: 3 },
      'a36b636f6e7374727563746f720166746f4a534f4e02666c656e67746803',
    ],
  ])('%s', (_, value, hex) => {
    expect(encode(value)).toBe(hex)
  })

  const cyclic: unknown[] = []
  cyclic.push(cyclic)
  test.each<[string, unknown]>([
    ['there is no CBOR for undefined', undefined],
    ['there is no CBOR for a function', [() => 1]],
    ['there is no CBOR for a symbol', { a: Symbol('s') }],
    ['a text holds half of a surrogate pair', 'a\udc00'],
    ['a name holds half of a surrogate pair', { '\ud800': 1 }],
    ['a date is invalid', new Date(Number.NaN)],
    ['it is nested more than 256 deep', cyclic],
    ['of typed arrays only a Uint8Array has a plain form', new Uint16Array(2)],
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
      bytes: new Uint8Array(size).fill(9),
      list: new Array(size).fill(1),
      map: Object.fromEntries(Array.from({ length: size }, (_, index) => [`k${index}`, index])),
    }
    const encoded = encodeCbor(value)
    expect(encoded.ok && decodeCbor(encoded.bytes)).toEqual({ ok: true, value })
  })
})
