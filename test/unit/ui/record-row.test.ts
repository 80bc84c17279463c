import { expect, test } from 'vitest'
import { serializedEvent } from '../../../src/bus/event.ts'
import { encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { viewOf } from '../../../src/operations/events/event-view.ts'
import { recordRow } from '../../../src/ui/records/record-row.ts'
import { prettyFormatter } from '../../../src/ui/records/text/format-record-pretty.ts'

const position = {
  topic: 'order-events',
  partition: 0,
  offset: 7n,
  timestamp: BigInt(new Date(2026, 10, 23, 10, 0, 0, 5).getTime()),
  key: Buffer.from('k'),
  headers: [['trace\u001b', Buffer.from([0xff])]] as const,
}
const style = { timeZone: 'local', now: () => Number(position.timestamp) + 192_000 } as const
const viewOfValue = (value: Uint8Array | null) => viewOf({ ...position, value })
const rowOf = (value: Uint8Array | null) => recordRow(viewOfValue(value), style)

test('shows an event on one line', () => {
  const event = serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-1\\u001b","total":5}'))
  const encoded = encodeEnvelope({ ...event, metadata: { correlationId: 'c-42' } }, 'bincode')
  const row = rowOf(encoded.ok ? encoded.bytes : null)
  expect(row).toMatchObject({ key: 'order-events[0]@7', time: '10:00:00.005', type: 'OrderPlaced.v1' })
  expect(row.isUndecodable).toBe(false)
  expect(row.text).toBe('{"order_id":"o-1\\u001b","total":5}  correlation_id=c-42')
})

test('shows a tombstone, an undecodable record and a value without an envelope by what they are', () => {
  expect(rowOf(null)).toMatchObject({ type: 'tombstone', isUndecodable: false, text: 'key=k', bytes: 1 })
  expect(rowOf(Buffer.from([0xff, 0x00, 0x41]))).toMatchObject({
    type: 'undecodable',
    isUndecodable: true,
    text: expect.stringMatching(/^not an envelope: .* 0xff0041$/),
  })
  expect(rowOf(Buffer.from('{"a":1}'))).toMatchObject({ type: 'json', isUndecodable: false, text: '{"a":1}' })
})

test('shows the lines of tail -o pretty in the detail', () => {
  const encoded = encodeEnvelope(serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-1"}')), 'bincode')
  for (const value of [encoded.ok ? encoded.bytes : null, null, Buffer.from([0xff]), Buffer.from('{"a":1}')]) {
    const pretty = prettyFormatter({ ...style, color: false })(viewOfValue(value))
    expect(`${rowOf(value).detail().join('\n')}\n\n`).toBe(pretty)
  }
})

test('limits the lines of the detail and their length', () => {
  const long = rowOf(Buffer.from(JSON.stringify(Array.from({ length: 6000 }, () => 'a')))).detail()
  expect(long).toHaveLength(5001)
  expect(long.at(-1)).toMatch(/^and \d+ more lines$/)
  expect(rowOf(Buffer.from(`{"a":"${'b'.repeat(100_010)}"}`)).detail()).toContainEqual(
    expect.stringMatching(/b… and \d+ more characters$/),
  )
})
