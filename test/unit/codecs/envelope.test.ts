import { describe, expect, test } from 'vitest'
import type { SerializedEvent } from '../../../src/bus/event.ts'
import { decodeCbor, encodeCbor } from '../../../src/codecs/cbor/cbor.ts'
import { decodeEnvelope, encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { vector } from './support/vectors.ts'

const json = (text: string) => decodeEnvelope(Buffer.from(text))
const hex = (text: string) => decodeEnvelope(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const event: SerializedEvent = { eventType: 'A.v2', eventVersion: 2, data: Uint8Array.of(1, 2), metadata: null }

function eventIn(decoded: ReturnType<typeof decodeEnvelope>): SerializedEvent {
  if (!decoded.ok) throw new Error(decoded.reason)
  // toEqual would distinguish a Buffer from a Uint8Array.
  return { ...decoded.event, data: Uint8Array.from(decoded.event.data) }
}

function written(one: SerializedEvent, format: 'bincode' | 'cbor'): Uint8Array {
  const encoded = encodeEnvelope(one, format)
  if (!encoded.ok) throw new Error(encoded.reason)
  return encoded.bytes
}

describe('the layout of a bincode envelope', () => {
  test('the layout of a bincode envelope is decided by the version in the event type when W2 data of four zeros also match W3', () => {
    expect(decodeEnvelope(vector('w2_zeros_4'))).toMatchObject({ format: 'bincode-w2', guessed: true })
    const v4 = Buffer.from(vector('w2_zeros_4').toString('latin1').replace('.v1', '.v4'), 'latin1')
    expect(decodeEnvelope(v4)).toMatchObject({
      format: 'bincode-w3',
      guessed: true,
      event: { eventVersion: 4, data: { length: 0 } },
    })
  })

  test('the layout of a bincode envelope is W3 when the version contradicts the event type but no other layout matches', () => {
    expect(decodeEnvelope(vector('w3_disagrees'))).toMatchObject({ format: 'bincode-w3', guessed: false })
  })

  test.each(['w2_zeros_5', 'w2_zeros'])(
    'the layout of a bincode envelope is W2 for %s, which Rust reads as W3 by ignoring trailing bytes',
    (name) => {
      expect(decodeEnvelope(vector(name))).toMatchObject({ format: 'bincode-w2', guessed: false })
    },
  )

  test.each(['w3_meta', 'w2_meta', 'w1_meta'])(
    'a bincode envelope does not decode when %s has a byte more or less',
    (name) => {
      const bytes = vector(name)
      expect(decodeEnvelope(Buffer.concat([bytes, Buffer.from([0])])).ok).toBe(false)
      for (let length = 0; length < bytes.length; length += 1) {
        expect(decodeEnvelope(bytes.subarray(0, length)).ok).toBe(false)
      }
    },
  )

  test('the layout of a bincode envelope is not W1 when a metadata field occurs twice, which serde_json never writes', () => {
    const meta = vector('w1_meta')
      .toString('latin1')
      .replace('\u0007\0\0\0\0\0\0\0saga_id', '\u000e\0\0\0\0\0\0\0correlation_id')
    expect(decodeEnvelope(Buffer.from(meta, 'latin1')).ok).toBe(false)
  })

  test('a bincode envelope is read without copying the data', () => {
    const bytes = Uint8Array.from(vector('w3_debug_type'))
    const decoded = decodeEnvelope(bytes)
    expect(decoded.ok && decoded.event.data.buffer).toBe(bytes.buffer)
  })
})

describe('bytes that are not an envelope', () => {
  test.each([
    ['no bytes', '', 'not an envelope: the value is empty'],
    ['letters', Buffer.from('user-123 logged in').toString('hex'), 'not an envelope: not bincode (length '],
    [
      'a short record',
      '00000000',
      'not an envelope: not bincode (8 bytes are needed at byte 0, but 4 are left), not CBOR, not JSON',
    ],
    ['an array in JSON', Buffer.from('[1]').toString('hex'), 'not an envelope: not bincode ('],
    ['an empty map in CBOR', 'a0', 'not an envelope: CBOR without a string event_type'],
    ['a map of numbers in CBOR', 'a1 01 02', 'not an envelope: CBOR without a string event_type'],
    ['a truncated map in CBOR', 'a2 01 02', 'not an envelope: not bincode ('],
  ])('bytes that are not an envelope get a reason on one line: %s', (_, bytes, reason) => {
    const decoded = hex(bytes)
    expect(decoded.ok || decoded.reason).toContain(reason)
    expect(decoded.ok || decoded.reason).not.toContain('\n')
  })

  test.each([
    ['{}', 'JSON without a string event_type'],
    ['{"event_type":1,"data":[]}', 'JSON without a string event_type'],
    ['{"event_type":"\\ud800","data":[]}', 'JSON without a string event_type'],
    ['{"event_type":"A"}', 'JSON without data'],
    ['{"event_type":"A","data":[],"event_version":"1"}', 'JSON with an event_version that is not a 32-bit integer'],
    ['{"event_type":"A","data":[],"event_version":1.5}', 'JSON with an event_version that is not a 32-bit integer'],
    [
      '{"event_type":"A","data":[],"event_version":2147483648}',
      'JSON with an event_version that is not a 32-bit integer',
    ],
    ['{"event_type":"A","data":[],"event_version":null}', 'JSON with an event_version that is not a 32-bit integer'],
    ['{"event_type":"A","data":[],"metadata":"x"}', 'JSON with metadata that is not a map'],
    ['{"event_type":"A","data":[],"metadata":[]}', 'JSON with metadata that is not a map'],
    ['{"event_type":"A","data":[],}', ', not JSON'],
  ])('bytes that are not an envelope get a reason for the JSON %s', (written, reason) => {
    const decoded = json(written)
    expect(decoded.ok || decoded.reason).toContain(reason)
  })

  test('bytes that are not an envelope are not quoted in the reason', () => {
    const decoded = json('{"event_type": \u001b[31m')
    expect(decoded.ok || decoded.reason).toMatch(/^[\x20-\x7e]+$/)
  })
})

describe('JSON envelopes', () => {
  test('JSON envelopes take the version from the event type when it is absent', () => {
    expect(eventIn(json('{"event_type":"A.v7","data":[1]}')).eventVersion).toBe(7)
    expect(eventIn(json('{"event_type":"A.v7","event_version":-3,"data":[1]}')).eventVersion).toBe(-3)
    expect(Object.is(eventIn(json('{"event_type":"A","event_version":-0,"data":[]}')).eventVersion, 0)).toBe(true)
  })

  test.each([
    ['[1,2,255]', '\u0001\u0002\xff'],
    ['[]', ''],
    ['[1,256]', '[1,256]'],
    ['[1.5]', '[1.5]'],
    ['{"id" : 12345678901234567890, "rate": 1.50}', '{"id":12345678901234567890,"rate":1.5}'],
    [' "a\\"}b" ', '"a\\"}b"'],
    ['null', 'null'],
    ['{"data":{"data":[1,{"x":"]"}]},"metadata":1}', '{"data":{"data":[1,{"x":"]"}]},"metadata":1}'],
    ['"é🦀"', Buffer.from('"é🦀"').toString('latin1')],
  ])('JSON envelopes keep the data %s', (data, expected) => {
    for (const around of [
      `{"event_type":"A","data":${data},"metadata":null}`,
      ` {"metadata" : {"a":{"data":1}} , "d\\u0061ta" :\n${data}\t, "event_type":"A"}\n`,
      `{"data":7,"event_type":"A","data":${data}}`,
    ]) {
      expect(Buffer.from(eventIn(json(around)).data).toString('latin1')).toBe(expected)
    }
  })

  test('JSON envelopes have four known metadata fields and keep others as extra', () => {
    const metadata = {
      correlation_id: 'c',
      causation_id: null,
      user_id: 5,
      timestamp: 't',
      saga_id: 's',
      none: null,
      deep: { a: [1] },
    }
    expect(eventIn(json(JSON.stringify({ event_type: 'A', data: [], metadata }))).metadata).toEqual({
      correlationId: 'c',
      timestamp: 't',
      extra: { user_id: 5, saga_id: 's', none: null, deep: { a: [1] } },
    })
  })

  test('JSON envelopes treat names of Object.prototype like other names', () => {
    const decoded = json(
      '{"event_type":"A","data":[],"metadata":{"__proto__":{"a":1},"constructor":"c","toString":"t"}}',
    )
    const { metadata } = eventIn(decoded)
    expect(Object.entries(metadata?.extra ?? {})).toEqual([
      ['__proto__', { a: 1 }],
      ['constructor', 'c'],
      ['toString', 't'],
    ])
    expect(({} as { a?: number }).a).toBeUndefined()
    expect(json('{"__proto__":{"event_type":"A","data":[]}}').ok).toBe(false)
  })
})

describe('CBOR envelopes', () => {
  const cbor = (value: unknown) => {
    const encoded = encodeCbor(value)
    if (!encoded.ok) throw new Error(encoded.reason)
    return decodeEnvelope(encoded.bytes)
  }

  test('CBOR envelopes have data as bytes, as numbers, or as any value in its encoded bytes', () => {
    expect(eventIn(cbor({ event_type: 'A', data: Buffer.from([1, 2]) })).data).toEqual(Uint8Array.of(1, 2))
    expect(eventIn(cbor({ event_type: 'A', data: [1, 2] })).data).toEqual(Uint8Array.of(1, 2))
    const nested = eventIn(cbor({ event_type: 'A', data: { a: [1.5, 2n ** 60n] }, metadata: { data: 1 } })).data
    expect(decodeCbor(nested)).toEqual({ ok: true, value: { a: [1.5, 2n ** 60n] } })
  })

  test('CBOR envelopes keep the bytes of their data', () => {
    // {event_type: "A", data: {v: [undefined, -0.0 as a half float, tag 32 "foo"]}}, after the self-described CBOR tag
    const data = 'a1 61 76 83 f7 f98000 d82063666f6f'.replaceAll(' ', '')
    const bytes = Buffer.from(`d9d9f7a26a6576656e745f7479706561416464617461${data}`, 'hex')
    expect(Buffer.from(eventIn(decodeEnvelope(bytes)).data).toString('hex')).toBe(data)
  })

  test('CBOR envelopes may have indefinite length and the self-described CBOR tag', () => {
    // {_ "event_type": "A", "data": 1.5}
    const open = 'bf 6a6576656e745f74797065 6141 6464617461 fb3ff8000000000000 ff'
    for (const bytes of [open, `d9d9f7 ${open}`]) {
      const decoded = hex(bytes)
      expect(decoded).toMatchObject({ ok: true, format: 'cbor' })
      expect(Buffer.from(eventIn(decoded).data).toString('hex')).toBe('fb3ff8000000000000')
    }
  })

  test('CBOR envelopes may have a tagged date as timestamp', () => {
    const at = new Date('2025-11-21T06:26:20.123Z')
    expect(eventIn(cbor({ event_type: 'A', data: [], metadata: { timestamp: at, seen: at } })).metadata).toEqual({
      timestamp: '2025-11-21T06:26:20.123Z',
      extra: { seen: at },
    })
  })
})

describe('encodeEnvelope', () => {
  test.each(['bincode', 'cbor'] as const)('writes %s that decodeEnvelope reads', (format) => {
    const events: SerializedEvent[] = [
      event,
      { eventType: '', eventVersion: -(2 ** 31), data: new Uint8Array(), metadata: {} },
      {
        eventType: '注文🦀'.repeat(50),
        eventVersion: 2 ** 31 - 1,
        data: new Uint8Array(70_000).fill(7),
        metadata: { userId: 'é' },
      },
      { ...event, metadata: { correlationId: '', causationId: 'x'.repeat(200), userId: 'u', timestamp: 't' } },
      { ...event, metadata: { extra: {} } },
      { ...event, metadata: { extra: { gone: undefined } } },
    ]
    for (const one of events) {
      const { metadata } = one
      const wanted = metadata === null ? null : { ...metadata, extra: undefined }
      expect(eventIn(decodeEnvelope(written(one, format)))).toEqual({ ...one, metadata: wanted })
    }
  })

  test('writes to CBOR the metadata that bincode cannot hold', () => {
    const extra = { saga_id: 's', tries: 3, at: new Date(0), deep: { __proto__x: [null, true] }, big: 2n ** 63n }
    const rich = { ...event, metadata: { correlationId: 'c', extra } }
    expect(encodeEnvelope(rich, 'bincode')).toEqual({
      ok: false,
      reason: 'a bincode envelope cannot hold the metadata saga_id, tries, at, deep, big; use a CBOR envelope',
    })
    expect(eventIn(decodeEnvelope(written(rich, 'cbor')))).toEqual(rich)
  })

  test('names the fields of CBOR as the Rust struct does', () => {
    const decoded = decodeCbor(written({ ...event, metadata: { userId: 'u', extra: { saga_id: 's' } } }, 'cbor'))
    expect(decoded.ok && decoded.value).toEqual({
      event_type: 'A.v2',
      event_version: 2,
      data: Uint8Array.of(1, 2),
      metadata: { user_id: 'u', saga_id: 's' },
    })
  })

  test.each([2 ** 31, -(2 ** 31) - 1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses version %d', (version) => {
    for (const format of ['bincode', 'cbor'] as const) {
      const reason = `event_version ${version} is not a 32-bit integer`
      expect(encodeEnvelope({ ...event, eventVersion: version }, format)).toEqual({ ok: false, reason })
    }
  })

  test('refuses a lone surrogate', () => {
    const broken = '\ud83e'
    for (const format of ['bincode', 'cbor'] as const) {
      const refused = [
        encodeEnvelope({ ...event, eventType: broken }, format),
        encodeEnvelope({ ...event, eventType: broken.padEnd(100) }, format),
        encodeEnvelope({ ...event, metadata: { timestamp: broken } }, format),
      ]
      for (const one of refused) expect(one.ok || one.reason).toContain('lone surrogate')
    }
    expect(encodeEnvelope({ ...event, metadata: { extra: { [broken]: 1 } } }, 'cbor').ok).toBe(false)
  })

  test('refuses metadata with one name for two values', () => {
    const twice = { ...event, metadata: { userId: 'u', extra: { user_id: 5 } } }
    expect(encodeEnvelope(twice, 'cbor')).toEqual({
      ok: false,
      reason: 'metadata has user_id twice, once among the extra fields',
    })
    const once = { ...event, metadata: { extra: { user_id: 5 } } }
    expect(eventIn(decodeEnvelope(written(once, 'cbor')))).toEqual(once)
  })

  test('refuses values that CBOR cannot represent', () => {
    const encoded = encodeEnvelope({ ...event, metadata: { extra: { f: () => 1 } } }, 'cbor')
    expect(encoded).toEqual({ ok: false, reason: 'cannot be encoded as CBOR: Unknown type: function' })
  })
})
