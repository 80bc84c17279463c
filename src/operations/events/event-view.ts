import type { BusRecord } from '../../bus/record.ts'
import type { DecodedEnvelope } from '../../codecs/envelope.ts'
import { decodeRecord } from '../../codecs/event-record.ts'
import { type DecodedPayload, decodePayload, payloadCodecs } from '../../codecs/payload.ts'
import { decodePlainValue } from '../../codecs/plain-value.ts'
import { W3Spans } from '../../codecs/scan-w3-envelope.ts'
import { asBuffer, repeatedText } from '../../codecs/text-cache.ts'
import type { DecodeFailure } from '../../schema/bincode/compile-decoder.ts'
import type { FieldSelection } from '../../schema/bincode/field-selection.ts'
import type { CompiledSchema, SchemaSet } from '../schemas/compiled.ts'
import {
  detectByNames,
  isNamedCodec,
  type NamedCodec,
  type NamedPayload,
  readByNames,
} from '../schemas/named-payload.ts'
import type { DecodedKey, DecodedValue, ValueDecoder } from './value-decoder.ts'

/** The values of `--codec`: codecs that need no schema, and `bincode`, which needs one. */
export const viewCodecs = [...payloadCodecs, 'bincode'] as const
export type ViewCodec = (typeof viewCodecs)[number]

/** How payloads are decoded: with a codec for all topics, with configured codecs by topic, or by schemas. */
export interface Reading {
  /** The codec of all payloads. Absent: the codec in `topics`, else the schema of the topic, else detection. */
  readonly codec?: ViewCodec | undefined
  /** The configured codecs by topic. */
  readonly topics?: ReadonlyMap<string, ConfiguredCodec> | undefined
  readonly schemas?: SchemaSet | undefined
  /**
   * The topics in which an event was found; views add to it. In these topics, text without an envelope is not shown as plain text,
   * because it may be a damaged envelope.
   */
  readonly eventTopics?: Set<string> | undefined
  /** Decodes values that crbus itself cannot decode. The caller prepares it for the records. */
  readonly decoder?: ValueDecoder | undefined
}

/** The configured codec of a topic, and the file that configures it. */
interface ConfiguredCodec {
  readonly codec: NamedCodec | 'bincode'
  readonly from: string
}

/** A payload that is not encoded with the configured codec of its topic, or that does not fit the schema. `warning` says so. */
type UnexpectedPayload = Extract<DecodedPayload, { ok: true }> & { readonly warning: string }

/** A payload decoded by a schema. */
interface BincodePayload {
  readonly ok: true
  readonly codec: 'bincode'
  readonly value: unknown
  /** As in {@link DecodedPayload}: false, because encoding the value again needs the schema. */
  readonly canonical: false
  /** The dotted path of nested enum variants, such as `Inventory.SeatReserved`; `undefined` if the payload is not an enum. */
  readonly variant: string | undefined
  /** Set if the variant in the bytes is not the variant of the event type. */
  readonly warning: string | undefined
}

/** A payload that a schema decodes directly to JSON text, which is faster than creating the value first. */
interface BincodeJson extends Pick<BincodePayload, 'ok' | 'variant' | 'warning'> {
  readonly json: string
  /** The `CompiledSchema.id` of the schema. */
  readonly schema: string
  /** Whether encoding `json` by the schema gives the same bytes. */
  readonly isExact: boolean
}

/** A record with its decoded envelope and payload. A record without an envelope may have a plain value, such as JSON. */
export interface EventView {
  readonly record: BusRecord
  /** `undefined` for a tombstone. */
  readonly envelope: DecodedEnvelope | undefined
  /** The payload of the event, or the plain value of a record without an envelope. `undefined` for a tombstone. */
  readonly payload: DecodedPayload | UnexpectedPayload | BincodePayload | NamedPayload | DecodedValue | undefined
  /** The record key, if the decoder of the reading decodes it. `undefined` for a key of text or other bytes. */
  readonly decodedKey: DecodedKey | undefined
  /** Whether the value is neither an event nor a plain value. False for a tombstone. */
  readonly isUndecodable: boolean
  /** The payload as JSON text; `undefined` if no schema decodes the payload. */
  readonly bincodeJson: BincodeJson | undefined
  /** Returns the value of the payload, in which only the selected fields matter; null if the payload is undecodable or missing. */
  readonly fieldsOf: (selected: FieldSelection) => unknown
}

