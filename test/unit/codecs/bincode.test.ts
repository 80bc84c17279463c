import { describe, expect, test } from 'vitest'
import { BincodeReader, BincodeWriter } from '../../../src/codecs/bincode.ts'
import { vector } from './support/vectors.ts'

const reading = (hex: string) => new BincodeReader(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const u64 = (value: bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes.toString('hex')
}

describe('what Rust wrote', () => {
  test('every primitive is read', () => {
    const reader = new BincodeReader(vector('data_primitives'))
    expect(reader.bool()).toBe(true)
    expect([reader.u8(), reader.i8(), reader.u16(), reader.i16()]).toEqual([7, -2, 0x1234, -400])
    expect([reader.u32(), reader.i32()]).toEqual([2 ** 32 - 1, -(2 ** 31)])
    expect([reader.u64(), reader.i64()]).toEqual([2n ** 64n - 1n, -(2n ** 63n)])
    expect([reader.f32(), reader.f64(), reader.char()]).toEqual([1.5, -0.1, 'é'])
    reader.end()
    expect(reader.failure).toBeUndefined()
  })

  test('and written', () => {
    const writer = new BincodeWriter(1)
    writer.bool(true)
    writer.u8(7)
    writer.u8(-2)
    writer.u16(0x1234)
    writer.u16(-400)
    writer.i32(2 ** 32 - 1)
    writer.i32(-(2 ** 31))
    writer.i64(2n ** 64n - 1n)
    writer.i64(-(2n ** 63n))
    writer.f32(1.5)
    writer.f64(-0.1)
    writer.char('é')
    expect(Buffer.from(writer.finish())).toEqual(vector('data_primitives'))
  })

  test('16-byte integers', () => {
    const reader = new BincodeReader(vector('data_u128'))
    expect([reader.u128(), reader.i128()]).toEqual([2n ** 128n - 1n, -(2n ** 127n)])
    const writer = new BincodeWriter()
    writer.i128(2n ** 128n - 1n)
    writer.i128(-(2n ** 127n))
    expect(Buffer.from(writer.finish())).toEqual(vector('data_u128'))
  })

  test('options, tuples, a Uuid, a Decimal, a Duration, a map, a Result', () => {
    const reader = new BincodeReader(vector('data_compound'))
    expect([reader.some(), reader.u8(), reader.some()]).toEqual([true, 9, false])
    expect([reader.u8(), reader.string(), reader.u16(), reader.u16()]).toEqual([1, 'z', 1, 2])
    const list = Array.from({ length: reader.length() }, () => (reader.some() ? reader.bool() : undefined))
    expect(list).toEqual([true, undefined, false])
    expect(Buffer.from(reader.bytes()).toString('hex')).toBe('550e8400e29b41d4a716446655440000')
    expect([reader.string(), reader.u64(), reader.u32()]).toEqual(['1999.50', 90n, 500_000_000])
    const pairs = Array.from({ length: reader.length() }, () => [reader.string(), reader.u32()])
    expect(pairs).toEqual([
      ['a', 1],
      ['k', 5],
    ])
    expect([reader.variant(), reader.string()]).toEqual([1, 'no'])
    reader.end()
    expect(reader.failure).toBeUndefined()
  })
})

describe('what does not fit', () => {
  test.each<[string, string, (reader: BincodeReader) => unknown, string]>([
    ['an option tag', '02', (from) => from.some(), 'option tag 2 at byte 0 is neither 0 nor 1'],
    ['a bool', 'ff', (from) => from.bool(), 'bool 255 at byte 0 is neither 0 nor 1'],
    ['an end', '00 00 00', (from) => from.i32(), '4 bytes are wanted at byte 0 and 3 are left'],
    ['an end before a float', '', (from) => from.f64(), '8 bytes are wanted at byte 0 and 0 are left'],
    ['bytes left over', '00 00 00', (from) => [from.u8(), from.end()], '2 bytes are left over at byte 1'],
    ['a length', `${u64(4n)} 00 00 00`, (from) => from.bytes(), 'length 4 at byte 0 is more than the 3 bytes left'],
    ['a count', `${u64(2n)} 00 00 00`, (from) => from.length(2), 'length 2 at byte 0 is more than the 3 bytes left'],
    [
      'the largest length',
      `${u64(2n ** 64n - 1n)} 00`,
      (from) => from.string(),
      'length 18446744073709552000 at byte 0 is more than the 1 bytes left',
    ],
    [
      'a count of nothings',
      u64(2n ** 40n),
      (from) => from.length(0),
      'length 1099511627776 at byte 0 is more than the',
    ],
    ['UTF-8', `${u64(2n)} c3 28`, (from) => from.string(), 'the string at byte 8 is not UTF-8'],
    ['a surrogate in UTF-8', `${u64(3n)} ed a0 80`, (from) => from.string(), 'the string at byte 8 is not UTF-8'],
    ['UTF-8 made too long', `${u64(2n)} c0 80`, (from) => from.string(), 'the string at byte 8 is not UTF-8'],
    ['a char', 'ff 80 80 80', (from) => from.char(), 'the string at byte 0 is not UTF-8'],
    ['the end of a char', 'f0 9f a6', (from) => from.char(), '4 bytes are wanted at byte 0 and 3 are left'],
    ['no char', '', (from) => from.char(), '1 bytes are wanted at byte 0 and 0 are left'],
  ])('%s', (_, hex, read, reason) => {
    const reader = reading(hex)
    read(reader)
    expect(reader.failure).toContain(reason)
  })

  test('the first failure stays, and nothing is read after it', () => {
    const reader = reading(`07 ${u64(1n)} 41 00 00 00 00`)
    reader.some()
    const first = reader.failure
    const { position } = reader
    expect([reader.u8(), reader.u16(), reader.u32(), reader.u64(), reader.i128()]).toEqual([0, 0, 0, 0n, 0n])
    expect([reader.f32(), reader.f64(), reader.bool(), reader.some()]).toEqual([0, 0, false, false])
    expect([reader.string(), reader.repeatedString(), reader.char(), reader.length()]).toEqual(['', '', '', 0])
    expect(reader.bytes()).toHaveLength(0)
    reader.ahead()
    reader.end()
    expect([reader.failure, reader.position]).toEqual([first, position])
  })
})

describe('strings', () => {
  const texts = [
    '',
    'a',
    'OrderPlaced.v1',
    'é',
    '注文🦀',
    'x'.repeat(64),
    'x'.repeat(65),
    'é'.repeat(300),
    '\u0000\u007f\u0080',
  ]

  test.each(texts)('%j is read however it is asked for', (text) => {
    const writer = new BincodeWriter(0)
    writer.string(text)
    writer.string('end')
    const bytes = writer.finish()
    for (let round = 0; round < 2; round += 1) {
      for (const how of ['string', 'repeatedString'] as const) {
        const reader = new BincodeReader(bytes)
        expect([reader[how](), reader[how]()]).toEqual([text, 'end'])
      }
      const reader = new BincodeReader(bytes)
      reader.ahead()
      expect([reader.string(), reader.string()]).toEqual([text, 'end'])
    }
  })

  test('two that share a slot of the table stay two', () => {
    const words = Array.from({ length: 5000 }, (_, index) => `Type${index}x`)
    for (const word of [...words, ...words.toReversed()]) {
      const writer = new BincodeWriter()
      writer.string(word)
      expect(new BincodeReader(writer.finish()).repeatedString()).toBe(word)
    }
  })

  test('a view, not a copy', () => {
    const bytes = Buffer.from(`${u64(2n)}0102`, 'hex')
    expect(new BincodeReader(bytes).bytes().buffer).toBe(bytes.buffer)
  })

  test('half of a surrogate pair is not written', () => {
    const writer = new BincodeWriter()
    writer.string('a\ud800')
    expect(writer.failure).toBe('a text holds half of a surrogate pair, which UTF-8 cannot write')
  })
})
