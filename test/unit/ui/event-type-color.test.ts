import { expect, test } from 'vitest'
import { eventTypeColor } from '../../../src/ui/records/text/event-type-color.ts'

test.each([
  'PaymentFailed.v1',
  'PaymentDeclined.v2',
  'OrderRejected',
  'StockReservationFailure.v1',
  'InsufficientStock.v1',
  'Payment.Error',
  'HTTPError.v1',
  'RefundFailed.v1',
  'PaymentFailedPermanently.v1',
  'payment-failed',
  'order_rejected.v1',
])('the failure %s is red', (eventType) => {
  expect(eventTypeColor(eventType)).toBe('red')
})

test.each([
  'OrderCancelled.v1',
  'OrderCanceled.v1',
  'PaymentRefunded.v1',
  'StockReleased.v1',
  'CheckoutCompensated.v1',
  'CompensatingPayment.v1',
  'CompensationStarted.v1',
  'order-cancelled',
])('the compensation %s is yellow', (eventType) => {
  expect(eventTypeColor(eventType)).toBe('yellow')
})

test.each([
  'OrderPlaced.v1',
  'ErrorlessPayment.v1',
  'ReleasedlyNamed',
  'Terrorized',
  'voidable-event',
  '',
  'PressReleasesRead',
])('the event %j is cyan', (eventType) => {
  expect(eventTypeColor(eventType)).toBe('cyan')
})
