// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { cborCodec } from 'crbus'
import type { PaymentAction } from './actions.ts'

/** Each with the version it is written as: PaymentCompleted.v1. */
export const paymentCodec = cborCodec<PaymentAction>({
  CompletePayment: 1,
  PaymentCompleted: 1,
  PaymentFailed: 1,
})
