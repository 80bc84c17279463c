// crbus:as ts.rule_imports
import type { CancelOrderLine, OrderLineCancelRejected, OrderLineRejected, PlaceOrderLine } from './actions.ts'

// crbus:end

// crbus:each event of refusing
// crbus:if event.limited
/** More is too much. */
const MOST_LINE_TOTAL = 100_000

// crbus:end
/** Why PlaceOrderLine does not lead to OrderLinePlaced; `undefined`: it does. A rule to begin with, to be replaced by yours. */
export function whyNotPlaceOrderLine(command: PlaceOrderLine): OrderLineRejected | undefined {
  // crbus:put `command.line_total <= MOST_LINE_TOTAL` is event.passes_ts
  if (command.line_total <= MOST_LINE_TOTAL) return undefined
  return {
    type: 'OrderLineRejected',
    order_line_id: command.order_line_id,
    // crbus:each field of event.failure.shared
    line_total: command.line_total,
    // crbus:end
    // crbus:each field of event.failure.own; reason is field.name; `'line_total is too much'` is field.refused_ts
    reason: 'line_total is too much',
    // crbus:end
  }
}

// crbus:end
// crbus:here
export function whyNotCancelOrderLine(command: CancelOrderLine): OrderLineCancelRejected | undefined {
  if (command.order_line_id !== '') return undefined
  return { type: 'OrderLineCancelRejected', order_line_id: command.order_line_id, reason: 'order_line_id is empty' }
}
// crbus:end
