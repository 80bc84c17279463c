// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { checkoutPart } from './checkout/part.ts'
import { inventoryPart } from './inventory/part.ts'
import { orderPart } from './order/part.ts'
import type { Part } from './part.ts'
import { paymentPart } from './payment/part.ts'

/** The aggregates and sagas that this service runs. `crbus new aggregate` and `crbus new saga` add to the list. */
export const parts: readonly Part[] = [orderPart, inventoryPart, paymentPart, checkoutPart]
