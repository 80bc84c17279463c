import type { DecodedEnvelope } from '../../codecs/envelope.ts'
import { type DecodedPayload, decodePayload } from '../../codecs/payload.ts'
import { asBuffer } from '../../codecs/text-cache.ts'
import type { EncodedSerde } from '../../schema/serde/serde-codec.ts'
import type { SerdeFormat } from '../../schema/serde/write-primitive.ts'
import type { CompiledSchema, SchemaSet } from './compiled.ts'

/** The codecs whose payloads contain the names of fields. */
export const namedCodecs = ['json', 'cbor', 'msgpack'] as const
export type NamedCodec = (typeof namedCodecs)[number]

export const isNamedCodec = (codec: string | undefined): codec is NamedCodec =>
  namedCodecs.some((named) => named === codec)

/** A payload in a codec with names that a schema read: library types are texts, and arrays of MessagePack have names. */
export interface NamedPayload {
  readonly ok: true
  readonly codec: NamedCodec
  readonly value: unknown
  /** Whether encoding `value` as `codec` gives the same bytes. */
  readonly canonical: boolean
  /** The dotted path of nested variants, by their names in Rust; `undefined` if the payload is not an enum. */
  readonly variant: string | undefined
  /** Set if the variant is not that of the event type. */
  readonly warning: string | undefined
  /** The `CompiledSchema.id` of the schema. */
  readonly schema: string
}

/** A payload that the schema does not read: it is shown as it is, with the reason. */
export type MisfitPayload = Extract<DecodedPayload, { ok: true }> & {
  readonly misfit: string
  /** The part that does not fit. */
  readonly at: { readonly path: string; readonly reason: string }
}

/** Reads a decoded payload by a schema. JSON stays as it is, because it already says everything. */
export function readByNames(
  decoded: Extract<DecodedPayload, { ok: true }> & { readonly codec: NamedCodec },
  schema: CompiledSchema,
  eventType: string,
): NamedPayload | MisfitPayload {
  const { codec, value, canonical } = decoded
  const read = schema.serde.read(value)
  if (!read.ok) {
    const where = read.path === '' ? '' : `${read.path}: `
    const { path, reason } = read
    return { ...decoded, misfit: `the payload does not fit the schema: ${where}${reason}`, at: { path, reason } }
  }
  const { variant } = read
  const warning = schema.warningOf(eventType, variant)
  return {
    ok: true,
    codec,
    value: codec === 'json' ? value : read.value,
    canonical,
    variant,
    warning,
    schema: schema.id,
  }
}

/**
 * Finds the codec of a payload by looking: the first whose value the schema reads. If there is none, the codec that the payload
 * seems to have; `undefined` if it seems to have none of these codecs.
 */
export function detectByNames(
  data: Uint8Array,
  schema: CompiledSchema,
  eventType: string,
): NamedPayload | MisfitPayload | undefined {
  let misfit: MisfitPayload | undefined
  for (const decoded of candidates(data)) {
    const read = readByNames(decoded, schema, eventType)
    if (!('misfit' in read)) return read
    misfit ??= read
  }
  return misfit
}

/** The codecs that decode a payload: the detected one, and MessagePack, since some bytes are both CBOR and MessagePack. */
function* candidates(
  data: Uint8Array,
): Generator<Extract<DecodedPayload, { ok: true }> & { readonly codec: NamedCodec }> {
  const detected = decodePayload(data)
  if (detected.ok && isNamedCodec(detected.codec)) yield { ...detected, codec: detected.codec }
  if (detected.ok && detected.codec === 'msgpack') return
  const msgpack = decodePayload(data, 'msgpack')
  if (msgpack.ok) yield { ...msgpack, codec: 'msgpack' }
}

/** The decoded parts of an event, of which only a payload that a schema read has a `schema`. */
interface ReadEvent {
  readonly payload: NamedPayload | { readonly ok: boolean } | undefined
  readonly envelope: DecodedEnvelope | undefined
}

/**
 * Returns a function that encodes another value as the payload of an event is encoded: by the schema that read it, and in the same
 * form of MessagePack. `undefined` if no schema read it, or if its own value would get other bytes.
 */
export function namedEncoder(
  { payload, envelope }: ReadEvent,
  schemas: SchemaSet | undefined,
): ((value: unknown) => EncodedSerde) | undefined {
  if (!payload?.ok || !('schema' in payload) || !envelope?.ok) return undefined
  const serde = schemas?.withId(payload.schema)?.serde
  if (serde === undefined) return undefined
  const formats: readonly SerdeFormat[] = payload.codec === 'msgpack' ? ['msgpack', 'msgpack-compact'] : [payload.codec]
  const format = formats.find((one) => {
    const encoded = serde.encode(payload.value, one)
    return encoded.ok && asBuffer(envelope.event.data).equals(encoded.bytes)
  })
  return format && ((value) => serde.encode(value, format))
}
