import type { SerializedEvent } from '../../bus/event.ts'
import { parseJson, writeJson } from '../../codecs/json.ts'
import { decodePayload, encodePayload, type PayloadCodec } from '../../codecs/payload.ts'
import type { EncodedSerde } from '../../schema/serde/serde-codec.ts'
import type { ViewCodec } from '../events/event-view.ts'
import { operationHints } from '../hints.ts'
import { isNamedCodec, type NamedCodec, namedCodecs } from '../schemas/named-payload.ts'
import type { EventSettings } from './event-settings.ts'
import { type BadInput, type Bytes, badInput, type Fields, readBase64, utf8 } from './input-values.ts'

/** The bytes of a payload, and the decoded value if it is known. */
type Payload = Bytes & { readonly value?: unknown }

/** Adds the codec and where it is set to the reason why data cannot be encoded, if the codec is set at all. */
export function withCodec(problem: BadInput, codec: ViewCodec, { topic, codecFrom }: EventSettings): BadInput {
  const { reason, hints = [] } = problem
  if (codecFrom === undefined) return problem
  if ('setting' in codecFrom) return badInput(`${codecFrom.setting} ${codec}: ${reason}`, ...hints)
  const otherCodec = operationHints.changeCodec(codec === 'json' ? 'cbor' : 'json')
  return badInput(`the codec of ${topic} is ${codec} (${codecFrom.file}): ${reason}`, ...hints, otherCodec)
}

/**
 * Returns the default codec for an event, if the topic has none. Readers of a topic with a schema expect bincode, so an event type
 * that is misspelled, and therefore not in the schema, must not be sent as JSON.
 */
export const defaultCodec = ({ topic, schemas }: EventSettings, eventType: string): 'bincode' | 'json' =>
  schemas?.ofTopic(topic) !== undefined || schemas?.knows(topic, eventType) ? 'bincode' : 'json'

/** Encodes a line of JSON as bincode, by the schema of the topic. */
export function readBincode(line: string, settings: EventSettings, eventType: string): Payload {
  const parsed = parseJson(line)
  return parsed.ok ? { ...encodeBincode(parsed.value, settings, eventType), value: parsed.value } : parsed
}

function encodeBincode(data: unknown, { topic, schemas, codec }: EventSettings, eventType: string): Bytes {
  if (schemas?.find(topic, eventType)?.needsNames)
    return badInput(
      `bincode cannot contain ${eventType}, because of serde(tag) or a similar attribute`,
      ...namedCodecs.map(operationHints.changeCodec),
    )
  const encoded = schemas?.encode(topic, eventType, data)
  if (encoded === undefined) return badInput(`no schema has the event type ${eventType}`, operationHints.importSchema())
  if (encoded.ok) return encoded
  const isUnknown = codec === undefined && schemas?.knows(topic, eventType) === false
  const isUndecided = schemas?.find(topic, eventType)?.isUndecided === true
  const hints = isUndecided ? [operationHints.importSchema(topic)] : isUnknown ? [operationHints.sendJson()] : []
  return badInput(`${encoded.path === '' ? '' : `${encoded.path}: `}${encoded.reason}`, ...hints)
}

/** Encodes data by the schema that decoded the data, given by its id. Another schema might silently produce other bytes. */
function encodeBy(schema: string, data: unknown, { schemas }: EventSettings): Bytes {
  const encoded = schemas?.withId(schema)?.encoder.encode(data)
  if (encoded === undefined) {
    return badInput(
      `data was decoded by the schema ${schema}, which is not in this project`,
      operationHints.nameSchema(),
    )
  }
  return encoded.ok ? encoded : badInput(encoded.path === '' ? encoded.reason : `${encoded.path}: ${encoded.reason}`)
}

/**
 * Encodes a line by a codec that needs no schema. With the codec `json`, the text is sent unchanged. If a schema has the event type,
 * JSON, CBOR and MessagePack are encoded by it, as the Rust service does.
 */
export function readPayload(text: string, codec: PayloadCodec, settings: EventSettings, eventType: string): Payload {
  if (codec === 'text') return utf8(text)
  if (codec === 'bytes') return encodePayload(text.trim(), codec)
  const parsed = parseJson(text)
  if (!parsed.ok) return parsed
  const bySchema = encodeNamed(parsed.value, codec, settings, eventType)
  if (bySchema !== undefined) return { ...bySchema, value: parsed.value }
  const encoded = codec === 'json' ? utf8(text.trim()) : encodePayload(parsed.value, codec)
  return { ...encoded, value: parsed.value }
}

/** Encodes data by the schema of the event type, in a codec with names. `undefined` if no schema has the event type. */
function encodeNamed(
  data: unknown,
  codec: NamedCodec,
  { topic, schemas, codecFrom }: EventSettings,
  eventType: string,
): Bytes | undefined {
  const schema = schemas?.knowing(topic, eventType)
  if (schema === undefined) return undefined
  // On a topic of bincode, JSON that was asked for is for other services, which may have a form of their own.
  const isAskedFor = codecFrom !== undefined && 'setting' in codecFrom
  if (codec === 'json' && isAskedFor && !schema.needsNames) return undefined
  return bytesOf(schema.serde.encode(data, codec, eventType))
}

const bytesOf = (encoded: EncodedSerde): Bytes =>
  encoded.ok ? encoded : badInput(`${encoded.path === '' ? '' : `${encoded.path}: `}${encoded.reason}`)

/** Encodes the data of an event from the fields of a record that was printed as JSON. */
export function readEventData(
  { data_base64, data, codec, schema }: Fields,
  settings: EventSettings,
  eventType: string,
): Bytes {
  if (typeof data_base64 === 'string') {
    const bytes = readBase64(data_base64)
    return bytes ? { ok: true, bytes } : badInput('data_base64 is not base64')
  }
  if (data === undefined) return badInput('data and data_base64 are missing')
  if (codec === 'bincode') {
    return typeof schema === 'string' ? encodeBy(schema, data, settings) : encodeBincode(data, settings, eventType)
  }
  if (codec === 'text') return encodeData(data, codec)
  if (typeof codec === 'string' && isNamedCodec(codec)) {
    return encodeNamed(data, codec, { ...settings, codecFrom: undefined }, eventType) ?? encodeData(data, codec)
  }
  // Without a codec, an array of bytes is the encoded data, because serde_json prints `Vec<u8>` as an array of numbers.
  const isBytes = Array.isArray(data) && data.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)
  if (isBytes) return { ok: true, bytes: Uint8Array.from(data) }
  const { codec: fallback = defaultCodec(settings, eventType) } = settings
  return fallback === 'bincode' ? encodeBincode(data, settings, eventType) : encodeData(data, fallback)
}

/** Encodes decoded data by a codec that needs no schema. */
export function encodeData(data: unknown, codec: PayloadCodec): Bytes {
  if (codec === 'json') return utf8(writeJson(data))
  if (codec === 'text') return typeof data === 'string' ? utf8(data) : badInput('data is not a string')
  return encodePayload(data, codec)
}

/** Decodes the data of an event that was given as bytes; `undefined` if no codec or schema decodes the bytes. */
export function decodeData({ data, eventType }: SerializedEvent, settings: EventSettings): unknown {
  const { topic, schemas, codec = defaultCodec(settings, eventType) } = settings
  const decoded =
    codec === 'bincode' ? schemas?.find(topic, eventType)?.decoder.decode(data) : decodePayload(data, codec)
  return decoded?.ok ? decoded.value : undefined
}
