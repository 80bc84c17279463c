import { runSaga } from 'crbus'
import type { Part } from '../part.ts'
import { checkout } from './saga.ts'

export const checkoutPart: Part = {
  name: checkout.name,
  sends: ['inventory-commands', 'payment-commands'],
  run: (on) => runSaga({ ...on, saga: checkout }),
}
