// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { type Aggregate, append, publish, type Reducer } from 'crbus'
import type { PaymentAction, PaymentEvent, PaymentStatus } from './actions.ts'
import { paymentCodec } from './codec.ts'
import { isDone, refuseCompletePayment, whyNotCompletePayment, whyNotNow } from './rules.ts'

export const PAYMENT_EVENTS = 'payment-events'
export const PAYMENT_COMMANDS = 'payment-commands'

/** The state after the events so far. */
export interface PaymentState {
  readonly status: PaymentStatus
  readonly amount: number
}

export const newPayment: PaymentState = {
  status: 'new',
  amount: 0,
}

/**
 * Turns commands into events, and events into the next state. The function is pure: it uses no clock, no database and no random
 * numbers. Messages may be delivered twice, so a command that was carried out already changes nothing. A command that does not
 * apply is refused.
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

/** Stores an event and then publishes it. If the process dies in between, the event is published after the restart. */
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
