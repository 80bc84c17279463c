import { runSaga } from 'crbus'
import type { Part } from '../part.ts'
import { checkoutFlow } from './saga.ts'

export const checkoutFlowPart: Part = {
  name: checkoutFlow.name,
  // crbus:as ts.asked_topics
  sends: ['card-payment-commands'],
  // crbus:end
  run: (on) => runSaga({ ...on, saga: checkoutFlow }),
}
