// Events that the saga receives, with only the fields that it needs.

// crbus:each event of events
export interface OrderLinePlaced {
  readonly type: 'OrderLinePlaced'
  // crbus:each field of event.fields; string is field.ts
  readonly order_line_id: string
  // crbus:end
}

// crbus:end
// crbus:here
export interface OrderLineCancelled {
  readonly type: 'OrderLineCancelled'
  readonly order_line_id: string
}

export interface OrderLineRejected {
  readonly type: 'OrderLineRejected'
  readonly order_line_id: string
  readonly reason: string
}

export interface OrderLineNoted {
  readonly type: 'OrderLineNoted'
  readonly order_line_id: string
}

export interface CardPaymentCompleted {
  readonly type: 'CardPaymentCompleted'
  readonly order_line_id: string
}

export interface CardPaymentFailed {
  readonly type: 'CardPaymentFailed'
  readonly order_line_id: string
  readonly reason: string
}

export interface CardPaymentRefunded {
  readonly type: 'CardPaymentRefunded'
  readonly order_line_id: string
}

// crbus:end
/** Time-out of a step, which the saga sends to itself. */
export interface CheckoutFlowTimedOut {
  readonly type: 'CheckoutFlowTimedOut'
  readonly step: CheckoutFlowStep
}

/** Time-out of an undo command, which the saga sends to itself. */
export interface CheckoutFlowUndoTimedOut {
  readonly type: 'CheckoutFlowUndoTimedOut'
  readonly step: CheckoutFlowStep
  /** How often the command had been sent. */
  readonly attempt: number
}

// crbus:as ts.actions
export type CheckoutFlowAction =
  | OrderLinePlaced
  | OrderLineCancelled
  | OrderLineRejected
  | OrderLineNoted
  | CardPaymentCompleted
  | CardPaymentFailed
  | CardPaymentRefunded
  | CheckoutFlowTimedOut
  | CheckoutFlowUndoTimedOut
// crbus:end

// Messages that the saga sends: commands to aggregates, and events that say how the conversation ended.

// crbus:each command of asked
export interface CompleteCardPayment {
  readonly type: 'CompleteCardPayment'
  // crbus:each field of command.fields; string is field.ts
  readonly order_line_id: string
  // crbus:end
}

// crbus:end
// crbus:here
export interface CancelOrderLine {
  readonly type: 'CancelOrderLine'
  readonly order_line_id: string
}

export interface RefundCardPayment {
  readonly type: 'RefundCardPayment'
  readonly order_line_id: string
}

// crbus:end
// crbus:as ts.commands
export type CheckoutFlowCommand = CancelOrderLine | CompleteCardPayment | RefundCardPayment
// crbus:end

export interface CheckoutFlowCompleted extends CheckoutFlowFacts {
  readonly type: 'CheckoutFlowCompleted'
}

/** The conversation failed, and every step that can be undone was undone. */
export interface CheckoutFlowFailed extends CheckoutFlowFacts {
  readonly type: 'CheckoutFlowFailed'
  readonly because: string
}

/**
 * A step could not be undone, so a person must resolve it. If the step is undone later, the saga continues and publishes
 * CheckoutFlowFailed.
 */
export interface CheckoutFlowStuck extends CheckoutFlowFacts {
  readonly type: 'CheckoutFlowStuck'
  readonly step: CheckoutFlowStep
  /** Why the step could not be undone. */
  readonly because: string
}

/** The fields of received events that commands need. */
export interface CheckoutFlowFacts {
  // crbus:each fact of facts; string is fact.ts
  readonly order_line_id: string
  // crbus:end
}

// crbus:as ts.steps
export type CheckoutFlowStep = 'orderLine' | 'cardPayment'
// crbus:end
