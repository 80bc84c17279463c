// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { type Aggregate, append, publish, type Reducer } from 'crbus'
import type { PaymentAction, PaymentEvent, PaymentStatus } from './actions.ts'
import { paymentCodec } from './codec.ts'
import { isDone, refuseCompletePayment, whyNotCompletePayment, whyNotNow } from './rules.ts'

export const PAYMENT_EVENTS = 'payment-events'
export const PAYMENT_COMMANDS = 'payment-commands'

/** What the events have made of it so far. */
export interface PaymentState {
  readonly status: PaymentStatus
  readonly amount: number
}

export const newPayment: PaymentState = {
  status: 'new',
  amount: 0,
}

/**
 * Commands decide, events change the state, and both are pure: no clock, no database, no chance in here. A command for what
 * was done already changes nothing, since messages may come twice; one that does not apply is refused.
 */
export const reducePayment: Reducer<PaymentState, PaymentAction> = (state, action) => {
  switch (action.type) {
    case 'CompletePayment': {
      if (isDone(state.status, action.type, 'PaymentCompleted')) return unchanged(state)
      const reason = whyNotNow(state.status, action.type) ?? whyNotCompletePayment(action)
      if (reason !== undefined) return emit(state, refuseCompletePayment(action, reason))
      return emit(state, { ...action, type: 'PaymentCompleted' })
    }
    case 'PaymentCompleted':
      return unchanged({
        status: action.type,
        amount: action.amount,
      })
    case 'PaymentFailed':
      return unchanged(state)
  }
}

const unchanged = (state: PaymentState) => ({ state, effects: [] })

/** Stored first, published after: both or neither, also when the process dies between the two. */
const emit = (state: PaymentState, event: PaymentEvent) => ({
  state,
  effects: [append(event), publish(PAYMENT_EVENTS, event)],
})

export const paymentAggregate: Aggregate<PaymentState, PaymentAction> = {
  name: 'payment',
  events: PAYMENT_EVENTS,
  commands: PAYMENT_COMMANDS,
  initial: newPayment,
  reduce: reducePayment,
  codec: paymentCodec,
  idOf: (action) => action.order_id,
}
