// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import type { OrderCommand, OrderStatus } from './actions.ts'

type Command = OrderCommand['type']
type Status = OrderStatus

/** The statuses in which each command applies. In any other it is refused. */
const mayFollow: Readonly<Record<Command, readonly Status[]>> = {
  PlaceOrder: ['new'],
  CancelOrder: ['OrderPlaced'],
}

/** Why a command does not apply in a status; `undefined`: it does. */
export const whyNotNow = (status: Status, command: Command): string | undefined =>
  mayFollow[command].includes(status) ? undefined : `${command} does not apply in status ${status}`

/** Whether a command asks for what was the last thing to happen, and does not apply once more. */
export const isDone = (status: Status, command: Command, event: Status): boolean =>
  status === event && !mayFollow[command].includes(event)
