// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import type { OrderCommand, OrderStatus } from './actions.ts'

type Command = OrderCommand['type']
type Status = OrderStatus

/** The statuses in which each command applies. In all other statuses the command is refused. */
const mayFollow: Readonly<Record<Command, readonly Status[]>> = {
  PlaceOrder: ['new'],
  CancelOrder: ['OrderPlaced'],
}

/** Returns why a command does not apply in a status, or `undefined` if it does. */
export const whyNotNow = (status: Status, command: Command): string | undefined =>
  mayFollow[command].includes(status) ? undefined : `${command} does not apply in status ${status}`

/** Returns whether the last event is already the one that the command leads to, and may not happen twice in a row. */
export const isDone = (status: Status, command: Command, event: Status): boolean =>
  status === event && !mayFollow[command].includes(event)
