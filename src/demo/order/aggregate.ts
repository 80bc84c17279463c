// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { type Aggregate, append, publish, type Reducer, reject } from 'crbus'
import type { OrderAction, OrderEvent, OrderStatus } from './actions.ts'
import { orderCodec } from './codec.ts'
import { isDone, whyNotNow } from './rules.ts'

export const ORDER_EVENTS = 'order-events'
export const ORDER_COMMANDS = 'order-commands'

/** What the events have made of it so far. */
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
 * Commands decide, events change the state, and both are pure: no clock, no database, no chance in here. A command for what
 * was done already changes nothing, since messages may come twice; one that does not apply is refused.
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

/** Stored first, published after: both or neither, also when the process dies between the two. */
const emit = (state: OrderState, event: OrderEvent) => ({
  state,
  effects: [append(event), publish(ORDER_EVENTS, event)],
})

/** Refuses a command that has no event for it: nothing changes, and the runtime keeps the command with the reason. */
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
