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

/** Decodes a record when somebody asks: its envelope, then the payload, by looking or as told. */
export const viewOf = (record: BusRecord, codec?: PayloadCodec): EventView => new LazyView(record, codec)

/** A filter by type needs no payload, and raw output not even the envelope. */
class LazyView implements EventView {
  readonly record: BusRecord
  readonly #codec: PayloadCodec | undefined
  #envelope: DecodedEnvelope | undefined
  #payload: DecodedPayload | undefined

  constructor(record: BusRecord, codec: PayloadCodec | undefined) {
    this.record = record
    this.#codec = codec
  }

  get envelope(): DecodedEnvelope | undefined {
    const { value } = this.record
    if (value !== null) this.#envelope ??= decodeEnvelope(value)
    return this.#envelope
  }

  get payload(): DecodedPayload | undefined {
    const { envelope } = this
    if (envelope?.ok) this.#payload ??= decodePayload(envelope.event.data, this.#codec)
    return this.#payload
  }
}
