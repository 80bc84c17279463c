// The commands and events of the order line. Stored events never change, so make every field that you add later optional.

/** Command that leads to OrderLinePlaced. */
export interface PlaceOrderLine {
  readonly type: 'PlaceOrderLine'
  readonly order_line_id: string
  // crbus:each field of creation.fields; number is field.ts
  readonly line_total: number
  // crbus:end
}

export interface OrderLinePlaced {
  readonly type: 'OrderLinePlaced'
  readonly order_line_id: string
  // crbus:each field of creation.fields; number is field.ts
  readonly line_total: number
  // crbus:end
}

// crbus:each change of changes
/** Command that leads to OrderLineCancelled. */
export interface CancelOrderLine {
  readonly type: 'CancelOrderLine'
  readonly order_line_id: string
  // crbus:each field of change.fields; reason is field.name; string is field.ts
  readonly reason: string
  // crbus:end
}

export interface OrderLineCancelled {
  readonly type: 'OrderLineCancelled'
  readonly order_line_id: string
  // crbus:each field of change.fields; reason is field.name; string is field.ts
  readonly reason: string
  // crbus:end
}

// crbus:end
// crbus:each failure of failures
/** Event that answers a refused command. */
export interface OrderLineRejected {
  readonly type: 'OrderLineRejected'
  readonly order_line_id: string
  // crbus:each field of failure.shared; number is field.ts
  readonly line_total: number
  // crbus:end
  // crbus:each field of failure.own; reason is field.name; string is field.ts
  readonly reason: string
  // crbus:end
}

// crbus:end
// crbus:here
export interface OrderLineCancelRejected {
  readonly type: 'OrderLineCancelRejected'
  readonly order_line_id: string
  readonly reason: string
}

// crbus:end
// crbus:as ts.commands
export type OrderLineCommand = PlaceOrderLine | CancelOrderLine
// crbus:end
// crbus:as ts.events
export type OrderLineEvent = OrderLinePlaced | OrderLineRejected | OrderLineCancelled | OrderLineCancelRejected
// crbus:end
export type OrderLineAction = OrderLineCommand | OrderLineEvent

/** The last event that changed the order line, or `new` before the first one. */
// crbus:as ts.statuses
export type OrderLineStatus = 'new' | 'OrderLinePlaced' | 'OrderLineCancelled'
// crbus:end
