// What the saga hears: of each event only what it needs.

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
/** A step did not answer in time. The saga tells itself. */
export interface CheckoutFlowTimedOut {
  readonly type: 'CheckoutFlowTimedOut'
  readonly step: CheckoutFlowStep
}

/** The command that undoes a step was not answered in time. The saga tells itself. */
export interface CheckoutFlowUndoTimedOut {
  readonly type: 'CheckoutFlowUndoTimedOut'
  readonly step: CheckoutFlowStep
  /** How often the command was sent by then. */
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

// What it says: commands to others, and how it ended.

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

/** Every step that can be undone was undone. */
export interface CheckoutFlowFailed extends CheckoutFlowFacts {
  readonly type: 'CheckoutFlowFailed'
  readonly because: string
}

/**
 * A step could not be undone: a person has to see to it. When the aggregate says later that the step was undone, the saga
 * goes on to CheckoutFlowFailed.
 */
export interface CheckoutFlowStuck extends CheckoutFlowFacts {
  readonly type: 'CheckoutFlowStuck'
  readonly step: CheckoutFlowStep
  /** Why the step is not undone. */
  readonly because: string
}

/** What the events have told so far that commands are made of. */
export interface CheckoutFlowFacts {
  // crbus:each fact of facts; string is fact.ts
  readonly order_line_id: string
  // crbus:end
}

// crbus:as ts.steps
export type CheckoutFlowStep = 'orderLine' | 'cardPayment'
// crbus:end
