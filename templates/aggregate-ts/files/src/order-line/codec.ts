import { cborCodec } from 'crbus'
import type { OrderLineAction } from './actions.ts'

/** Encodes actions as CBOR, each with the version of its event type: OrderLinePlaced.v1. */
export const orderLineCodec = cborCodec<OrderLineAction>({
  PlaceOrderLine: 1,
  OrderLinePlaced: 1,
  // crbus:each failure of failures
  OrderLineRejected: 1,
  // crbus:end
  // crbus:each change of changes
  CancelOrderLine: 1,
  OrderLineCancelled: 1,
  // crbus:end
  // crbus:here
  OrderLineCancelRejected: 1,
  // crbus:end
})
