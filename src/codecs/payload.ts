import { isUtf8 } from 'node:buffer'
import { decodeCbor, type Encoded, encodeCbor } from './cbor.ts'

/** What a payload is read and written as. `bytes` is whatever crbus cannot read, bincode without a schema first. */
export type PayloadCodec = 'cbor' | 'json' | 'text' | 'bytes'
export const payloadCodecs = ['json', 'cbor', 'text', 'bytes'] as const satisfies readonly PayloadCodec[]

export type DecodedPayload =
  | {
      readonly ok: true
      readonly codec: PayloadCodec
      readonly value: unknown
      /** Encoding `value` again gives the same bytes. */
      readonly canonical: boolean
    }
  | { readonly ok: false; readonly reason: string }

const asBytes = (bytes: Uint8Array): DecodedPayload => ({ ok: true, codec: 'bytes', value: bytes, canonical: false })

/** Decodes as told, or by looking: JSON or CBOR only when it is an object or array, then text, else bytes. */
export function decodePayload(bytes: Uint8Array, as?: PayloadCodec): DecodedPayload {
  if (as === 'bytes') return asBytes(bytes)
  if (as === 'json') return decodeJson(bytes) ?? { ok: false, reason: 'not JSON' }
  if (as === 'text') return decodeText(bytes) ?? { ok: false, reason: 'not UTF-8 text' }
  if (as === 'cbor') {
    const decoded = decodeCbor(bytes)
    return decoded.ok ? { ok: true, codec: 'cbor', value: decoded.value, canonical: false } : decoded
  }
  return look(bytes)
}

function look(bytes: Uint8Array): DecodedPayload {
  const [first, second, third, fourth] = bytes
  if (first === undefined) return asBytes(bytes)
  // An enum in bincode begins with its variant as four bytes, of which the upper three are zero. Nothing below does.
  if (second === 0 && third === 0 && fourth === 0) return asBytes(bytes)
  if (first === 0x7b || first === 0x5b || first === 0x20 || first === 0x0a) {
    const json = decodeJson(bytes)
    if (json?.ok && typeof json.value === 'object' && json.value !== null) return json
  }
  // CBOR's major types 4 (array) and 5 (map).
  if (first >= 0x80 && first <= 0xbf) {
    const cbor = decodeCbor(bytes)
    if (cbor.ok && isPlainContainer(cbor.value)) {
      return { ok: true, codec: 'cbor', value: cbor.value, canonical: false }
    }
  }
  return decodeText(bytes, true) ?? asBytes(bytes)
}

function decodeJson(bytes: Uint8Array): DecodedPayload | undefined {
  if (!isUtf8(bytes)) return undefined
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  try {
    const value: unknown = JSON.parse(text)
    return { ok: true, codec: 'json', value, canonical: JSON.stringify(value) === text }
  } catch {
    return undefined
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: text that holds these is not text for a person
const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/

function decodeText(bytes: Uint8Array, printableOnly = false): DecodedPayload | undefined {
  if (!isUtf8(bytes)) return undefined
  const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  return printableOnly && control.test(value) ? undefined : { ok: true, codec: 'text', value, canonical: true }
}

const isPlainContainer = (value: unknown): boolean =>
  Array.isArray(value) || (typeof value === 'object' && value !== null && !(value instanceof Map))

/** Encodes a value. For `text` a string, for `bytes` a Uint8Array or base64. */
export function encodePayload(value: unknown, codec: PayloadCodec): Encoded {
  if (codec === 'cbor') return encodeCbor(value)
  if (codec === 'json') {
    try {
      const text = JSON.stringify(value)
      if (text === undefined) return { ok: false, reason: 'there is no JSON for it' }
      return { ok: true, bytes: Buffer.from(text) }
    } catch (error) {
      return { ok: false, reason: `cannot be written as JSON: ${(error as Error).message}` }
    }
  }
  if (codec === 'text') {
    return typeof value === 'string' ? { ok: true, bytes: Buffer.from(value) } : { ok: false, reason: 'not a string' }
  }
  if (value instanceof Uint8Array) return { ok: true, bytes: value }
  if (typeof value !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(value)) return { ok: false, reason: 'not base64' }
  return { ok: true, bytes: Buffer.from(value, 'base64') }
}
