import { runSaga } from 'crbus'
import type { Part } from '../part.ts'
import { checkoutFlow } from './checkout-flow.ts'

export const checkoutFlowPart: Part = {
  name: checkoutFlow.name,
  // crbus:put `['card-payment-commands']` is ts.asked_topics
  sends: ['card-payment-commands'],
  run: (on) => runSaga({ ...on, saga: checkoutFlow }),
}
