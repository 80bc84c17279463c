import { expect, test } from 'vitest'
import { checkoutSaga } from '../../src/demo/checkout/saga.ts'
import { given } from '../../src/testing.ts'

// The demo's saga is one that crbus new made.
test('a scaffolded saga keys its commands by the id of the aggregate that they are for', () => {
  const placed = { type: 'OrderPlaced', order_id: 'o-1', item: 'book', total: 5 } as const
  const reserved = { type: 'StockReserved', order_id: 'o-1', item: 'book' } as const
  const failed = { type: 'PaymentFailed', order_id: 'o-1', reason: 'declined' } as const
  const sent = [
    given(checkoutSaga, []).when(placed),
    given(checkoutSaga, [placed]).when(reserved),
    given(checkoutSaga, [placed, reserved]).when(failed),
  ].flatMap(({ effects }) => effects.flatMap((effect) => (effect.kind === 'dispatch' ? [effect] : [])))

  expect(sent.map(({ action, key }) => [action.type, key])).toEqual([
    ['ReserveStock', 'o-1'],
    ['CompletePayment', 'o-1'],
    ['ReleaseStock', 'o-1'],
    ['CancelOrder', 'o-1'],
  ])
})
