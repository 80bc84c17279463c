// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { cborCodec } from 'crbus'
import type { InventoryAction } from './actions.ts'

/** Encodes actions as CBOR, each with the version of its event type: StockReserved.v1. */
export const inventoryCodec = cborCodec<InventoryAction>({
  ReserveStock: 1,
  StockReserved: 1,
  ReleaseStock: 1,
  StockReleased: 1,
})
