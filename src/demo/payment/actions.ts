// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

// What may be asked of it, and what happens to it. Events stay for ever: a field that comes later is optional.

/** Asks for PaymentCompleted. */
export interface CompletePayment {
  readonly type: 'CompletePayment'
  readonly order_id: string
  readonly amount: number
}

export interface PaymentCompleted {
  readonly type: 'PaymentCompleted'
  readonly order_id: string
  readonly amount: number
}

/** What CompletePayment may lead to instead. */
export interface PaymentFailed {
  readonly type: 'PaymentFailed'
  readonly order_id: string
  readonly amount: number
  readonly reason: string
}

export type PaymentCommand = CompletePayment
export type PaymentEvent = PaymentCompleted | PaymentFailed
export type PaymentAction = PaymentCommand | PaymentEvent

/** How far one of them is: the last event that changed it. */
export type PaymentStatus = 'new' | 'PaymentCompleted'
