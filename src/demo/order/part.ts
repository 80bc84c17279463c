// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { runAggregate } from 'crbus'
import type { Part } from '../part.ts'
import type { PlaceOrder } from './actions.ts'
import { orderAggregate as aggregate } from './aggregate.ts'
import { orderCodec } from './codec.ts'

/** Creates a sample command for a trial run; every number gives a different one. */
const samplePlaceOrder = (number: number): PlaceOrder => ({
  type: 'PlaceOrder',
  order_id: crypto.randomUUID(),
  item: `item-${number}`,
  total: 500 + ((number * 49_000) % 150_000),
})

export const orderPart: Part = {
  name: aggregate.name,
  takes: aggregate.commands,
  events: [aggregate.events],
  run: (on) => runAggregate({ ...on, aggregate }),
  sample: (number) => orderCodec.encode(samplePlaceOrder(number)),
}
