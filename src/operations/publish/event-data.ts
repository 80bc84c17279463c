import type { SerializedEvent } from '../../bus/event.ts'
import { parseJson, writeJson } from '../../codecs/json.ts'
import { decodePayload, encodePayload, type PayloadCodec } from '../../codecs/payload.ts'
import type { ViewCodec } from '../events/event-view.ts'
import { operationHints } from '../hints.ts'
import type { EventSettings } from './event-settings.ts'
import { type BadInput, type Bytes, bad, type Fields, readBase64, utf8 } from './input-values.ts'

/** The bytes of a payload, and the decoded value when it is known. */
type Payload = Bytes & { readonly value?: unknown }

/** Adds the origin of the codec to the reason why data cannot be encoded. */
export function withCodec(problem: BadInput, codec: ViewCodec, { topic, codecFrom }: EventSettings): BadInput {
  const { reason, hints = [] } = problem
  if (codecFrom === undefined) return problem
  if ('setting' in codecFrom) return bad(`${codecFrom.setting} ${codec}: ${reason}`, ...hints)
  const other = operationHints.changeCodec(codec === 'json' ? 'cbor' : 'json')
  return bad(`the codec of ${topic} is ${codec} (${codecFrom.file}): ${reason}`, ...hints, other)
}

/** The default codec. Readers of a topic with a schema expect bincode, so a misspelled event type must not be sent as JSON. */
export const codecOf = ({ topic, schemas }: EventSettings, eventType: string): 'bincode' | 'json' =>
  schemas?.ofTopic(topic) !== undefined || schemas?.knows(topic, eventType) ? 'bincode' : 'json'

/** Encodes a line of JSON as bincode, by the schema of the topic. */
export function readBincode(line: string, settings: EventSettings, eventType: string): Payload {
  const parsed = parseJson(line)
  return parsed.ok ? { ...encodeBincode(parsed.value, settings, eventType), value: parsed.value } : parsed
}

function encodeBincode(data: unknown, { topic, schemas, codec }: EventSettings, eventType: string): Bytes {
  const encoded = schemas?.encode(topic, eventType, data)
  if (encoded === undefined) return bad(`no schema has ${eventType}`, operationHints.importSchema())
  if (encoded.ok) return encoded
  const isUnknown = codec === undefined && schemas?.knows(topic, eventType) === false
  const hints = isUnknown ? [operationHints.sendJson()] : []
  return bad(`${encoded.path === '' ? '' : `${encoded.path}: `}${encoded.reason}`, ...hints)
}

/** Encodes data by the schema that decoded it. Another schema might silently give other bytes. */
function encodeBy(schema: string, data: unknown, { schemas }: EventSettings): Bytes {
  const encoded = schemas?.named(schema)?.encoder.encode(data)
  if (encoded === undefined) {
    return bad(`data was decoded by the schema ${schema}, which is not in this project`, operationHints.nameSchema())
  }
  return encoded.ok ? encoded : bad(encoded.path === '' ? encoded.reason : `${encoded.path}: ${encoded.reason}`)
}

/** Encodes a line by a codec without schema. JSON is sent unchanged, without decoding and encoding it. */
export function readPayload(text: string, codec: PayloadCodec): Payload {
  if (codec === 'text') return utf8(text)
  if (codec === 'bytes') return encodePayload(text.trim(), codec)
  const parsed = parseJson(text)
  if (!parsed.ok) return parsed
  const encoded = codec === 'json' ? utf8(text.trim()) : encodePayload(parsed.value, codec)
  return { ...encoded, value: parsed.value }
}

/** Reads the data of an event from its JSON fields. */
export function readEventData(
  { data_base64, data, codec, schema }: Fields,
  settings: EventSettings,
  eventType: string,
): Bytes {
  if (typeof data_base64 === 'string') {
    const bytes = readBase64(data_base64)
    return bytes ? { ok: true, bytes } : bad('data_base64 is not base64')
  }
  if (data === undefined) return bad('data and data_base64 are missing')
  if (codec === 'bincode') {
    return typeof schema === 'string' ? encodeBy(schema, data, settings) : encodeBincode(data, settings, eventType)
  }
  if (codec === 'text' || codec === 'json' || codec === 'cbor') return encodeData(data, codec)
  // serde_json writes bytes as an array of numbers.
  const isBytes = Array.isArray(data) && data.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)
  if (isBytes) return { ok: true, bytes: Uint8Array.from(data) }
  const { codec: fallback = codecOf(settings, eventType) } = settings
  return fallback === 'bincode' ? encodeBincode(data, settings, eventType) : encodeData(data, fallback)
}

function encodeData(data: unknown, codec: PayloadCodec): Bytes {
  if (codec === 'json') return utf8(writeJson(data))
  if (codec === 'text') return typeof data === 'string' ? utf8(data) : bad('data is not a string')
  return encodePayload(data, codec)
}

/** Decodes data that were given as bytes; `undefined` when no codec or schema decodes them. */
export function decodedData({ data, eventType }: SerializedEvent, settings: EventSettings): unknown {
  const { topic, schemas, codec = codecOf(settings, eventType) } = settings
  const decoded =
    codec === 'bincode' ? schemas?.find(topic, eventType)?.decoder.decode(data) : decodePayload(data, codec)
  return decoded?.ok ? decoded.value : undefined
}
