import { readFileSync } from 'node:fs'
import { type Action, cborCodec, combineCodecs, type EventCodec, readSchemaFile, schemaCodec } from 'crbus'
import type { CheckoutFlowAction } from './actions.ts'

/** Creates the codec for a service that encodes as Rust does: decodes its events and encodes its commands with its schema. */
const bySchema = (file: string): EventCodec<Action> => {
  const read = readSchemaFile(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'))
  if (!read.ok) throw new Error(read.problems.map(({ path, reason }) => `${path}: ${reason}`).join('\n'))
  return schemaCodec(read.schema)
}

/** The events that the saga receives. Event types that are in no schema are CBOR. */
export const checkoutFlowCodec = combineCodecs<CheckoutFlowAction>(
  // crbus:each schema of schemas; `schemas/card-payment-events.json` is schema.file
  bySchema('schemas/card-payment-events.json'),
  // crbus:end
  cborCodec({
    // crbus:each event of plain
    OrderLinePlaced: 1,
    // crbus:end
    // crbus:here
    OrderLineCancelled: 1,
    OrderLineRejected: 1,
    OrderLineNoted: 1,
    // crbus:end
    CheckoutFlowTimedOut: 1,
    CheckoutFlowUndoTimedOut: 1,
  }),
)
