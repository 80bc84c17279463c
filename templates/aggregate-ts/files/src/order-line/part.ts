import { runAggregate } from 'crbus'
import type { Part } from '../part.ts'
import type { PlaceOrderLine } from './actions.ts'
import { orderLineAggregate as aggregate } from './aggregate.ts'
import { orderLineCodec } from './codec.ts'

/** Creates a sample command for a trial run; every number gives a different one. */
// crbus:put `number: number` is ts.sample_parameter
const samplePlaceOrderLine = (number: number): PlaceOrderLine => ({
  type: 'PlaceOrderLine',
  // crbus:put ``order-line-${number}`` is id.sample_ts
  order_line_id: `order-line-${number}`,
  // crbus:each field of creation.fields; `500 + ((number * 49_000) % 150_000)` is field.sample_ts
  line_total: 500 + ((number * 49_000) % 150_000),
  // crbus:end
})

export const orderLinePart: Part = {
  name: aggregate.name,
  takes: aggregate.commands,
  events: [aggregate.events],
  run: (on) => runAggregate({ ...on, aggregate }),
  // crbus:put number is ts.sample_argument
  sample: (number) => orderLineCodec.encode(samplePlaceOrderLine(number)),
}
