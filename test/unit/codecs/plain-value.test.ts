import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encodeCbor } from '../../../src/codecs/cbor/cbor.ts'
import { encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { decodePlainValue } from '../../../src/codecs/plain-value.ts'

const cbor = (value: unknown): Uint8Array => {
  const encoded = encodeCbor(value)
  if (!encoded.ok) throw new Error(encoded.reason)
  return encoded.bytes
}

describe('decodePlainValue', () => {
  test.each([
    ['a JSON object', Buffer.from('{"x":1}'), { codec: 'json', value: { x: 1 }, canonical: true }],
    ['a JSON array with spaces', Buffer.from('[1, 2]'), { codec: 'json', value: [1, 2], canonical: false }],
    ['a CBOR map', cbor({ x: 1 }), { codec: 'cbor', value: { x: 1 }, canonical: false }],
    ['text', Buffer.from('[INFO] grüße'), { codec: 'text', value: '[INFO] grüße', canonical: true }],
    ['an empty value', Buffer.of(), { codec: 'text', value: '', canonical: true }],
    ['JSON with an event_type only', Buffer.from('{"event_type":"click"}'), { codec: 'json' }],
  ])('decodes %s', (_, bytes, expected) => {
    expect(decodePlainValue(bytes)).toMatchObject(expected)
  })

  test.each([
    ['bytes that are not text', Buffer.of(0xff, 1, 2)],
    ['text with control characters', Buffer.from('a\u0000b')],
    ['a truncated JSON envelope', Buffer.from(' {"event_type":"OrderPlaced.v1","data":{')],
    ['a JSON envelope with an invalid version', Buffer.from('{"event_type":"X","event_version":"1","data":{}}')],
    ['a CBOR envelope with invalid metadata', cbor({ event_type: 'X', data: Buffer.of(1), metadata: 7 })],
  ])('does not take %s for a plain value', (_, bytes) => {
    expect(decodePlainValue(bytes)).toBeUndefined()
  })

  test('with a codec, takes no value in another codec', () => {
    expect(decodePlainValue(Buffer.from('{"x":1}'), 'cbor')).toBeUndefined()
    expect(decodePlainValue(Buffer.from('{"x":1}'), 'text')).toBeUndefined()
    expect(decodePlainValue(Buffer.from('7'), 'json')).toMatchObject({ codec: 'json', value: 7 })
  })

  test('never takes a truncated bincode envelope for a plain value', () => {
    const envelope = fc
      .record({
        eventType: fc.string({ minLength: 1 }),
        eventVersion: fc.constant(1),
        data: fc.oneof(
          fc.json().map((json) => Buffer.from(json)),
          fc.uint8Array({ maxLength: 20 }),
        ),
      })
      .map((event) => encodeEnvelope({ ...event, metadata: null }, 'bincode'))
    fc.assert(
      fc.property(envelope, fc.double({ min: 0, max: 1, noNaN: true }), (encoded, part) => {
        if (!encoded.ok) return
        const kept = 1 + Math.floor(part * (encoded.bytes.length - 2))
        if (kept >= 2) expect(decodePlainValue(encoded.bytes.subarray(0, kept))).toBeUndefined()
      }),
    )
  })
})
