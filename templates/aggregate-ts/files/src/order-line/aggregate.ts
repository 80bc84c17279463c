import { type Aggregate, append, publish, type Reducer } from 'crbus'
import type { OrderLineAction, OrderLineEvent } from './actions.ts'
import { orderLineCodec } from './codec.ts'
// crbus:if refusing
// crbus:as ts.rules
import { whyNotCancelOrderLine, whyNotPlaceOrderLine } from './rules.ts'
// crbus:end
// crbus:end

export const ORDER_LINE_EVENTS = 'order-line-events'
export const ORDER_LINE_COMMANDS = 'order-line-commands'

/** What the events have made of it so far. */
export interface OrderLineState {
  /** The last event that changed it. */
  readonly status: 'new' | OrderLineEvent['type']
  // crbus:each field of creation.fields; number is field.ts
  readonly line_total: number
  // crbus:end
}

export const newOrderLine: OrderLineState = {
  status: 'new',
  // crbus:each field of creation.fields; 0 is field.empty_ts
  line_total: 0,
  // crbus:end
}

/**
 * Commands decide, events change the state, and both are pure: no clock, no database, no chance in here. A command that
 * does not apply changes nothing, since messages may come twice.
 */
export const reduceOrderLine: Reducer<OrderLineState, OrderLineAction> = (state, action) => {
  switch (action.type) {
    case 'PlaceOrderLine':
      if (state.status !== 'new') return { state, effects: [] }
      // crbus:put `whyNotPlaceOrderLine(action) ?? { ...action, type: 'OrderLinePlaced' }` is creation.decides_ts
      return emit(state, whyNotPlaceOrderLine(action) ?? { ...action, type: 'OrderLinePlaced' })
    case 'OrderLinePlaced':
      return {
        state: {
          ...state,
          status: action.type,
          // crbus:each field of creation.fields
          line_total: action.line_total,
          // crbus:end
        },
        effects: [],
      }
    // crbus:each change of changes
    case 'CancelOrderLine':
      if (state.status === 'new' || state.status === 'OrderLineCancelled') return { state, effects: [] }
      // crbus:put `whyNotCancelOrderLine(action) ?? { ...action, type: 'OrderLineCancelled' }` is change.decides_ts
      return emit(state, whyNotCancelOrderLine(action) ?? { ...action, type: 'OrderLineCancelled' })
    case 'OrderLineCancelled':
      return { state: { ...state, status: action.type }, effects: [] }
    // crbus:end
    // crbus:each failure of failures
    case 'OrderLineRejected':
      return { state, effects: [] }
    // crbus:end
    // crbus:here
    case 'OrderLineCancelRejected':
      return { state, effects: [] }
    // crbus:end
  }
}

/** Stored first, published after: both or neither, also when the process dies between the two. */
const emit = (state: OrderLineState, event: OrderLineEvent) => ({
  state,
  effects: [append(event), publish(ORDER_LINE_EVENTS, event)],
})

export const orderLineAggregate: Aggregate<OrderLineState, OrderLineAction> = {
  name: 'order-line',
  events: ORDER_LINE_EVENTS,
  commands: ORDER_LINE_COMMANDS,
  initial: newOrderLine,
  reduce: reduceOrderLine,
  codec: orderLineCodec,
  idOf: (action) => action.order_line_id,
}
