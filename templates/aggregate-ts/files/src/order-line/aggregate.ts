// crbus:as ts.crbus_import
import { type Aggregate, append, publish, type Reducer, reject } from 'crbus'
// crbus:end
import type { OrderLineAction, OrderLineEvent, OrderLineStatus } from './actions.ts'
import { orderLineCodec } from './codec.ts'
// crbus:as ts.rules
import {
  isDone,
  refuseCancelOrderLine,
  refusePlaceOrderLine,
  whyNotCancelOrderLine,
  whyNotNow,
  whyNotPlaceOrderLine,
} from './rules.ts'
// crbus:end

export const ORDER_LINE_EVENTS = 'order-line-events'
export const ORDER_LINE_COMMANDS = 'order-line-commands'

/** The state after the events so far. */
export interface OrderLineState {
  readonly status: OrderLineStatus
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
 * Turns commands into events, and events into the next state. The function is pure: it uses no clock, no database and no random
 * numbers. Messages may be delivered twice, so a command that was carried out already changes nothing. A command that does not
 * apply is refused.
 */
export const reduceOrderLine: Reducer<OrderLineState, OrderLineAction> = (state, action) => {
  switch (action.type) {
    case 'PlaceOrderLine': {
      if (isDone(state.status, action.type, 'OrderLinePlaced')) return unchanged(state)
      // crbus:put ` ?? whyNotPlaceOrderLine(action)` is creation.why_ts
      const reason = whyNotNow(state.status, action.type) ?? whyNotPlaceOrderLine(action)
      // crbus:if creation.failure
      // crbus:put `(action, reason)` is creation.failure.arguments_ts
      if (reason !== undefined) return emit(state, refusePlaceOrderLine(action, reason))
      // crbus:end
      // crbus:if not creation.failure
      if (reason !== undefined) return refuse(state, reason)
      // crbus:end
      return emit(state, { ...action, type: 'OrderLinePlaced' })
    }
    case 'OrderLinePlaced':
      return unchanged({
        status: action.type,
        // crbus:each field of creation.fields
        line_total: action.line_total,
        // crbus:end
      })
    // crbus:each change of changes
    case 'CancelOrderLine': {
      if (isDone(state.status, action.type, 'OrderLineCancelled')) return unchanged(state)
      // crbus:put ` ?? whyNotCancelOrderLine(action)` is change.why_ts
      const reason = whyNotNow(state.status, action.type) ?? whyNotCancelOrderLine(action)
      // crbus:if change.failure
      // crbus:put `(action, reason)` is change.failure.arguments_ts
      if (reason !== undefined) return emit(state, refuseCancelOrderLine(action, reason))
      // crbus:end
      // crbus:if not change.failure
      if (reason !== undefined) return refuse(state, reason)
      // crbus:end
      return emit(state, { ...action, type: 'OrderLineCancelled' })
    }
    case 'OrderLineCancelled':
      return unchanged({ ...state, status: action.type })
    // crbus:end
    // crbus:each failure of failures
    case 'OrderLineRejected':
      return unchanged(state)
    // crbus:end
    // crbus:here
    case 'OrderLineCancelRejected':
      return unchanged(state)
    // crbus:end
  }
}

const unchanged = (state: OrderLineState) => ({ state, effects: [] })

/** Stores an event and then publishes it. If the process dies in between, the event is published after the restart. */
const emit = (state: OrderLineState, event: OrderLineEvent) => ({
  state,
  effects: [append(event), publish(ORDER_LINE_EVENTS, event)],
})

// crbus:if refuses_plainly
/** Refuses a command that has no failure event. The runtime keeps the command as a dead letter with the reason. */
const refuse = (state: OrderLineState, reason: string) => ({ state, effects: [reject(reason)] })

// crbus:end
export const orderLineAggregate: Aggregate<OrderLineState, OrderLineAction> = {
  name: 'order-line',
  events: ORDER_LINE_EVENTS,
  commands: ORDER_LINE_COMMANDS,
  initial: newOrderLine,
  reduce: reduceOrderLine,
  codec: orderLineCodec,
  idOf: (action) => action.order_line_id,
}
