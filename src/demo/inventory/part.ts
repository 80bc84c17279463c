// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { runAggregate } from 'crbus'
import type { Part } from '../part.ts'
import type { ReserveStock } from './actions.ts'
import { inventoryAggregate as aggregate } from './aggregate.ts'
import { inventoryCodec } from './codec.ts'

/** One for a trial run, each different. */
const sampleReserveStock = (number: number): ReserveStock => ({
  type: 'ReserveStock',
  order_id: crypto.randomUUID(),
  item: `item-${number}`,
})

export const inventoryPart: Part = {
  name: aggregate.name,
  takes: aggregate.commands,
  events: [aggregate.events],
  run: (on) => runAggregate({ ...on, aggregate }),
  sample: (number) => inventoryCodec.encode(sampleReserveStock(number)),
}
