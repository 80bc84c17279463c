import { expect, test } from 'vitest'
import { serializedEvent } from '../../../src/bus/event.ts'
import { encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { viewOf } from '../../../src/operations/events/event-view.ts'
import { recordRow } from '../../../src/ui/records/record-row.ts'

const position = {
  topic: 'order-events',
  partition: 0,
  offset: 7n,
  timestamp: BigInt(new Date(2026, 10, 23, 10, 0, 0, 5).getTime()),
  key: Buffer.from('k'),
  headers: [['trace\u001b', Buffer.from([0xff])]] as const,
}
const rowOf = (value: Uint8Array | null) => recordRow(viewOf({ ...position, value }), 'local')

test('shows an event on one line, and all its fields and its indented payload in the detail', () => {
  const event = serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-1\\u001b","total":5}'))
  const encoded = encodeEnvelope({ ...event, metadata: { correlationId: 'c-42' } }, 'bincode')
  const row = rowOf(encoded.ok ? encoded.bytes : null)
  expect(row).toMatchObject({ key: 'order-events[0]@7', time: '10:00:00.005', type: 'OrderPlaced.v1', isDecoded: true })
  expect(row.text).toBe('{"order_id":"o-1\\u001b","total":5}  correlation_id=c-42')
  const lines = row.detail()
  expect(lines.slice(-4)).toEqual(['{', '  "order_id": "o-1\\u001b",', '  "total": 5', '}'])
  expect(lines).toContain('header          trace\\x1b = 0xff')
  expect(lines).toContain('correlation_id  c-42')
  expect(lines).toContain('event type      OrderPlaced.v1')
})

test('shows a tombstone, and the bytes of an undecodable record', () => {
  expect(rowOf(null)).toMatchObject({ type: 'tombstone', isDecoded: false, bytes: 1 })
  expect(rowOf(null).detail().at(-1)).toBe('value           null: a tombstone, which deletes the key')
  const odd = rowOf(Buffer.from([0xff, 0x00, 0x41]))
  expect(odd).toMatchObject({ type: 'undecodable', isDecoded: false })
  expect(odd.detail().at(-1)).toMatch(/^00000000 {2}ff 00 41 +\.\.A$/)
})
