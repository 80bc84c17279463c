import { runAggregate } from 'crbus'
import type { Part } from '../part.ts'
import type { PlaceOrder } from './actions.ts'
import { ORDER_COMMANDS, order } from './aggregate.ts'
import { orderCodec } from './codec.ts'

/** One for a trial run, each different. */
const samplePlaceOrder = (number: number): PlaceOrder => ({
  type: 'PlaceOrder',
  order_id: crypto.randomUUID(),
  item: `item-${number}`,
  total: 500 + ((number * 49_000) % 150_000),
})

export const orderPart: Part = {
  name: order.name,
  takes: ORDER_COMMANDS,
  run: (on) => runAggregate({ ...on, aggregate: order }),
  sample: (number) => orderCodec.encode(samplePlaceOrder(number)),
}
