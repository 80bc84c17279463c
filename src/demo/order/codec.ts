// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { cborCodec } from 'crbus'
import type { OrderAction } from './actions.ts'

/** Encodes actions as CBOR, each with the version of its event type: OrderPlaced.v1. */
export const orderCodec = cborCodec<OrderAction>({
  PlaceOrder: 1,
  OrderPlaced: 1,
  CancelOrder: 1,
  OrderCancelled: 1,
})
