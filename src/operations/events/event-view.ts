import type { BusRecord } from '../../bus/record.ts'
import type { DecodedEnvelope } from '../../codecs/envelope.ts'
import { decodeRecord } from '../../codecs/event-record.ts'
import { type DecodedPayload, decodePayload, payloadCodecs } from '../../codecs/payload.ts'
import type { DecodeFailure } from '../../schema/bincode/compile-decoder.ts'
import type { CompiledSchema, SchemaSet } from '../schemas/compiled.ts'

/** The names of `--codec`: what a payload is read as by itself, and `bincode`, for which it takes a schema. */
export const viewCodecs = [...payloadCodecs, 'bincode'] as const
export type ViewCodec = (typeof viewCodecs)[number]

/** How payloads are read. */
export interface Reading {
  /** Absent: as `topics` says, else by schema where there is one, else by looking. */
  readonly codec?: ViewCodec | undefined
  /** The codecs that topics are configured to be written with. */
  readonly topics?: ReadonlyMap<string, ConfiguredCodec> | undefined
  readonly schemas?: SchemaSet | undefined
}

/** The codec of a topic, and the file that says so. */
interface ConfiguredCodec {
  readonly codec: 'cbor' | 'json' | 'bincode'
  readonly from: string
}

/** A payload that reads as another codec than the one its topic is configured to be written with. */
type UnexpectedPayload = Extract<DecodedPayload, { ok: true }> & { readonly warning: string }

/** A payload read by a schema: always the bytes that the value would be written as. */
interface BincodePayload {
  readonly ok: true
  readonly codec: 'bincode'
  readonly value: unknown
  readonly canonical: false
  /** The path of variants, `Inventory.SeatReserved`. */
  readonly variant: string | undefined
  /** Set when the bytes are of another variant than the event type names. */
  readonly warning: string | undefined
}

/** The same as JSON text, made without the value. */
interface BincodeJson extends Pick<BincodePayload, 'ok' | 'variant' | 'warning'> {
  readonly json: string
  /** The schema it is read by: see `CompiledSchema.id`. */
  readonly schema: string
  /** Writing it by the schema again gives the same bytes. */
  readonly isExact: boolean
}

/** A record with everything crbus can read of it. */
export interface EventView {
  readonly record: BusRecord
  /** `undefined` for a tombstone. */
  readonly envelope: DecodedEnvelope | undefined
  /** `undefined` when there is no envelope to hold one. */
  readonly payload: DecodedPayload | UnexpectedPayload | BincodePayload | undefined
  /** `undefined` when no schema reads it. */
  readonly bincodeJson: BincodeJson | undefined
}

const byLooking: Reading = {}

/** Decodes a record when somebody asks: its envelope, then the payload, by schema, by looking or as told. */
export const viewOf = (record: BusRecord, reading: Reading = byLooking): EventView => new LazyView(record, reading)

/** A filter by type needs no payload, and raw output not even the envelope. */
class LazyView implements EventView {
  readonly record: BusRecord
  readonly #reading: Reading
  #envelope: DecodedEnvelope | undefined
  #payload: EventView['payload']
  #json: BincodeJson | null | undefined

  constructor(record: BusRecord, reading: Reading) {
    this.record = record
    this.#reading = reading
  }

  get envelope(): DecodedEnvelope | undefined {
    const { value, headers } = this.record
    if (value !== null) this.#envelope ??= decodeRecord({ value, headers })
    return this.#envelope
  }

  get payload(): EventView['payload'] {
    const { envelope } = this
    if (envelope?.ok) this.#payload ??= this.#read(envelope.event)
    return this.#payload
  }

  get bincodeJson(): BincodeJson | undefined {
    const { envelope } = this
    if (!envelope?.ok || this.#json === null) return undefined
    if (this.#json !== undefined) return this.#json
    const schema = this.#schema
    const decoded = schema?.decoder.decodeToJson(envelope.event.data)
    if (schema === undefined || !decoded?.ok) {
      this.#json = null
      return undefined
    }
    const { json, variant } = decoded
    const warning = schema.warningOf(envelope.event.eventType, variant)
    this.#json = {
      ok: true,
      json,
      variant,
      warning,
      schema: schema.id,
      isExact: schema.isExactAsJson(variant) && warning === undefined,
    }
    return this.#json
  }

  #read(event: EventBytes): NonNullable<EventView['payload']> {
    const { codec } = this.#reading
    const configured = this.#configured
    return configured === undefined ? readPayload(this.#schema, codec, event) : readConfigured(configured, event)
  }

  /** Only for codecs that read themselves: with `bincode`, a payload is read by its schema as without it. */
  get #configured(): ConfiguredCodec | undefined {
    const { codec, topics } = this.#reading
    const configured = codec === undefined ? topics?.get(this.record.topic) : undefined
    return configured?.codec === 'bincode' ? undefined : configured
  }

  get #schema(): CompiledSchema | undefined {
    const { codec, schemas } = this.#reading
    if (
      this.#configured !== undefined ||
      schemas === undefined ||
      (codec !== undefined && codec !== 'bincode') ||
      !this.#envelope?.ok
    )
      return undefined
    return schemas.find(this.record.topic, this.#envelope.event.eventType)
  }
}

interface EventBytes {
  readonly data: Uint8Array
  readonly eventType: string
}

/** A payload of another codec, as of a publisher that does not know the topic's, is shown with a warning. */
function readConfigured({ codec, from }: ConfiguredCodec, { data }: EventBytes): DecodedPayload | UnexpectedPayload {
  const as = codec === 'json' ? 'json' : 'cbor'
  const decoded = decodePayload(data, as)
  if (decoded.ok) return decoded
  const looked = decodePayload(data)
  if (!looked.ok || (looked.codec !== 'json' && looked.codec !== 'cbor')) return decoded
  return {
    ...looked,
    warning: `the payload is ${looked.codec}, and ${from} says that its topic is written as ${codec}`,
  }
}

function readPayload(
  schema: CompiledSchema | undefined,
  codec: ViewCodec | undefined,
  { data, eventType }: EventBytes,
): DecodedPayload | BincodePayload {
  const own = codec === 'bincode' ? undefined : codec
  if (schema === undefined) {
    if (codec === 'bincode') return { ok: false, reason: `no schema knows the event type ${eventType}` }
    return decodePayload(data, own)
  }
  const decoded = schema.decoder.decode(data)
  if (decoded.ok) {
    const { value, variant } = decoded
    return {
      ok: true,
      codec: 'bincode',
      value,
      canonical: false,
      variant,
      warning: schema.warningOf(eventType, variant),
    }
  }
  // TypeScript services put JSON and CBOR on the same topics.
  const looked = codec === 'bincode' ? undefined : decodePayload(data)
  const isOther = looked?.ok && (looked.codec === 'json' || looked.codec === 'cbor')
  return isOther ? looked : { ok: false, reason: failureText(decoded, schema.warningOf(eventType, decoded.variant)) }
}

function failureText({ reason, path, offset }: DecodeFailure, warning: string | undefined): string {
  return `${path === '' ? '' : `${path}: `}${reason} (byte ${offset})${warning === undefined ? '' : `; ${warning}`}`
}
