// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { runAggregate } from 'crbus'
import type { Part } from '../part.ts'
import type { ReserveStock } from './actions.ts'
import { inventoryAggregate as aggregate } from './aggregate.ts'
import { inventoryCodec } from './codec.ts'

/** Creates a sample command for a trial run; every number gives a different one. */
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
