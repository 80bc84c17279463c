import { isUtf8 } from 'node:buffer'
import { cborMajorType, type Decoded, decodeCbor, type EncodedBytes, encodeCbor } from './cbor/cbor.ts'
import { exactOf } from './cbor/exact-value.ts'
import { decodeJson, writeJson } from './json.ts'
import { decodeMsgpack, isMsgpackContainer } from './msgpack/decode-msgpack.ts'
import { encodeMsgpack } from './msgpack/encode-msgpack.ts'
import { asBuffer } from './text-cache.ts'

/** The encodings of a payload. `bytes` is a payload that crbus cannot decode, such as bincode without a schema. */
export type PayloadCodec = 'cbor' | 'json' | 'msgpack' | 'text' | 'bytes'
export const payloadCodecs = ['json', 'cbor', 'msgpack', 'text', 'bytes'] as const satisfies readonly PayloadCodec[]

/** The result of {@link decodePayload}: the value and its codec, or the reason why the codec does not fit. */
export type DecodedPayload =
  | {
      readonly ok: true
      readonly codec: PayloadCodec
      readonly value: unknown
      /** Whether encoding `value` again gives the same bytes. */
      readonly canonical: boolean
    }
  | { readonly ok: false; readonly reason: string }

const decoded = (codec: PayloadCodec, result: Decoded): DecodedPayload =>
  result.ok ? { ok: true, codec, value: result.value, canonical: false } : result

const asBytes = (bytes: Uint8Array): DecodedPayload => ({ ok: true, codec: 'bytes', value: bytes, canonical: false })

/**
 * Decodes a payload by the given codec. Without a codec, detects it: JSON, CBOR or MessagePack when the payload is an object or an
 * array, else text, else bytes. What is both CBOR and MessagePack is read as CBOR.
 *
 * @example
 * ```ts
 * import { decodePayload } from 'crbus'
 *
 * const payload = decodePayload(Buffer.from('{"order_id":"o-1"}'))
 * payload // => { ok: true, codec: 'json', value: { order_id: 'o-1' }, canonical: true }
 * ```
 */
export function decodePayload(bytes: Uint8Array, as?: PayloadCodec): DecodedPayload {
  if (as === 'bytes') return asBytes(bytes)
  if (as === 'json') return asJson(bytes)
  if (as === 'text') return decodeText(bytes) ?? { ok: false, reason: 'not text: not UTF-8' }
  if (as === 'cbor') {
    return decoded('cbor', decodeCbor(bytes))
  }
  if (as === 'msgpack') return decoded('msgpack', decodeMsgpack(bytes))
  return detect(bytes)
}

function detect(bytes: Uint8Array): DecodedPayload {
  const [first, second, third, fourth] = bytes
  if (first === undefined) return asBytes(bytes)
  // A bincode enum begins with the index of its variant, a u32 whose upper three bytes are zero. No format below begins so.
  if (second === 0 && third === 0 && fourth === 0) return asBytes(bytes)
  if (first === 0x7b || first === 0x5b || first === 0x20 || first === 0x0a) {
    const json = asJson(bytes)
    if (json?.ok && typeof json.value === 'object' && json.value !== null) return json
  }
  const major = cborMajorType(bytes)
  if (major === 4 || major === 5) {
    const cbor = decoded('cbor', decodeCbor(bytes))
    if (cbor.ok) return cbor
  }
  if (isMsgpackContainer(bytes)) {
    const msgpack = decoded('msgpack', decodeMsgpack(bytes))
    if (msgpack.ok) return msgpack
  }
  return decodeText(bytes, true) ?? asBytes(bytes)
}

function asJson(bytes: Uint8Array): DecodedPayload {
  const parsed = decodeJson(bytes)
  if (!parsed.ok) return parsed
  const { value, text } = parsed
  return { ok: true, codec: 'json', value, canonical: isCanonical(value, text) }
}

function isCanonical(value: unknown, text: string): boolean {
  try {
    return JSON.stringify(value) === text
  } catch {
    // JSON.stringify throws for bigints, the integers beyond 2^53.
    return false
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: strings with control characters count as bytes
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/

function decodeText(bytes: Uint8Array, printableOnly = false): DecodedPayload | undefined {
  if (!isUtf8(bytes)) return undefined
  const value = asBuffer(bytes).toString('utf8')
  return printableOnly && control.test(value) ? undefined : { ok: true, codec: 'text', value, canonical: true }
}

/**
 * Encodes a value as a payload. `text` takes a string, `bytes` a `Uint8Array` or base64.
 *
 * @example
 * ```ts
 * import { decodePayload, encodePayload } from 'crbus'
 *
 * const encoded = encodePayload({ order_id: 'o-1', total: 100 }, 'cbor')
 * if (!encoded.ok) throw new Error(encoded.reason)
 * const payload = decodePayload(encoded.bytes, 'cbor')
 * payload.ok && payload.value // => { order_id: 'o-1', total: 100 }
 * ```
 */
export function encodePayload(value: unknown, codec: PayloadCodec): EncodedBytes {
  if (codec === 'cbor') return encodeCbor(value)
  if (codec === 'msgpack') return encodeAnyMsgpack(value)
  if (codec === 'json') return toUtf8(writeJson(value) ?? undefined, 'the value cannot be represented in JSON')
  if (codec === 'text') return toUtf8(value, 'not a string')
  if (value instanceof Uint8Array) return { ok: true, bytes: value }
  const bytes = typeof value === 'string' ? Buffer.from(value, 'base64') : undefined
  // Node skips invalid characters of base64, so compare with the text encoded again.
  const isWhole = bytes?.toString('base64').replace(/=+$/, '') === String(value).replace(/={0,2}$/, '')
  return bytes && isWhole ? { ok: true, bytes } : { ok: false, reason: 'not base64' }
}

function encodeAnyMsgpack(value: unknown): EncodedBytes {
  try {
    return { ok: true, bytes: encodeMsgpack(exactOf(value)) }
  } catch (error) {
    return { ok: false, reason: `cannot be encoded as MessagePack: ${(error as Error).message}` }
  }
}

function toUtf8(text: unknown, otherwise: string): EncodedBytes {
  if (typeof text !== 'string') return { ok: false, reason: otherwise }
  if (!text.isWellFormed())
    return { ok: false, reason: 'a string contains a lone surrogate, which UTF-8 cannot encode' }
  return { ok: true, bytes: Buffer.from(text) }
}
