// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

// The commands and events of the order. Stored events never change, so make every field that you add later optional.

/** Command that leads to OrderPlaced. */
export interface PlaceOrder {
  readonly type: 'PlaceOrder'
  readonly order_id: string
  readonly item: string
  readonly total: number
}

export interface OrderPlaced {
  readonly type: 'OrderPlaced'
  readonly order_id: string
  readonly item: string
  readonly total: number
}

/** Command that leads to OrderCancelled. */
export interface CancelOrder {
  readonly type: 'CancelOrder'
  readonly order_id: string
  readonly reason: string
}

export interface OrderCancelled {
  readonly type: 'OrderCancelled'
  readonly order_id: string
  readonly reason: string
}

export type OrderCommand = PlaceOrder | CancelOrder
export type OrderEvent = OrderPlaced | OrderCancelled
export type OrderAction = OrderCommand | OrderEvent

/** The last event that changed the order, or `new` before the first one. */
export type OrderStatus = 'new' | 'OrderPlaced' | 'OrderCancelled'
