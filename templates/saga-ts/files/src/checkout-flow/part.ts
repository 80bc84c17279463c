import { runSaga } from 'crbus'
import type { Part } from '../part.ts'
import { checkoutFlowSaga as saga } from './saga.ts'

export const checkoutFlowPart: Part = {
  name: saga.name,
  // crbus:as ts.asked_topics
  sends: ['card-payment-commands'],
  // crbus:end
  run: (on) => runSaga({ ...on, saga }),
}
