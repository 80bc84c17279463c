// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

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

/** The command that undoes a step was not answered in time. The saga tells itself. */
export interface CheckoutUndoTimedOut {
  readonly type: 'CheckoutUndoTimedOut'
  readonly step: CheckoutStep
  /** How often the command was sent by then. */
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

/** Every step that can be undone was undone. */
export interface CheckoutFailed extends CheckoutFacts {
  readonly type: 'CheckoutFailed'
  readonly because: string
}

/**
 * A step could not be undone: a person has to see to it. When the aggregate says later that the step was undone, the saga
 * goes on to CheckoutFailed.
 */
export interface CheckoutStuck extends CheckoutFacts {
  readonly type: 'CheckoutStuck'
  readonly step: CheckoutStep
  /** Why the step is not undone. */
  readonly because: string
}

/** What the events have told so far that commands are made of. */
export interface CheckoutFacts {
  readonly order_id: string
  readonly item: string
  readonly total: number
}

export type CheckoutStep = 'order' | 'inventory' | 'payment'
