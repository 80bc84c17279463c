// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { cborCodec } from 'crbus'
import type { CheckoutAction } from './actions.ts'

/** The events that the saga receives, each with the highest version that it can read. */
export const checkoutCodec = cborCodec<CheckoutAction>({
  OrderPlaced: 1,
  OrderCancelled: 1,
  StockReserved: 1,
  StockReleased: 1,
  PaymentCompleted: 1,
  PaymentFailed: 1,
  CheckoutTimedOut: 1,
  CheckoutUndoTimedOut: 1,
})
