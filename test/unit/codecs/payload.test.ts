import { describe, expect, test } from 'vitest'
import { decodePayload, encodePayload, type PayloadCodec } from '../../../src/codecs/payload.ts'

const detected = (bytes: Uint8Array) => {
  const decoded = decodePayload(bytes)
  return decoded.ok ? [decoded.codec, decoded.value, decoded.canonical] : [decoded.reason]
}
const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')

describe('decodePayload without a codec', () => {
  test.each<[string, unknown, boolean]>([
    ['{"a":1}', { a: 1 }, true],
    ['[1,2]', [1, 2], true],
    ['{}', {}, true],
    [' {"a":1}', { a: 1 }, false],
    ['\n[1]\n', [1], false],
    ['{"a": 1}', { a: 1 }, false],
    ['{"a":1.0}', { a: 1 }, false],
    ['{"a":9007199254740993}', { a: 9007199254740993n }, false],
    ['{"b":1,"1":2}', { b: 1, 1: 2 }, false],
    ['{"a":1,"a":2}', { a: 2 }, false],
    ['{"a":"\\u00e9"}', { a: 'é' }, false],
    ['{"a":"\u007f\u0085"}', { a: '\u007f\u0085' }, true],
    ['{"__proto__":1}', JSON.parse('{"__proto__":1}'), true],
  ])('detects JSON in %j', (text, value, canonical) => {
    expect(detected(Buffer.from(text))).toEqual(['json', value, canonical])
  })

  test.each([
    'hello',
    '42',
    '"quoted"',
    'null',
    'é🦀\tx\r\n',
    '{"a":',
    '[1,',
    '\ufeff{}',
    ' ',
    'I ate it',
    `${'['.repeat(600)}${']'.repeat(600)}`,
  ])('detects text in %j', (text) => {
    expect(detected(Buffer.from(text))).toEqual(['text', text, true])
  })

  test.each<[string, unknown]>([
    ['a1 6161 01', { a: 1 }],
    ['bf 6161 01 ff', { a: 1 }],
    ['82 01 02', [1, 2]],
    ['9f 01 ff', [1]],
    ['a0', {}],
    ['b8 01 6161 01', { a: 1 }],
    ['d9d9f7 a1 6161 01', { a: 1 }],
    ['a1 6161 a1 01 02', { a: { 1: 2 } }],
  ])('detects CBOR in %s', (hex, value) => {
    expect(detected(bytes(hex))).toEqual(['cbor', value, false])
  })

  test.each([
    ['nothing', ''],
    ['a variant alone', '00000000'],
    ['variant 3', '03000000 0700000000000000 6f726465722d31'],
    ['variant 123, a brace', '7b000000 7d'],
    ['variant 32, a space', '20000000'],
    ['variant 128, an empty CBOR array', '80000000'],
    ['variant 131, three zeros in CBOR', '83000000'],
    ['variant 161', 'a1000000 00'],
    ['variant 65, an A', '41000000 4142'],
    ['variant 0x0141', '41010000 4142'],
    ['two bytes', '4100'],
    ['a number in CBOR', '18ff'],
    ['CBOR with a trailing byte', 'a1 6161 01 00'],
    ['CBOR with text that is not UTF-8', 'a1 61ff 01'],
    ['bytes that are not UTF-8', 'ff fe 41'],
    ['text with a control character', '41 42 1b 43'],
    ['text with delete', '41 7f'],
    ['text with a control character of two bytes', '41 c2 85'],
    ['an incomplete character', '41 c3'],
    ['JSON that is not UTF-8', '5b 22 ff 22 5d'],
  ])('detects no encoding in %s', (_, hex) => {
    expect(detected(bytes(hex))).toEqual(['bytes', bytes(hex), false])
  })
})

describe('decodePayload with a codec', () => {
  test.each<[PayloadCodec, string, unknown, boolean]>([
    ['json', '34 32', 42, true],
    ['json', '22 61 22', 'a', true],
    ['cbor', '18ff', 255, false],
    ['cbor', '00000000'.slice(0, 2), 0, false],
    ['cbor', 'a1 01 02', { 1: 2 }, false],
    ['text', '41 00', 'A\0', true],
    ['text', '', '', true],
    ['bytes', '7b 7d', bytes('7b7d'), false],
  ])('decodes %s %s', (codec, hex, value, canonical) => {
    expect(decodePayload(bytes(hex), codec)).toEqual({ ok: true, codec, value, canonical })
  })

  test.each<[PayloadCodec, string, string]>([
    ['json', '03000000', 'not JSON'],
    ['json', '', 'not JSON'],
    ['cbor', '03000000', 'not CBOR: 3 bytes are left over at byte 1'],
    ['text', 'ff', 'not text: not UTF-8'],
  ])('refuses as %s the bytes %s', (codec, hex, reason) => {
    const decoded = decodePayload(bytes(hex), codec)
    expect(decoded.ok || decoded.reason).toContain(reason)
  })
})

describe('encodePayload', () => {
  test.each<[PayloadCodec, unknown, string]>([
    ['json', { a: 5n, b: new Date(0) }, Buffer.from('{"a":5,"b":"1970-01-01T00:00:00.000Z"}').toString('hex')],
    ['json', null, '6e756c6c'],
    ['cbor', { a: 1 }, 'a1616101'],
    ['text', 'é', 'c3a9'],
    ['bytes', Uint8Array.of(1, 2), '0102'],
    ['bytes', 'AQI=', '0102'],
    ['bytes', 'AQI', '0102'],
    ['bytes', '', ''],
  ])('encodes as %s %o', (codec, value, hex) => {
    const encoded = encodePayload(value, codec)
    expect(encoded.ok && Buffer.from(encoded.bytes).toString('hex')).toBe(hex)
  })

  test.each<[PayloadCodec, unknown, string]>([
    ['json', undefined, 'the value cannot be represented in JSON'],
    ['json', () => 1, 'the value cannot be represented in JSON'],
    ['cbor', () => 1, 'cannot be encoded as CBOR'],
    ['text', 5, 'not a string'],
    ['text', '\ud800', 'lone surrogate, which UTF-8 cannot encode'],
    ['bytes', 'A', 'not base64'],
    ['bytes', 'A===', 'not base64'],
    ['bytes', 'AQ I=', 'not base64'],
    ['bytes', { base64: 'AQI=' }, 'not base64'],
  ])('refuses as %s %j', (codec, value, reason) => {
    const encoded = encodePayload(value, codec)
    expect(encoded.ok || encoded.reason).toContain(reason)
  })
})
