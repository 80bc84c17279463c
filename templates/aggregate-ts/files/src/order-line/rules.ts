// crbus:if todos
// crbus:as ts.todo_import
// crbus:end
// crbus:end
// crbus:as ts.rule_imports
import type {
  CancelOrderLine,
  OrderLineCancelRejected,
  OrderLineCommand,
  OrderLineRejected,
  OrderLineStatus,
  PlaceOrderLine,
} from './actions.ts'

// crbus:end

type Command = OrderLineCommand['type']
type Status = OrderLineStatus

/** The statuses in which each command applies. In all other statuses the command is refused. */
const mayFollow: Readonly<Record<Command, readonly Status[]>> = {
  PlaceOrderLine: ['new'],
  // crbus:each change of changes
  // crbus:if change.follows_question
  // crbus:as change.follows_question
  // crbus:end
  // crbus:end
  // crbus:as change.follows_ts
  CancelOrderLine: ['OrderLinePlaced'],
  // crbus:end
  // crbus:end
}

/** Returns why a command does not apply in a status, or `undefined` if it does. */
export const whyNotNow = (status: Status, command: Command): string | undefined =>
  mayFollow[command].includes(status) ? undefined : `${command} does not apply in status ${status}`

/** Returns whether the last event is already the one that the command leads to, and may not happen twice in a row. */
export const isDone = (status: Status, command: Command, event: Status): boolean =>
  status === event && !mayFollow[command].includes(event)

// crbus:each event of refusing
/** Returns why PlaceOrderLine is refused, or `undefined` if it leads to OrderLinePlaced. */
export function whyNotPlaceOrderLine(command: PlaceOrderLine): string | undefined {
  // crbus:if not codec=rust
  if (command.order_line_id === '') return 'order_line_id is empty'
  // crbus:end
  // crbus:if codec=rust; `''` is id.empty_ts
  if (command.order_line_id === '') return 'order_line_id is empty'
  // crbus:end
  // crbus:if event.limited
  // crbus:as event.limit_question
  // crbus:end
  const max = 100_000
  if (!(command.line_total >= 0 && command.line_total <= max)) {
    return `line_total is not from 0 to ${max}`
  }
  // crbus:end
  return undefined
}

/** Creates the event that answers a refused PlaceOrderLine. */
// crbus:put `(command: PlaceOrderLine, reason: string)` is event.failure.parameters_ts
export const refusePlaceOrderLine = (command: PlaceOrderLine, reason: string): OrderLineRejected => ({
  type: 'OrderLineRejected',
  order_line_id: command.order_line_id,
  // crbus:each field of event.failure.shared
  line_total: command.line_total,
  // crbus:end
  // crbus:each field of event.failure.own
  // crbus:as field.refused_line_ts
  reason,
  // crbus:end
  // crbus:end
})

// crbus:end
// crbus:here
export const whyNotCancelOrderLine = (command: CancelOrderLine): string | undefined =>
  command.order_line_id === '' ? 'order_line_id is empty' : undefined

export const refuseCancelOrderLine = (command: CancelOrderLine, reason: string): OrderLineCancelRejected => ({
  type: 'OrderLineCancelRejected',
  order_line_id: command.order_line_id,
  reason,
})
// crbus:end
