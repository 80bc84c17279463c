// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { runSaga } from 'crbus'
import type { Part } from '../part.ts'
import { CHECKOUT_EVENTS, checkoutSaga as saga } from './saga.ts'

export const checkoutPart: Part = {
  name: saga.name,
  sends: ['inventory-commands', 'payment-commands'],
  sendsUndo: ['order-commands'],
  events: [...saga.topics, CHECKOUT_EVENTS],
  run: (on) => runSaga({ ...on, saga }),
}
