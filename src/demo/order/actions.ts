// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

// What may be asked of it, and what happens to it. Events stay for ever: a field that comes later is optional.

/** Asks for OrderPlaced. */
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

/** Asks for OrderCancelled. */
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

/** How far one of them is: the last event that changed it. */
export type OrderStatus = 'new' | 'OrderPlaced' | 'OrderCancelled'
