import { describe, expect, test } from 'vitest'
import { BincodeReader, BincodeWriter } from '../../../src/codecs/bincode.ts'

const reading = (hex: string) => new BincodeReader(Buffer.from(hex.replaceAll(' ', ''), 'hex'))
const u64 = (value: bigint) => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64LE(value)
  return bytes.toString('hex')
}

describe('BincodeReader.failure', () => {
  test.each<[string, string, (reader: BincodeReader) => unknown, string]>([
    ['an invalid option tag', '02', (from) => from.some(), 'option tag 2 at byte 0 is neither 0 nor 1'],
    ['too few bytes', '00 00 00', (from) => from.i32(), '4 bytes are needed at byte 0, but 3 are left'],
    ['bytes left over', '00 00 00', (from) => [from.some(), from.end()], '2 bytes are left over at byte 1'],
    [
      'a length beyond the end',
      `${u64(4n)} 00 00 00`,
      (from) => from.bytes(),
      'length 4 at byte 0 is more than the 3 bytes left',
    ],
    [
      'a count beyond the end',
      `${u64(2n)} 00 00 00`,
      (from) => from.length(2),
      'length 2 at byte 0 is more than the 3 bytes left',
    ],
    [
      'the largest length',
      `${u64(2n ** 64n - 1n)} 00`,
      (from) => from.string(),
      'length 18446744073709552000 at byte 0 is more than the 1 bytes left',
    ],
    ['invalid UTF-8', `${u64(2n)} c3 28`, (from) => from.string(), 'the string at byte 8 is not UTF-8'],
    ['a surrogate in UTF-8', `${u64(3n)} ed a0 80`, (from) => from.string(), 'the string at byte 8 is not UTF-8'],
    ['overlong UTF-8', `${u64(2n)} c0 80`, (from) => from.repeatedString(), 'the string at byte 8 is not UTF-8'],
  ])('names %s', (_, hex, read, reason) => {
    const reader = reading(hex)
    read(reader)
    expect(reader.failure).toContain(reason)
  })

  test('keeps the first failure, after which reads return empty values', () => {
    const reader = reading(`07 ${u64(1n)} 41 00 00 00 00`)
    reader.some()
    const first = reader.failure
    expect([reader.i32(), reader.some(), reader.length()]).toEqual([0, false, 0])
    expect([reader.string(), reader.repeatedString()]).toEqual(['', ''])
    expect(reader.bytes()).toHaveLength(0)
    reader.end()
    expect(first).toBe('option tag 7 at byte 0 is neither 0 nor 1')
    expect(reader.failure).toBe(first)
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

  test.each(texts)('string and repeatedString read %j', (text) => {
    const writer = new BincodeWriter(0)
    writer.string(text)
    writer.string('end')
    const bytes = writer.finish()
    for (let round = 0; round < 2; round += 1) {
      for (const how of ['string', 'repeatedString'] as const) {
        const reader = new BincodeReader(bytes)
        expect([reader[how](), reader[how]()]).toEqual([text, 'end'])
      }
    }
  })

  test('repeatedString distinguishes strings that share a slot of the cache', () => {
    const words = Array.from({ length: 5000 }, (_, index) => `Type${index}x`)
    for (const word of [...words, ...words.toReversed()]) {
      const writer = new BincodeWriter()
      writer.string(word)
      expect(new BincodeReader(writer.finish()).repeatedString()).toBe(word)
    }
  })

  test('bytes returns a view, not a copy', () => {
    const bytes = Buffer.from(`${u64(2n)}0102`, 'hex')
    expect(new BincodeReader(bytes).bytes().buffer).toBe(bytes.buffer)
  })
})
