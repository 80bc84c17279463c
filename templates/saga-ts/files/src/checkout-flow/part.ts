import { runSaga } from 'crbus'
import type { Part } from '../part.ts'
import { CHECKOUT_FLOW_EVENTS, checkoutFlowSaga as saga } from './saga.ts'

export const checkoutFlowPart: Part = {
  name: saga.name,
  // crbus:as ts.asked_topics
  sends: ['card-payment-commands'],
  // crbus:end
  // crbus:if start.undo
  // crbus:as ts.undo_topics
  sendsUndo: ['order-line-commands'],
  // crbus:end
  // crbus:end
  events: [...saga.topics, CHECKOUT_FLOW_EVENTS],
  run: (on) => runSaga({ ...on, saga }),
}
