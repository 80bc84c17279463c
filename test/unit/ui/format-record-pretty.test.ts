import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { serializedEvent } from '../../../src/bus/event.ts'
import type { BusRecord } from '../../../src/bus/record.ts'
import { encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { viewOf } from '../../../src/operations/events/event-view.ts'
import { prettyFormatter } from '../../../src/ui/records/text/format-record-pretty.ts'

const at = Date.UTC(2026, 10, 23, 10)
const style = {
  color: false,
  timeZone: 'utc',
  now: () => at + 192_000,
} as const

function record(more: Partial<BusRecord> = {}): BusRecord {
  const metadata = { correlationId: 'c-42', userId: 'Ada L' }
  const event = serializedEvent('OrderPlaced.v1', Buffer.from('{"id":1,"lines":[{"sku":"a"}]}'), metadata)
  const encoded = encodeEnvelope(event, 'bincode')
  return {
    ...{
      topic: 'order-events',
      partition: 2,
      offset: 7n,
      timestamp: BigInt(at),
      key: Buffer.from('o-1'),
    },
    ...{
      value: encoded.ok ? encoded.bytes : null,
      headers: [['traceparent', Buffer.from('00-4bf9')]],
    },
    ...more,
  }
}

test('shows everything of an event, then its payload as indented JSON', () => {
  const own = record()
  expect(prettyFormatter(style)(viewOf(own))).toBe(`OrderPlaced.v1 order-events[2]@7
  topic      order-events
  partition  2
  offset     7
  time       2026-11-23T10:00:00.000Z (3m12s ago)
  timestamp  set by the producer
  key        o-1
  headers    traceparent: 00-4bf9
  version    1
  metadata   correlation_id: c-42
             user_id: "Ada L"
  size       key 3 bytes, value ${own.value?.length} bytes
  envelope   bincode-w3
  codec      json
  {
    "id": 1,
    "lines": [
      {
        "sku": "a"
      }
    ]
  }

`)
})

test('shows a tombstone, a missing key and a timestamp of the broker', () => {
  const view = viewOf(record({ value: null, key: null, headers: [], timestampType: 'append' }))
  expect(prettyFormatter(style)(view)).toBe(`tombstone order-events[2]@7
  topic      order-events
  partition  2
  offset     7
  time       2026-11-23T10:00:00.000Z (3m12s ago)
  timestamp  set by the broker
  key        -
  headers    -
  metadata   -
  size       0 bytes

`)
})

test('shows why a record cannot be decoded, with its bytes', () => {
  const text = prettyFormatter(style)(viewOf(record({ value: Uint8Array.of(0xff, 0xfe, 0xfd) })))
  expect(text).toMatch(/^undecodable order-events\[2\]@7\n/)
  expect(text).toMatch(/\n {2}error {6}not an envelope: .*\n {2}00000000 {2}ff fe fd +\.\.\.\n\n$/)
})

test('shows the first 1024 bytes in hex and counts the others', () => {
  const text = prettyFormatter(style)(viewOf(record({ value: new Uint8Array(1030).fill(0xff) })))
  expect(text.match(/^ {2}[0-9a-f]{8} {2}(ff ){16} \.{16}$/gm)).toHaveLength(64)
  expect(text).toMatch(/\n {2}and 6 more bytes\n\n$/)
})

test('shows a text without an envelope line by line', () => {
  const text = prettyFormatter(style)(viewOf(record({ value: Buffer.from('first\n\tsecond') }), { codec: 'text' }))
  expect(text).toMatch(/codec {6}text\n {2}first\n {2}\\tsecond\n\n$/)
})

test('shows a timestamp in the future, and a record without a timestamp', () => {
  const shown = (timestamp: bigint) => prettyFormatter(style)(viewOf(record({ timestamp })))
  expect(shown(BigInt(at + 192_000 + 5000))).toContain('(in 5s)\n')
  expect(shown(-1n)).toContain('  time       -\n  timestamp  none\n')
  expect(shown(1_764_412_345_678_901n)).toContain('  time       1764412345678901ms\n')
})

test('colors the payload without changing its text', () => {
  const view = viewOf(record())
  const colored = prettyFormatter({ ...style, color: true })(view)
  expect(colored).toContain('\u001b[34m"sku"\u001b[39m: \u001b[32m"a"\u001b[39m')
  expect(stripVTControlCharacters(colored)).toBe(prettyFormatter(style)(view))
})

test('escapes control characters in everything that a record contains', () => {
  const evil = Buffer.from('\u001b]0;title\u0007')
  const event = serializedEvent('A\u001b[2J', Buffer.from('{"a\u202e":"\u202e"}'), { correlationId: '\u001b[2J' })
  const encoded = encodeEnvelope(event, 'bincode')
  const value = encoded.ok ? encoded.bytes : null
  const text = prettyFormatter(style)(viewOf(record({ key: evil, value, headers: [['\u001b[2J', evil]] })))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the text must contain none of them
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f\u202e]/)
})
