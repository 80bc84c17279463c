import { expect, test } from 'vitest'
import { type EventMetadata, type SerializedEvent, serializedEvent } from '../../../src/bus/event.ts'
import { decodeEnvelope, encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { messageId } from '../../../src/codecs/message-id.ts'

const event = (changes: Partial<SerializedEvent> = {}): SerializedEvent => ({
  ...serializedEvent('OrderPlaced.v1', Uint8Array.of(1, 2, 3), {
    correlationId: 'c-1',
    timestamp: '2026-01-01T00:00:00Z',
  }),
  ...changes,
})

test('messageId is the beginning of the SHA-256 of the bincode envelope', () => {
  expect(messageId(serializedEvent('OrderPlaced.v1', Uint8Array.of(1, 2, 3)))).toBe('bUOq9lUFUH-RXctOaDApRg')
})

test('messageId is equal for equal events and has 22 characters that are valid in file names', () => {
  expect(messageId(event())).toBe(messageId(event({ data: Buffer.from([1, 2, 3]) })))
  expect(messageId(event())).toMatch(/^[\w-]{22}$/)
})

test.each<[string, Partial<SerializedEvent>]>([
  ['event type', { eventType: 'OrderPlaced.v2' }],
  ['version', { eventVersion: 2 }],
  ['data', { data: Uint8Array.of(1, 2, 4) }],
  ['absent metadata', { metadata: null }],
  ['empty metadata', { metadata: {} }],
  ['correlation id', { metadata: { correlationId: 'c-2', timestamp: '2026-01-01T00:00:00Z' } }],
  ['causation id', { metadata: { correlationId: 'c-1', causationId: 'x', timestamp: '2026-01-01T00:00:00Z' } }],
  ['timestamp', { metadata: { correlationId: 'c-1', timestamp: '2026-01-01T00:00:01Z' } }],
  ['an extra field', { metadata: { ...event().metadata, extra: { saga_id: 's' } } }],
])('messageId depends on %s', (_, changes) => {
  expect(messageId(event(changes))).not.toBe(messageId(event()))
})

test.each(['bincode', 'cbor'] as const)('messageId is unchanged by a %s envelope', (format) => {
  const encoded = encodeEnvelope(event(), format)
  const decoded = encoded.ok ? decodeEnvelope(encoded.bytes) : undefined
  if (!decoded?.ok) throw new Error('did not come back')

  expect(messageId(decoded.event)).toBe(messageId(event()))
})

test('messageId ignores the order of extra fields and undefined ones', () => {
  const withExtra = (extra: EventMetadata['extra']) => messageId(event({ metadata: { extra } }))

  expect(withExtra({ a: 1, b: { c: [{ d: 1, e: 2 }] } })).toBe(withExtra({ b: { c: [{ e: 2, d: 1 }] }, a: 1 }))
  expect(withExtra({ a: undefined })).toBe(withExtra(undefined))
})

test('messageId ignores the trace', () => {
  const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=b' }

  expect(messageId(event({ trace }))).toBe(messageId(event()))
  expect(messageId(event({ metadata: null, trace }))).toBe(messageId(event({ metadata: null })))
})

test('messageId throws for an event that no envelope can hold', () => {
  expect(() => messageId(event({ eventVersion: 0.5 }))).toThrow(/no message id: event_version 0.5/)
  expect(() => messageId(event({ metadata: { extra: { loop: Symbol('x') } } }))).toThrow(/no message id: metadata/)
})
