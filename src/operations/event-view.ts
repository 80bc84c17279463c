import type { BusRecord } from '../bus/record.ts'
import { type DecodedEnvelope, decodeEnvelope } from '../codecs/envelope.ts'
import { type DecodedPayload, decodePayload, type PayloadCodec } from '../codecs/payload.ts'

/** The names of `--codec`. */
export { payloadCodecs } from '../codecs/payload.ts'

/** A record with everything crbus can read of it. */
export interface EventView {
  readonly record: BusRecord
  /** `undefined` for a tombstone. */
  readonly envelope: DecodedEnvelope | undefined
  /** `undefined` when there is no envelope to hold one. */
  readonly payload: DecodedPayload | undefined
}

/** Decodes a record: its envelope, then the payload, by looking or as told. */
export function viewOf(record: BusRecord, codec?: PayloadCodec): EventView {
  if (record.value === null) return { record, envelope: undefined, payload: undefined }
  const envelope = decodeEnvelope(record.value)
  return { record, envelope, payload: envelope.ok ? decodePayload(envelope.event.data, codec) : undefined }
}
