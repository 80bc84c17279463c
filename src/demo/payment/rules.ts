import type { CompletePayment, PaymentFailed } from './actions.ts'

/** More is too much. */
const MOST_AMOUNT = 100_000

/** Why CompletePayment does not lead to PaymentCompleted; `undefined`: it does. A rule to begin with, to be replaced by yours. */
export function whyNotCompletePayment(command: CompletePayment): PaymentFailed | undefined {
  if (command.amount <= MOST_AMOUNT) return undefined
  return {
    type: 'PaymentFailed',
    order_id: command.order_id,
    amount: command.amount,
    reason: 'amount is too much',
  }
}
