// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { cborCodec } from 'crbus'
import type { PaymentAction } from './actions.ts'

/** Encodes actions as CBOR, each with the version of its event type: PaymentCompleted.v1. */
export const paymentCodec = cborCodec<PaymentAction>({
  CompletePayment: 1,
  PaymentCompleted: 1,
  PaymentFailed: 1,
})
