import { cborCodec } from 'crbus'
import type { CheckoutFlowAction } from './actions.ts'

/** The events that the saga receives, each with the highest version that it can read. */
export const checkoutFlowCodec = cborCodec<CheckoutFlowAction>({
  // crbus:each event of events
  OrderLinePlaced: 1,
  // crbus:end
  // crbus:here
  OrderLineCancelled: 1,
  OrderLineRejected: 1,
  OrderLineNoted: 1,
  CardPaymentCompleted: 1,
  CardPaymentFailed: 1,
  CardPaymentRefunded: 1,
  // crbus:end
  CheckoutFlowTimedOut: 1,
  CheckoutFlowUndoTimedOut: 1,
})
