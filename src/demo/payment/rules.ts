// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import type { CompletePayment, PaymentCommand, PaymentFailed, PaymentStatus } from './actions.ts'

type Command = PaymentCommand['type']
type Status = PaymentStatus

/** The statuses in which each command applies. In any other it is refused. */
const mayFollow: Readonly<Record<Command, readonly Status[]>> = {
  CompletePayment: ['new'],
}

/** Why a command does not apply in a status; `undefined`: it does. */
export const whyNotNow = (status: Status, command: Command): string | undefined =>
  mayFollow[command].includes(status) ? undefined : `${command} does not apply in status ${status}`

/** Whether a command asks for what was the last thing to happen, and does not apply once more. */
export const isDone = (status: Status, command: Command, event: Status): boolean =>
  status === event && !mayFollow[command].includes(event)

/** Why CompletePayment does not lead to PaymentCompleted; `undefined`: it does. */
export function whyNotCompletePayment(command: CompletePayment): string | undefined {
  if (command.order_id === '') return 'order_id is empty'
  // TODO(crbus): 0 to 100_000 is an example; which amount may CompletePayment have?
  const max = 100_000
  if (!(command.amount >= 0 && command.amount <= max)) {
    return `amount is not from 0 to ${max}`
  }
  return undefined
}

/** What CompletePayment leads to where it is refused. */
export const refuseCompletePayment = (command: CompletePayment, reason: string): PaymentFailed => ({
  type: 'PaymentFailed',
  order_id: command.order_id,
  amount: command.amount,
  reason,
})
