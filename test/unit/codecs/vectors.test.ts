import { describe, expect, test } from 'vitest'
import { decodeEnvelope, encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { vector } from './support/vectors.ts'

const decoded = (name: string) => {
  const found = decodeEnvelope(vector(name))
  if (!found.ok) throw new Error(`${name}: ${found.reason}`)
  return found
}

describe('envelopes written by Rust', () => {
  test.each([
    ['w3_none', 'OrderPlaced.v1', 1, '010203', null],
    [
      'w3_meta',
      'OrderPlaced.v2',
      2,
      '010203',
      { correlationId: 'corr-456', userId: 'user-123', timestamp: '2025-11-21T07:26:20Z' },
    ],
    ['w3_empty', '', 1, '', null],
    ['w3_empty_meta', 'A', 1, '00', {}],
    ['w3_neg_utf8', 'Événement.v1', -1, 'ff', {}],
    ['w3_debug_type', 'InventoryInventoryInitialized { event_id: EventId', 1, '07'.repeat(300), null],
  ])(
    'envelopes written by Rust decode in layout W3 and encode to the same bytes: %s',
    (name, eventType, eventVersion, data, metadata) => {
      const { format, guessed, event } = decoded(name)
      expect({ format, guessed }).toEqual({ format: 'bincode-w3', guessed: false })
      expect({ ...event, data: Buffer.from(event.data).toString('hex') }).toEqual({
        eventType,
        eventVersion,
        data,
        metadata,
      })
      const encoded = encodeEnvelope(event, 'bincode')
      expect(encoded.ok && Buffer.from(encoded.bytes).toString('hex')).toBe(vector(name).toString('hex'))
    },
  )

  test('envelopes written by Rust decode in layout W2, and are not taken for W3 when their data is zeros', () => {
    expect(decoded('w2_none')).toMatchObject({ format: 'bincode-w2', event: { eventVersion: 1, metadata: null } })
    expect(decoded('w2_meta')).toMatchObject({
      format: 'bincode-w2',
      event: { metadata: { correlationId: 'corr-456' } },
    })
    const { format, event } = decoded('w2_zeros')
    expect([format, event.data.length]).toEqual(['bincode-w2', 40])
  })

  test('envelopes written by Rust decode in layout W1 as a guess', () => {
    expect(decoded('w1_meta')).toMatchObject({
      format: 'bincode-w1',
      guessed: true,
      event: { metadata: { correlationId: 'c-1', extra: { saga_id: 's-1' } } },
    })
  })

  test('envelopes written by Rust are refused or decoded in another layout when truncated or extended', () => {
    for (const name of ['w3_none', 'w3_meta', 'w3_neg_utf8']) {
      const whole = vector(name)
      for (let cut = 0; cut < whole.length; cut += 1) {
        const found = decodeEnvelope(whole.subarray(0, cut))
        expect(found.ok && found.format === 'bincode-w3').toBe(false)
      }
      expect(decodeEnvelope(Buffer.concat([whole, Buffer.alloc(1)])).ok).toBe(false)
    }
  })
})
