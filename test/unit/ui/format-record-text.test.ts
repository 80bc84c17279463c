import { expect, test } from 'vitest'
import type { EventMetadata } from '../../../src/bus/event.ts'
import { serializedEvent } from '../../../src/bus/event.ts'
import { encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { viewOf } from '../../../src/operations/events/event-view.ts'
import { payloadText, textFormatter } from '../../../src/ui/records/format-record-text.ts'

/** 10:00 in the local time zone of the tests. */
const ten = BigInt(new Date(2026, 10, 23, 10).getTime())

function record(data: string | Uint8Array, metadata: EventMetadata | null = null, timestamp = ten) {
  const event = serializedEvent('OrderPlaced.v1', typeof data === 'string' ? Buffer.from(data) : data, metadata)
  const encoded = encodeEnvelope(event, 'bincode')
  const value = encoded.ok ? Buffer.from(encoded.bytes) : null
  return viewOf({ topic: 'order-events', partition: 2, offset: 7n, timestamp, key: null, value, headers: [] })
}

test('writes one line with the day to a pipe', () => {
  const format = textFormatter({ color: false, columns: undefined })
  const line = format(record('{"id":1}', { correlationId: 'c 1', userId: 'u', timestamp: '2020-01-01T00:00:00Z' }))
  const metadata = 'correlation_id="c 1" user_id=u timestamp=2020-01-01T00:00:00Z'
  expect(line).toBe(`2026-11-23 10:00:00.000 order-events[2]@7 OrderPlaced.v1 {"id":1} ${metadata}\n`)
})

test('writes the timestamp of the publisher only when it differs from that of the record', () => {
  const format = textFormatter({ color: false, columns: undefined })
  const timestamp = new Date(Number(ten) + 20).toISOString()
  expect(format(record('{}', { timestamp }))).toBe('2026-11-23 10:00:00.000 order-events[2]@7 OrderPlaced.v1 {}\n')
})

test('writes each day once, on a separate line, to a terminal', () => {
  const format = textFormatter({ color: false, columns: 100 })
  const day = 86_400_000n
  expect([ten, ten, ten + day].map((time) => format(record('{}', null, time)))).toEqual([
    '── 2026-11-23 ──\n10:00:00.000 order-events[2]@7 OrderPlaced.v1 {}\n',
    '10:00:00.000 order-events[2]@7 OrderPlaced.v1 {}\n',
    '── 2026-11-24 ──\n10:00:00.000 order-events[2]@7 OrderPlaced.v1 {}\n',
  ])
})

test('breaks a payload that is wider than two lines of the terminal into lines', () => {
  const format = textFormatter({ color: false, columns: 40 })
  const lines = format(record(JSON.stringify({ id: 'x'.repeat(60), n: 1 }))).split('\n')
  expect(lines.slice(2)).toEqual(['  {', `    "id": "${'x'.repeat(60)}",`, '    "n": 1', '  }', ''])
})

test('writes a guess at bincode without a schema', () => {
  const uuid = Buffer.from('550e8400e29b41d4a716446655440000', 'hex')
  const length = (size: number) => Buffer.from([size, 0, 0, 0, 0, 0, 0, 0])
  const data = Buffer.concat([
    Buffer.from([3, 0, 0, 0]),
    length(3),
    Buffer.from('o-1'),
    Buffer.from([7, 0, 0, 0]),
    length(16),
    uuid,
  ])
  const line = textFormatter({ color: false, columns: undefined })(record(data))
  expect(line).toContain('guess(variant 3, "o-1", 550e8400-e29b-41d4-a716-446655440000, 43 bytes)')
})

test('writes bytes that do not start like an enum as hex', () => {
  const line = textFormatter({ color: false, columns: undefined })(record(Uint8Array.of(0xff, 0xfe, 0xfd, 0xfc, 1)))
  expect(line).toContain('0xfffefdfc01')
})

test.each([
  ['text', 'plain text'],
  ['JSON', '{"a":1}'],
])('writes a value that is not an event as %s', (_, text) => {
  const bare = viewOf({ ...record(Buffer.from(text)).record, value: Buffer.from(text) })
  const line = textFormatter({ color: false, columns: undefined })(bare)
  expect(line).toMatch(/ undecodable not an envelope: .* /)
  expect(line.endsWith(` ${text}\n`)).toBe(true)
  expect(payloadText(bare)).toBe(text)
})
