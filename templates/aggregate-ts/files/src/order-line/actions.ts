// What may be asked of it, and what happens to it. Events stay for ever: a field that comes later is optional.

/** Asks for OrderLinePlaced. */
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
/** Asks for OrderLineCancelled. */
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
/** What PlaceOrderLine may lead to instead. */
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

/** How far one of them is: the last event that changed it. */
// crbus:as ts.statuses
export type OrderLineStatus = 'new' | 'OrderLinePlaced' | 'OrderLineCancelled'
// crbus:end
