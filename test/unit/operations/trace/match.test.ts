import { expect, test } from 'vitest'
import { serializedEvent } from '../../../../src/bus/event.ts'
import type { BusRecord } from '../../../../src/bus/record.ts'
import { encodeRecord } from '../../../../src/codecs/event-record.ts'
import { conversationTest } from '../../../../src/operations/trace/match.ts'

/** Returns a record that lacks its last byte. */
function damagedRecord(correlationId: string, format: 'bincode' | 'cbor'): BusRecord {
  const metadata = { correlationId, timestamp: '2026-11-23T09:00:00Z' }
  const encoded = encodeRecord(serializedEvent('OrderPlaced.v1', Buffer.from('{}'), metadata), format)
  if (!encoded.ok) throw new Error(encoded.reason)
  const { value, headers } = encoded
  return {
    topic: 'order-events',
    partition: 0,
    offset: 0n,
    timestamp: 0n,
    key: null,
    value: value.subarray(0, -1),
    headers,
  }
}

// The length of a text takes one, two or three bytes in CBOR.
const ids = ['checkout-1', '7c0ffee1-0000-4000-8000-000000000001', 'x'.repeat(300)]

test.each(['bincode', 'cbor'] as const)(
  'attributes a damaged envelope in %s to the conversation whose id it has',
  (format) => {
    for (const id of ids) {
      expect(conversationTest(id)(damagedRecord(id, format)), id).toBe(true)
      // An id that the id of the record begins or ends with is another one.
      for (const part of [id.slice(0, -1), id.slice(1)]) {
        expect(conversationTest(part)(damagedRecord(id, format)), part).toBe(false)
      }
    }
  },
)
