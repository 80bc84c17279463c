import { expect, test } from 'vitest'
import type { EventMetadata } from '../../../src/bus/event.ts'
import { serializedEvent } from '../../../src/bus/event.ts'
import { encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { viewOf } from '../../../src/operations/events/event-view.ts'
import { payloadText, type TextStyle, textFormatter } from '../../../src/ui/records/format-record-text.ts'

process.env.TZ = 'Europe/Berlin'

/** 10:00 in the local time zone of the tests. */
const ten = BigInt(new Date(2026, 10, 23, 10).getTime())

function record(data: string | Uint8Array, metadata: EventMetadata | null = null, timestamp = ten) {
  const event = serializedEvent('OrderPlaced.v1', typeof data === 'string' ? Buffer.from(data) : data, metadata)
  const encoded = encodeEnvelope(event, 'bincode')
  const value = encoded.ok ? Buffer.from(encoded.bytes) : null
  return viewOf({
    topic: 'order-events',
    partition: 2,
    offset: 7n,
    timestamp,
    key: null,
    value,
    headers: [],
  })
}

const toPipe = (style: Partial<TextStyle> = {}) => {
  const format = textFormatter({ color: false, timeZone: 'local', columns: () => undefined, ...style })
  return (...batch: ReturnType<typeof record>[]) => format(batch)
}
const toTerminal = (columns: number, style: Partial<TextStyle> = {}) => toPipe({ columns: () => columns, ...style })

test('writes one line with the day and the zone to a pipe', () => {
  const line = toPipe()(
    record('{"id":1}', {
      correlationId: 'c 1',
      userId: 'u',
      timestamp: '2020-01-01T00:00:00Z',
    }),
  )
  const metadata = 'correlation_id="c 1" user_id=u timestamp=2020-01-01T00:00:00Z'
  expect(line).toBe(`2026-11-23 10:00:00.000 +01:00 order-events[2]@7 OrderPlaced.v1 {"id":1} ${metadata}\n`)
})

test('writes the timestamp of the publisher only when it differs from that of the record', () => {
  const timestamp = new Date(Number(ten) + 20).toISOString()
  const line = toPipe()(record('{}', { timestamp }))
  expect(line).toBe('2026-11-23 10:00:00.000 +01:00 order-events[2]@7 OrderPlaced.v1 {}\n')
})

test('writes times in UTC with a Z', () => {
  const pipe = toPipe({ timeZone: 'utc' })
  expect(pipe(record('{}'))).toBe('2026-11-23T09:00:00.000Z order-events[2]@7 OrderPlaced.v1 {}\n')
  const terminal = toTerminal(100, { timeZone: 'utc' })
  expect(terminal(record('{}'))).toBe('── 2026-11-23 ──\n09:00:00.000Z order-events[2]@7 OrderPlaced.v1 {}\n')
})

test('aligns positions and event types on a terminal with those of the batch and all before, and nothing in a pipe', () => {
  const named = (eventType: string, offset: bigint) => {
    const encoded = encodeEnvelope(serializedEvent(eventType, Buffer.from('{}')), 'bincode')
    const value = encoded.ok ? Buffer.from(encoded.bytes) : null
    return viewOf({ topic: 't', partition: 0, offset, timestamp: ten, key: null, value, headers: [] })
  }
  const views = [named('Placed.v1', 9n), named('注文確定.v1', 10n), named('Paid.v1', 8n), named('X'.repeat(60), 8n)]
  const format = toTerminal(100)
  expect(views.map((view) => format(view).split('\n').at(-2))).toEqual([
    '10:00:00.000 t[0]@9 Placed.v1 {}',
    '10:00:00.000 t[0]@10 注文確定.v1 {}',
    '10:00:00.000 t[0]@8  Paid.v1     {}',
    `10:00:00.000 t[0]@8  ${'X'.repeat(60)} {}`,
  ])
  expect(
    toTerminal(100)(...views.slice(0, 3))
      .split('\n')
      .slice(1, -1),
  ).toEqual([
    '10:00:00.000 t[0]@9  Placed.v1   {}',
    '10:00:00.000 t[0]@10 注文確定.v1 {}',
    '10:00:00.000 t[0]@8  Paid.v1     {}',
  ])
  const pipe = toPipe()
  expect(views.slice(0, 3).map((view) => pipe(view).slice(31))).toEqual([
    't[0]@9 Placed.v1 {}\n',
    't[0]@10 注文確定.v1 {}\n',
    't[0]@8 Paid.v1 {}\n',
  ])
})

test('shortens a long topic on a terminal so that its offset and the event stay visible', () => {
  const encoded = encodeEnvelope(serializedEvent('OrderPlaced.v1', Buffer.from('{"id":1}')), 'bincode')
  const value = encoded.ok ? Buffer.from(encoded.bytes) : null
  const topic = 'very-long-'.repeat(24)
  const long = viewOf({ topic, partition: 2, offset: 7n, timestamp: ten, key: null, value, headers: [] })
  expect(toTerminal(90)(long)).toContain('very-long-very-…ery-long-[2]@7 OrderPlaced.v1 {"id":1}\n')
  expect(toTerminal(90, { truncate: false })(long)).toContain('very-long-'.repeat(24))
})

test('writes each day once, on a separate line, to a terminal', () => {
  const format = toTerminal(100)
  const day = 86_400_000n
  expect([ten, ten, ten + day].map((time) => format(record('{}', null, time)))).toEqual([
    '── 2026-11-23 +01:00 ──\n10:00:00.000 order-events[2]@7 OrderPlaced.v1 {}\n',
    '10:00:00.000 order-events[2]@7 OrderPlaced.v1 {}\n',
    '── 2026-11-24 +01:00 ──\n10:00:00.000 order-events[2]@7 OrderPlaced.v1 {}\n',
  ])
})

test('cuts a line to the width of the terminal, also after the width has changed', () => {
  let columns = 60
  const format = toTerminal(0, { columns: () => columns })
  const wide = record(JSON.stringify({ note: '日本語'.repeat(30) }))
  const lastLine = () => format(wide).split('\n').at(-2) ?? ''
  expect(lastLine()).toBe('10:00:00.000 order-events[2]@7 OrderPlaced.v1 {"note":"日本…')
  columns = 30
  expect(lastLine()).toBe('10:00:00.000 order-events[2]@…')
  columns = 0
  expect(lastLine()).toBe('…')
})

test('cuts no line with --no-truncate, and none to a pipe', () => {
  const wide = record(JSON.stringify({ note: 'x'.repeat(300) }))
  for (const format of [toTerminal(40, { truncate: false }), toPipe()]) {
    expect(format(wide)).toContain(`{"note":"${'x'.repeat(300)}"}\n`)
  }
})

test.each([
  ['o-1', ' key=o-1'],
  ['o 1', ' key="o 1"'],
  ['', ' key=""'],
  [Uint8Array.of(0xff, 1), ' key=0xff01'],
  ['\u001b[2J', ' key=\\x1b[2J'],
  ['OrderPlaced.v1', ''],
  [null, ''],
])('writes the key %j as %j', (key, text) => {
  const bytes = typeof key === 'string' ? Buffer.from(key) : key
  const line = toPipe()(viewOf({ ...record('{}').record, key: bytes }))
  expect(line).toBe(`2026-11-23 10:00:00.000 +01:00 order-events[2]@7 OrderPlaced.v1${text} {}\n`)
})

test('writes the key of a tombstone', () => {
  const tombstone = (key: string | null) =>
    viewOf({
      ...record('').record,
      value: null,
      key: key === null ? null : Buffer.from(key),
    })
  const head = '2026-11-23 10:00:00.000 +01:00 order-events[2]@7 tombstone'
  expect(toPipe()(tombstone('o-1'))).toBe(`${head} key=o-1\n`)
  expect(toPipe()(tombstone(null))).toBe(`${head} (no key)\n`)
})

test('writes headers on request, also those of crbus', () => {
  const headers = [
    ['traceparent', Buffer.from('00-4bf9')],
    ['note', Buffer.from('a b')],
    ['raw', Uint8Array.of(0xff)],
    ['none', null],
  ] as const
  const view = viewOf({ ...record('{}').record, headers })
  expect(toPipe()(view)).not.toContain('traceparent')
  expect(toPipe({ headers: true })(view)).toMatch(
    / \{\} header:traceparent=00-4bf9 header:note="a b" header:raw=0xff header:none=null\n$/,
  )
})

test('colors failures red, compensations yellow, and other events cyan', () => {
  const colored = (eventType: string) => {
    const encoded = encodeEnvelope(serializedEvent(eventType, Buffer.from('{}')), 'bincode')
    const value = encoded.ok ? Buffer.from(encoded.bytes) : null
    return toPipe({ color: true })(viewOf({ ...record('{}').record, value }))
  }
  expect(colored('PaymentFailed.v1')).toContain('\u001b[31mPaymentFailed.v1')
  expect(colored('StockReleased.v1')).toContain('\u001b[33mStockReleased.v1')
  expect(colored('OrderPlaced.v1')).toContain('\u001b[36mOrderPlaced.v1')
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
  const line = toPipe()(record(data))
  expect(line).toContain('guess(variant 3, "o-1", 550e8400-e29b-41d4-a716-446655440000, 43 bytes)')
})

test('writes bytes that do not start like an enum as hex', () => {
  const line = toPipe()(record(Uint8Array.of(0xff, 0xfe, 0xfd, 0xfc, 1)))
  expect(line).toContain('0xfffefdfc01')
})

test.each([
  ['text', 'plain text', 'text plain text'],
  ['JSON', '{"a":1}', 'json {"a":1}'],
  ['damaged JSON', '{"a":', 'undecodable not an envelope: .*'],
])('writes a value that is not an event as %s', (_, text, shown) => {
  const bare = viewOf({
    ...record(Buffer.from(text)).record,
    value: Buffer.from(text),
  })
  const line = toPipe()(bare)
  expect(line).toMatch(new RegExp(` order-events\\[2\\]@7 ${shown}`))
  expect(line.endsWith(` ${text}\n`)).toBe(true)
  expect(payloadText(bare)).toBe(text)
})
