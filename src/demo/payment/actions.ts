// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

// The commands and events of the payment. Stored events never change, so make every field that you add later optional.

/** Command that leads to PaymentCompleted. */
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

/** Event that answers a refused command. */
export interface PaymentFailed {
  readonly type: 'PaymentFailed'
  readonly order_id: string
  readonly amount: number
  readonly reason: string
}

export type PaymentCommand = CompletePayment
export type PaymentEvent = PaymentCompleted | PaymentFailed
export type PaymentAction = PaymentCommand | PaymentEvent

/** The last event that changed the payment, or `new` before the first one. */
export type PaymentStatus = 'new' | 'PaymentCompleted'
