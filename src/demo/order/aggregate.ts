// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { type Aggregate, append, publish, type Reducer, reject } from 'crbus'
import type { OrderAction, OrderEvent, OrderStatus } from './actions.ts'
import { orderCodec } from './codec.ts'
import { isDone, whyNotNow } from './rules.ts'

export const ORDER_EVENTS = 'order-events'
export const ORDER_COMMANDS = 'order-commands'

/** The state after the events so far. */
export interface OrderState {
  readonly status: OrderStatus
  readonly item: string
  readonly total: number
}

export const newOrder: OrderState = {
  status: 'new',
  item: '',
  total: 0,
}

/**
 * Turns commands into events, and events into the next state. The function is pure: it uses no clock, no database and no random
 * numbers. Messages may be delivered twice, so a command that was carried out already changes nothing. A command that does not
 * apply is refused.
 */
export const reduceOrder: Reducer<OrderState, OrderAction> = (state, action) => {
  switch (action.type) {
    case 'PlaceOrder': {
      if (isDone(state.status, action.type, 'OrderPlaced')) return unchanged(state)
      const reason = whyNotNow(state.status, action.type)
      if (reason !== undefined) return refuse(state, reason)
      return emit(state, { ...action, type: 'OrderPlaced' })
    }
    case 'OrderPlaced':
      return unchanged({
        status: action.type,
        item: action.item,
        total: action.total,
      })
    case 'CancelOrder': {
      if (isDone(state.status, action.type, 'OrderCancelled')) return unchanged(state)
      const reason = whyNotNow(state.status, action.type)
      if (reason !== undefined) return refuse(state, reason)
      return emit(state, { ...action, type: 'OrderCancelled' })
    }
    case 'OrderCancelled':
      return unchanged({ ...state, status: action.type })
  }
}

const unchanged = (state: OrderState) => ({ state, effects: [] })

/** Stores an event and then publishes it. If the process dies in between, the event is published after the restart. */
const emit = (state: OrderState, event: OrderEvent) => ({
  state,
  effects: [append(event), publish(ORDER_EVENTS, event)],
})

/** Refuses a command that has no failure event. The runtime keeps the command as a dead letter with the reason. */
const refuse = (state: OrderState, reason: string) => ({ state, effects: [reject(reason)] })

export const orderAggregate: Aggregate<OrderState, OrderAction> = {
  name: 'order',
  events: ORDER_EVENTS,
  commands: ORDER_COMMANDS,
  initial: newOrder,
  reduce: reduceOrder,
  codec: orderCodec,
  idOf: (action) => action.order_id,
}
