import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeEnvelope, encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { decodePayload, encodePayload, payloadCodecs } from '../../../src/codecs/payload.ts'
import { viewOf } from '../../../src/operations/events/event-view.ts'
import { RecordJsonWriter } from '../../../src/ui/records/record-json-writer.ts'

/** Seeded random integers, fast enough for millions of inputs (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const record = { topic: 't', partition: 0, offset: 0n, timestamp: 0n, key: null, headers: [] }
const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const event = fc.record({
  eventType: text,
  eventVersion: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  data: fc.uint8Array({ maxLength: 60 }),
  metadata: fc.option(
    fc.record({ correlationId: text, causationId: text, userId: text, timestamp: text }, { requiredKeys: [] }),
  ),
})

describe('codecs', () => {
  test('codecs decode every event that they encode, in both envelopes', () => {
    fc.assert(
      fc.property(event, fc.constantFrom('bincode' as const, 'cbor' as const), (sent, format) => {
        const encoded = encodeEnvelope(sent, format)
        if (!encoded.ok) throw new Error(encoded.reason)
        const decoded = decodeEnvelope(encoded.bytes)
        // Bytes that also match an earlier layout decode in that layout when the version contradicts the type.
        if (decoded.ok && decoded.format === 'bincode-w3') {
          const again = encodeEnvelope(decoded.event, 'bincode')
          expect(again.ok && Buffer.from(again.bytes).equals(encoded.bytes)).toBe(true)
        }
        expect(decoded.ok).toBe(true)
        if (decoded.ok) expect(decoded.event.eventType).toBe(sent.eventType)
      }),
      { numRuns: 5000 },
    )
  })

  test('codecs never throw on two million random and mutated inputs', { timeout: 120_000 }, () => {
    const seeds = fc.sample(event, { numRuns: 200, seed: 7 }).flatMap((sent) =>
      (['bincode', 'cbor'] as const).map((format) => {
        const encoded = encodeEnvelope(sent, format)
        if (!encoded.ok) throw new Error(encoded.reason)
        return encoded.bytes
      }),
    )
    const random = numbers(20261124)
    const writer = new RecordJsonWriter()
    let tried = 0
    const attempt = (bytes: Uint8Array) => {
      tried += 1
      writer.write(viewOf({ ...record, value: bytes }))
      decodePayload(bytes)
    }
    for (let round = 0; round < 1_000_000; round += 1) {
      const mutated = Uint8Array.from(seeds[random(seeds.length)] as Uint8Array)
      for (let changes = 1 + random(4); changes > 0; changes -= 1) mutated[random(mutated.length)] = random(256)
      attempt(random(4) === 0 ? mutated.subarray(0, random(mutated.length)) : mutated)
      const noise = new Uint8Array(random(40))
      for (let at = 0; at < noise.length; at += 1) noise[at] = random(256)
      attempt(noise)
    }
    expect(tried).toBe(2_000_000)
  })

  test('codecs never throw with a given payload codec', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom(...payloadCodecs), (bytes, codec) => {
        const decoded = decodePayload(bytes, codec)
        if (decoded.ok) encodePayload(decoded.value, codec)
      }),
      { numRuns: 50_000 },
    )
  })

  test('codecs detect the codec of a payload', () => {
    const detected = (bytes: Uint8Array) => {
      const decoded = decodePayload(bytes)
      return decoded.ok && decoded.codec
    }
    expect(detected(Buffer.from('{"a":1}'))).toBe('json')
    expect(detected(Buffer.from('hello'))).toBe('text')
    expect(detected(Buffer.from('a16161 01'.replace(' ', ''), 'hex'))).toBe('cbor')
    // Variant 3 of a Rust enum.
    expect(detected(Buffer.from('030000000700000000000000', 'hex'))).toBe('bytes')
    // Variants 123 and 91 start like JSON, 130 and 160 like CBOR.
    for (const variant of [123, 91, 130, 160]) expect(detected(Uint8Array.of(variant, 0, 0, 0, 1))).toBe('bytes')
  })

  test('codecs encode whole numbers as integers for Rust, and preserve 64 bits', () => {
    const encoded = encodePayload({ ms: 1_700_000_000_000, big: 2n ** 63n - 1n }, 'cbor')
    expect(encoded.ok && Buffer.from(encoded.bytes).toString('hex')).toBe(
      'a2626d731b0000018bcfe56800636269671b7fffffffffffffff',
    )
    const decoded = encoded.ok && decodePayload(encoded.bytes, 'cbor')
    expect(decoded).toMatchObject({ ok: true, value: { big: 2n ** 63n - 1n } })
  })
})
