// Generated from templates/ by npm run demo-sources. Do not edit: change the templates.

import { runAggregate } from 'crbus'
import type { Part } from '../part.ts'
import type { CompletePayment } from './actions.ts'
import { paymentAggregate as aggregate } from './aggregate.ts'
import { paymentCodec } from './codec.ts'

/** Creates a sample command for a trial run; every number gives a different one. */
const sampleCompletePayment = (number: number): CompletePayment => ({
  type: 'CompletePayment',
  order_id: crypto.randomUUID(),
  amount: 500 + ((number * 49_000) % 150_000),
})

export const paymentPart: Part = {
  name: aggregate.name,
  takes: aggregate.commands,
  events: [aggregate.events],
  run: (on) => runAggregate({ ...on, aggregate }),
  sample: (number) => paymentCodec.encode(sampleCompletePayment(number)),
}
