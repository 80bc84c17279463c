import { type Aggregate, append, publish, type Reducer } from 'crbus'
import type { PaymentAction, PaymentEvent } from './actions.ts'
import { paymentCodec } from './codec.ts'
import { whyNotCompletePayment } from './rules.ts'

export const PAYMENT_EVENTS = 'payment-events'
export const PAYMENT_COMMANDS = 'payment-commands'

/** What the events have made of it so far. */
export interface PaymentState {
  /** The last event that changed it. */
  readonly status: 'new' | PaymentEvent['type']
  readonly amount: number
}

export const newPayment: PaymentState = {
  status: 'new',
  amount: 0,
}

/**
 * Commands decide, events change the state, and both are pure: no clock, no database, no chance in here. A command that
 * does not apply changes nothing, since messages may come twice.
 */
export const reducePayment: Reducer<PaymentState, PaymentAction> = (state, action) => {
  switch (action.type) {
    case 'CompletePayment':
      if (state.status !== 'new') return { state, effects: [] }
      return emit(state, whyNotCompletePayment(action) ?? { ...action, type: 'PaymentCompleted' })
    case 'PaymentCompleted':
      return {
        state: {
          ...state,
          status: action.type,
          amount: action.amount,
        },
        effects: [],
      }
    case 'PaymentFailed':
      return { state, effects: [] }
  }
}

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
