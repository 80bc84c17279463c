import { runSaga } from 'crbus'
import type { Part } from '../part.ts'
import { checkoutSaga as saga } from './saga.ts'

export const checkoutPart: Part = {
  name: saga.name,
  sends: ['inventory-commands', 'payment-commands'],
  run: (on) => runSaga({ ...on, saga }),
}
