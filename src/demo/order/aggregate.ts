import { type Aggregate, append, publish, type Reducer } from 'crbus'
import type { OrderAction, OrderEvent } from './actions.ts'
import { orderCodec } from './codec.ts'

export const ORDER_EVENTS = 'order-events'
export const ORDER_COMMANDS = 'order-commands'

/** What the events have made of it so far. */
export interface OrderState {
  /** The last event that changed it. */
  readonly status: 'new' | OrderEvent['type']
  readonly item: string
  readonly total: number
}

export const newOrder: OrderState = {
  status: 'new',
  item: '',
  total: 0,
}

/**
 * Commands decide, events change the state, and both are pure: no clock, no database, no chance in here. A command that
 * does not apply changes nothing, since messages may come twice.
 */
export const reduceOrder: Reducer<OrderState, OrderAction> = (state, action) => {
  switch (action.type) {
    case 'PlaceOrder':
      if (state.status !== 'new') return { state, effects: [] }
      return emit(state, { ...action, type: 'OrderPlaced' })
    case 'OrderPlaced':
      return {
        state: {
          ...state,
          status: action.type,
          item: action.item,
          total: action.total,
        },
        effects: [],
      }
    case 'CancelOrder':
      if (state.status === 'new' || state.status === 'OrderCancelled') return { state, effects: [] }
      return emit(state, { ...action, type: 'OrderCancelled' })
    case 'OrderCancelled':
      return { state: { ...state, status: action.type }, effects: [] }
  }
}

/** Stored first, published after: both or neither, also when the process dies between the two. */
const emit = (state: OrderState, event: OrderEvent) => ({
  state,
  effects: [append(event), publish(ORDER_EVENTS, event)],
})

export const orderAggregate: Aggregate<OrderState, OrderAction> = {
  name: 'order',
  events: ORDER_EVENTS,
  commands: ORDER_COMMANDS,
  initial: newOrder,
  reduce: reduceOrder,
  codec: orderCodec,
  idOf: (action) => action.order_id,
}
