import { expect, test } from 'vitest'
import { serializedEvent } from '../../../src/bus/event.ts'
import { encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { viewOf } from '../../../src/operations/events/event-view.ts'
import { DemoRows } from '../../../src/ui/format-demo.ts'

const view = (eventType: string, correlationId: string) => {
  const event = { ...serializedEvent(eventType, Buffer.from('{}')), metadata: { correlationId } }
  const position = { topic: 'order-events', partition: 0, offset: 0n, timestamp: 0n, key: null, headers: [] }
  const encoded = encodeEnvelope(event, 'bincode')
  return viewOf({ ...position, value: encoded.ok ? encoded.bytes : null })
}

test('shows each checkout of the demo in a row of its own, with its compensations', () => {
  const rows = new DemoRows(2, false)
  for (const type of ['OrderPlaced', 'StockReserved', 'PaymentFailed', 'StockReleased', 'CheckoutFailed']) {
    rows.add(view(`${type}.v1`, 'checkout-x-2'))
  }
  rows.add(view('OrderPlaced.v1', 'checkout-x-1'))
  rows.add(view('OrderPlaced.v1', 'checkout-x-3'))
  rows.add(view('Other.v1', 'checkout-x-1'))
  expect(rows.lines).toEqual([
    'CHECKOUT  ORDER               STOCK                 PAYMENT  RESULT',
    '1         placed',
    '2         placed              reserved ↩ released   FAILED   compensated',
  ])
})

test('paints failures of the demo red and compensations yellow', () => {
  const rows = new DemoRows(1, true)
  for (const type of ['PaymentFailed.v1', 'StockReleased.v1']) rows.add(view(type, 'checkout-x-1'))
  expect(rows.lines[1]).toContain('\u001b[31mFAILED')
  expect(rows.lines[1]).toContain('\u001b[33m↩ released')
})
