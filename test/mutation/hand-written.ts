import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Mutant } from './run-mutants.ts'

type Change = readonly [what: string, file: string, from: string, to: string]

/** Mistakes as people make them, each as a replacement of text that the generated source has exactly once. */
const changes: Readonly<Record<string, readonly Change[]>> = {
  order: [
    [
      'shipped after cancelled',
      'rules.ts',
      "ShipOrder: ['OrderPlaced']",
      "ShipOrder: ['OrderPlaced', 'OrderCancelled']",
    ],
    ['placed twice', 'rules.ts', "PlaceOrder: ['new']", "PlaceOrder: ['new', 'OrderPlaced']"],
    ['an empty id is accepted', 'rules.ts', "command.order_id === ''", 'false'],
    ['an amount of 0 is refused', 'rules.ts', 'command.total >= 0', 'command.total > 0'],
    ['the reason is lost', 'rules.ts', '  reason,\n', "  reason: '',\n"],
    ['no publish', 'aggregate.ts', ', publish(ORDER_EVENTS, event)]', ']'],
    ['the wrong event topic', 'aggregate.ts', "ORDER_EVENTS = 'order-events'", "ORDER_EVENTS = 'orders-events'"],
    ['the state is not kept', 'aggregate.ts', '        total: action.total,\n', ''],
    ['not stored', 'aggregate.ts', 'append(event), ', ''],
    ['the wrong command topic', 'aggregate.ts', "= 'order-commands'", "= 'order-events'"],
  ],
  checkout: [
    ['undone in the wrong order', 'saga.ts', 'const effects = plan.toReversed()', 'const effects = plan'],
    ['the reason is lost', 'saga.ts', 'because: state.reason', "because: ''"],
    ['the wrong command topic', 'saga.ts', "commands: 'payment-commands'", "commands: 'order-commands'"],
    ['no publish', 'saga.ts', 'effects: [publish(CHECKOUT_EVENTS, completed)]', 'effects: []'],
    ['the wrong event topic', 'saga.ts', "CHECKOUT_EVENTS = 'checkout-events'", "CHECKOUT_EVENTS = 'order-events'"],
    ['what was told is not kept', 'saga.ts', '{ ...before.facts, ...facts }', '{ ...before.facts }'],
  ],
}

/** The mutants of a service that `makeService` made. Throws when a text is not where it was, or is there twice. */
export const handWritten = (service: string): readonly Mutant[] =>
  Object.entries(changes).flatMap(([part, list]) =>
    list.map(([what, file, from, to]) => {
      const text = readFileSync(join(service, 'src', part, file), 'utf8')
      if (text.split(from).length !== 2) throw new Error(`src/${part}/${file} must have this text once: ${from}`)
      return { part, file, what, text: text.replace(from, () => to) }
    }),
  )
