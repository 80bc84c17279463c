// What the saga hears: of each event only what it needs.

export interface OrderPlaced {
  readonly type: 'OrderPlaced'
  readonly order_id: string
  readonly item: string
  readonly total: number
}

export interface OrderCancelled {
  readonly type: 'OrderCancelled'
  readonly order_id: string
  readonly reason: string
}

export interface StockReserved {
  readonly type: 'StockReserved'
  readonly order_id: string
  readonly item: string
}

export interface StockReleased {
  readonly type: 'StockReleased'
  readonly order_id: string
  readonly item: string
}

export interface PaymentCompleted {
  readonly type: 'PaymentCompleted'
  readonly order_id: string
}

export interface PaymentFailed {
  readonly type: 'PaymentFailed'
  readonly order_id: string
  readonly reason: string
}

/** A step did not answer in time. The saga tells itself. */
export interface CheckoutTimedOut {
  readonly type: 'CheckoutTimedOut'
  readonly step: CheckoutStep
}

export type CheckoutAction =
  | OrderPlaced
  | OrderCancelled
  | StockReserved
  | StockReleased
  | PaymentCompleted
  | PaymentFailed
  | CheckoutTimedOut

// What it says: commands to others, and how it ended.

export interface CancelOrder {
  readonly type: 'CancelOrder'
  readonly order_id: string
  readonly reason: string
}

export interface ReserveStock {
  readonly type: 'ReserveStock'
  readonly order_id: string
  readonly item: string
}

export interface ReleaseStock {
  readonly type: 'ReleaseStock'
  readonly order_id: string
  readonly item: string
}

export interface CompletePayment {
  readonly type: 'CompletePayment'
  readonly order_id: string
  readonly amount: number
}

export type CheckoutCommand = CancelOrder | ReserveStock | ReleaseStock | CompletePayment

export interface CheckoutCompleted extends CheckoutFacts {
  readonly type: 'CheckoutCompleted'
}

/** All that could be taken back was. */
export interface CheckoutFailed extends CheckoutFacts {
  readonly type: 'CheckoutFailed'
  readonly because: string
}

/** What the events have told so far that commands are made of. */
export interface CheckoutFacts {
  readonly order_id: string
  readonly item: string
  readonly total: number
}

export type CheckoutStep = 'order' | 'inventory' | 'payment'
