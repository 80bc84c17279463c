import type { BusRecord } from '../../bus/record.ts'
import type { DecodedEnvelope } from '../../codecs/envelope.ts'
import { decodeRecord } from '../../codecs/event-record.ts'
import { type DecodedPayload, decodePayload, payloadCodecs } from '../../codecs/payload.ts'
import type { DecodeFailure } from '../../schema/bincode/compile-decoder.ts'
import type { CompiledSchema, SchemaSet } from '../schemas/compiled.ts'

/** The values of `--codec`: codecs that need no schema, and `bincode`, which needs one. */
export const viewCodecs = [...payloadCodecs, 'bincode'] as const
export type ViewCodec = (typeof viewCodecs)[number]

/** How payloads are decoded. */
export interface Reading {
  /** Absent: the codec in `topics`, else the schema if there is one, else detection. */
  readonly codec?: ViewCodec | undefined
  /** The configured codecs by topic. */
  readonly topics?: ReadonlyMap<string, ConfiguredCodec> | undefined
  readonly schemas?: SchemaSet | undefined
}

/** The configured codec of a topic, and the file that configures it. */
interface ConfiguredCodec {
  readonly codec: 'cbor' | 'json' | 'bincode'
  readonly from: string
}

/** A payload with another codec than the configured one of its topic. */
type UnexpectedPayload = Extract<DecodedPayload, { ok: true }> & { readonly warning: string }

/** A payload decoded by a schema. Encoding the value again always gives the same bytes. */
interface BincodePayload {
  readonly ok: true
  readonly codec: 'bincode'
  readonly value: unknown
  readonly canonical: false
  /** The path of enum variants, such as `Inventory.SeatReserved`. */
  readonly variant: string | undefined
  /** Set when the bytes are another variant than the one of the event type. */
  readonly warning: string | undefined
}

/** A payload decoded by a schema directly to JSON text, without creating the value. */
interface BincodeJson extends Pick<BincodePayload, 'ok' | 'variant' | 'warning'> {
  readonly json: string
  /** The schema, as `CompiledSchema.id`. */
  readonly schema: string
  /** Whether encoding `json` by the schema gives the same bytes. */
  readonly isExact: boolean
}

/** A record with its decoded envelope and payload. */
export interface EventView {
  readonly record: BusRecord
  /** `undefined` for a tombstone. */
  readonly envelope: DecodedEnvelope | undefined
  /** `undefined` when the envelope is missing or undecodable. */
  readonly payload: DecodedPayload | UnexpectedPayload | BincodePayload | undefined
  /** `undefined` when no schema decodes it. */
  readonly bincodeJson: BincodeJson | undefined
}

const byDetection: Reading = {}

/** Creates a view that decodes envelope and payload on first access. */
export const viewOf = (record: BusRecord, reading: Reading = byDetection): EventView => new LazyView(record, reading)

/** Decodes lazily: a filter by event type needs no payload, and raw output does not even need the envelope. */
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

  /** The configured codec, unless it is `bincode`: such payloads are decoded by schema, as without a configuration. */
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

/** Decodes by the configured codec. A payload in another codec, from a publisher configured differently, gets a warning. */
function readConfigured({ codec, from }: ConfiguredCodec, { data }: EventBytes): DecodedPayload | UnexpectedPayload {
  const as = codec === 'json' ? 'json' : 'cbor'
  const decoded = decodePayload(data, as)
  if (decoded.ok) return decoded
  const detected = decodePayload(data)
  if (!detected.ok || (detected.codec !== 'json' && detected.codec !== 'cbor')) return decoded
  return {
    ...detected,
    warning: `the payload is ${detected.codec}, but ${from} sets the codec of its topic to ${codec}`,
  }
}

function readPayload(
  schema: CompiledSchema | undefined,
  codec: ViewCodec | undefined,
  { data, eventType }: EventBytes,
): DecodedPayload | BincodePayload {
  const own = codec === 'bincode' ? undefined : codec
  if (schema === undefined) {
    if (codec === 'bincode') return { ok: false, reason: `no schema has the event type ${eventType}` }
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
  // TypeScript services publish JSON and CBOR to the same topics.
  const detected = codec === 'bincode' ? undefined : decodePayload(data)
  const isOther = detected?.ok && (detected.codec === 'json' || detected.codec === 'cbor')
  return isOther ? detected : { ok: false, reason: failureText(decoded, schema.warningOf(eventType, decoded.variant)) }
}

function failureText({ reason, path, offset }: DecodeFailure, warning: string | undefined): string {
  return `${path === '' ? '' : `${path}: `}${reason} (byte ${offset})${warning === undefined ? '' : `; ${warning}`}`
}
