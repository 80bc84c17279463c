// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import type { CompletePayment, PaymentCommand, PaymentFailed, PaymentStatus } from './actions.ts'

type Command = PaymentCommand['type']
type Status = PaymentStatus

/** The statuses in which each command applies. In all other statuses the command is refused. */
const mayFollow: Readonly<Record<Command, readonly Status[]>> = {
  CompletePayment: ['new'],
}

/** Returns why a command does not apply in a status, or `undefined` if it does. */
export const whyNotNow = (status: Status, command: Command): string | undefined =>
  mayFollow[command].includes(status) ? undefined : `${command} does not apply in status ${status}`

/** Returns whether the last event is already the one that the command leads to, and may not happen twice in a row. */
export const isDone = (status: Status, command: Command, event: Status): boolean =>
  status === event && !mayFollow[command].includes(event)

/** Returns why CompletePayment is refused, or `undefined` if it leads to PaymentCompleted. */
export function whyNotCompletePayment(command: CompletePayment): string | undefined {
  if (command.order_id === '') return 'order_id is empty'
  // TODO(crbus): 0 to 100_000 is an example; which amount may CompletePayment have?
  const max = 100_000
  if (!(command.amount >= 0 && command.amount <= max)) {
    return `amount is not from 0 to ${max}`
  }
  return undefined
}

/** Creates the event that answers a refused CompletePayment. */
export const refuseCompletePayment = (command: CompletePayment, reason: string): PaymentFailed => ({
  type: 'PaymentFailed',
  order_id: command.order_id,
  amount: command.amount,
  reason,
})
