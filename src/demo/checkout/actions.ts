// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

// Events that the saga receives, with only the fields that it needs.

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

/** Time-out of a step, which the saga sends to itself. */
export interface CheckoutTimedOut {
  readonly type: 'CheckoutTimedOut'
  readonly step: CheckoutStep
}

/** Time-out of an undo command, which the saga sends to itself. */
export interface CheckoutUndoTimedOut {
  readonly type: 'CheckoutUndoTimedOut'
  readonly step: CheckoutStep
  /** How often the command had been sent. */
  readonly attempt: number
}

export type CheckoutAction =
  | OrderPlaced
  | OrderCancelled
  | StockReserved
  | StockReleased
  | PaymentCompleted
  | PaymentFailed
  | CheckoutTimedOut
  | CheckoutUndoTimedOut

// Messages that the saga sends: commands to aggregates, and events that say how the conversation ended.

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

/** The conversation failed, and every step that can be undone was undone. */
export interface CheckoutFailed extends CheckoutFacts {
  readonly type: 'CheckoutFailed'
  readonly because: string
}

/**
 * A step could not be undone, so a person must resolve it. If the step is undone later, the saga continues and publishes
 * CheckoutFailed.
 */
export interface CheckoutStuck extends CheckoutFacts {
  readonly type: 'CheckoutStuck'
  readonly step: CheckoutStep
  /** Why the step could not be undone. */
  readonly because: string
}

/** The fields of received events that commands need. */
export interface CheckoutFacts {
  readonly order_id: string
  readonly item: string
  readonly total: number
}

export type CheckoutStep = 'order' | 'inventory' | 'payment'