/** Creates a view of a record, which decodes envelope and payload on first access. By default, the codec is detected. */
export const viewOf = (record: BusRecord, reading: Reading = {}): EventView => new LazyView(record, reading)

/** Serves for all records. */
const spans = new W3Spans()

/** Decodes lazily: a filter by event type needs no payload, and raw output does not even need the envelope. */
class LazyView implements EventView {
  readonly record: BusRecord
  readonly #reading: Reading
  #envelope: DecodedEnvelope | undefined
  #payload: EventView['payload']
  /** `null`: the decoder does not decode the record. `undefined`: not decoded yet. */
  #decoded: DecodedValue | null | undefined
  /** `null`: the decoder does not decode the key. `undefined`: not decoded yet. */
  #key: DecodedKey | null | undefined
  /** `null`: no schema decodes the payload. `undefined`: not decoded yet. */
  #json: BincodeJson | null | undefined

  constructor(record: BusRecord, reading: Reading) {
    this.record = record
    this.#reading = reading
  }

  get envelope(): DecodedEnvelope | undefined {
    const { value, headers, topic } = this.record
    if (value === null || this.#envelope !== undefined) return this.#envelope
    this.#envelope = decodeRecord({ value, headers })
    if (this.#envelope.ok) this.#reading.eventTopics?.add(topic)
    return this.#envelope
  }

  get payload(): EventView['payload'] {
    const { envelope } = this
    if (envelope === undefined || this.#payload !== undefined) return this.#payload
    const decoded = this.#decodedValue
    this.#payload = decoded ?? (envelope.ok ? this.#read(envelope.event) : (this.#plainValue ?? envelope))
    return this.#payload
  }

  get decodedKey(): DecodedKey | undefined {
    const { decoder } = this.#reading
    if (decoder?.decodeKey === undefined) return undefined
    if (this.#key === undefined) this.#key = decoder.decodeKey(this.record) ?? null
    return this.#key ?? undefined
  }

  get isUndecodable(): boolean {
    return this.envelope?.ok === false && this.payload?.ok !== true
  }

  get bincodeJson(): BincodeJson | undefined {
    const { envelope } = this
    if (!envelope?.ok || this.#json === null || this.#decodedValue !== undefined) return undefined
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

  fieldsOf(selected: FieldSelection): unknown {
    if (selected !== 'all') {
      const value = this.#fieldsBySchema(selected)
      if (value !== undefined) return value
    }
    const { payload } = this
    return payload?.ok ? payload.value : null
  }

  /** Reads the selected fields of the payload by the schema. `undefined` if no schema decodes the payload. */
  #fieldsBySchema(selected: ReadonlyMap<string, FieldSelection>): unknown {
    const { decoder, schemas } = this.#reading
    if (schemas === undefined || !this.#maySchemaDecode) return undefined
    if (decoder?.decodesEvents && this.#decodedValue !== undefined) return undefined
    const event = this.#eventBytes
    return event && schemas.find(this.record.topic, event.eventType)?.fieldDecoder(selected)(event.data)
  }

  /** The event type and the payload. Where the bytes tell them, the envelope is not decoded: a printer may need only its bytes. */
  get #eventBytes(): EventBytes | undefined {
    const { value, topic } = this.record
    if (value !== null && this.#envelope === undefined) {
      const bytes = asBuffer(value)
      const isEnvelope = spans.scan(bytes) && spans.hasAsciiMetadata(bytes)
      const eventType = isEnvelope ? repeatedText(bytes, spans.typeStart, spans.typeEnd) : undefined
      if (eventType !== undefined) {
        this.#reading.eventTopics?.add(topic)
        return { eventType, data: bytes.subarray(spans.dataStart, spans.dataEnd) }
      }
    }
    const { envelope } = this
    return envelope?.ok ? envelope.event : undefined
  }

  /** The value that the decoder of the reading returns. `undefined` without one, and for a record that it does not decode. */
  get #decodedValue(): DecodedValue | undefined {
    const { decoder } = this.#reading
    if (decoder === undefined || (this.envelope?.ok && !decoder.decodesEvents)) return undefined
    this.#decoded ??= decoder.decode(this.record) ?? null
    return this.#decoded ?? undefined
  }

  /** The plain value of a record whose envelope cannot be decoded. `undefined` if it has none. */
  get #plainValue(): DecodedPayload | undefined {
    const { value, topic } = this.record
    const { codec } = this.#reading
    if (value === null || codec === 'bytes' || codec === 'bincode') return undefined
    const plain = decodePlainValue(value, codec)
    const isDoubtful = plain?.codec === 'text' && codec === undefined && this.#hasEvents(topic)
    return isDoubtful ? undefined : plain
  }

  /** Whether the values of a topic should have an envelope: it has a schema or a configured codec, or an event was found in it. */
  #hasEvents(topic: string): boolean {
    const { schemas, topics, eventTopics } = this.#reading
    return eventTopics?.has(topic) === true || topics?.has(topic) === true || schemas?.ofTopic(topic) !== undefined
  }

  #read(event: EventBytes): NonNullable<EventView['payload']> {
    const { codec, schemas } = this.#reading
    const configured = this.#configured
    if (configured === undefined && !isNamedCodec(codec)) return readPayload(this.#schema, codec, event)
    const schema = schemas?.knowing(this.record.topic, event.eventType)
    return configured === undefined
      ? readNamed(codec as NamedCodec, undefined, event, schema)
      : readNamed(configured.codec, configured.from, event, schema)
  }

  /** The configured codec of the topic. `undefined` for `bincode`, because a schema decodes such payloads in any case. */
  get #configured(): { readonly codec: NamedCodec; readonly from: string } | undefined {
    const { codec, topics } = this.#reading
    const configured = codec === undefined ? topics?.get(this.record.topic) : undefined
    return configured === undefined || configured.codec === 'bincode'
      ? undefined
      : { ...configured, codec: configured.codec }
  }

  /** The schema of the event; `undefined` if another codec is requested or configured, or if no schema has the event. */
  get #schema(): CompiledSchema | undefined {
    if (!this.#maySchemaDecode || !this.#envelope?.ok) return undefined
    return this.#reading.schemas?.find(this.record.topic, this.#envelope.event.eventType)
  }

  /** Whether no other codec is requested or configured. */
  get #maySchemaDecode(): boolean {
    const { codec } = this.#reading
    return this.#configured === undefined && (codec === undefined || codec === 'bincode')
  }
}

interface EventBytes {
  readonly data: Uint8Array
  readonly eventType: string
}

/**
 * Decodes a payload with a requested codec, or with the one that the file `from` configures, and reads it by the schema of its event
 * type. If the payload is in another codec than configured, decodes it with that one and adds a warning.
 */
function readNamed(
  codec: NamedCodec,
  from: string | undefined,
  { data, eventType }: EventBytes,
  schema: CompiledSchema | undefined,
): DecodedPayload | UnexpectedPayload | NamedPayload {
  const decoded = decodePayload(data, codec)
  if (decoded.ok) {
    if (schema === undefined) return decoded
    const read = readByNames({ ...decoded, codec }, schema, eventType)
    if (!('misfit' in read)) return read
    return from === undefined && !schema.needsNames ? decoded : { ...decoded, warning: read.misfit }
  }
  const detected = from === undefined ? undefined : decodePayload(data)
  if (!detected?.ok || !isNamedCodec(detected.codec)) return decoded
  return {
    ...detected,
    warning: `the payload is ${detected.codec}, but ${from} sets the codec of its topic to ${codec}`,
  }
}

/** Decodes a payload by its schema. Without a schema, by `codec`, else by detection. */
function readPayload(
  schema: CompiledSchema | undefined,
  codec: ViewCodec | undefined,
  { data, eventType }: EventBytes,
): DecodedPayload | UnexpectedPayload | BincodePayload | NamedPayload {
  if (schema === undefined) {
    if (codec === 'bincode') return { ok: false, reason: `no schema has the event type ${eventType}` }
    return decodePayload(data, codec)
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
  // Services may publish JSON, CBOR or MessagePack to a topic whose other events are in bincode, or that bincode cannot contain.
  const named = codec === 'bincode' ? undefined : detectByNames(data, schema, eventType)
  if (named !== undefined) {
    if (!('misfit' in named)) return named
    const { misfit, at: _, ...found } = named
    return schema.needsNames ? { ...found, warning: misfit } : found
  }
  return { ok: false, reason: failureText(decoded, schema.causeOfFailure(eventType, decoded.variant)) }
}

function failureText({ reason, path, offset }: DecodeFailure, warning: string | undefined): string {
  return `${path === '' ? '' : `${path}: `}${reason} (byte ${offset})${warning === undefined ? '' : `; ${warning}`}`
}
