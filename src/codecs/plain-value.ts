import { type DecodedPayload, decodePayload } from './payload.ts'

/** The value of a record without an envelope. */
export type PlainValue = Extract<DecodedPayload, { ok: true }>

const BRACE = '{'

/**
 * Decodes the value of a record that is not an envelope, such as a record of another system: an object or array in JSON, CBOR or
 * MessagePack to its last byte, or printable text. With `as`, only a value in this codec. `undefined` for other bytes, and for what is probably a damaged
 * envelope: an object with `event_type` and `data`, or text that begins like a JSON object.
 */
export function decodePlainValue(bytes: Uint8Array, as?: 'json' | 'cbor' | 'msgpack' | 'text'): PlainValue | undefined {
  if (bytes.length === 0) return as === undefined || as === 'text' ? emptyText : undefined
  const decoded = decodePayload(bytes, as === 'text' ? undefined : as)
  if (!decoded.ok || decoded.codec === 'bytes') return undefined
  if (as !== undefined && decoded.codec !== as) return undefined
  return isDamagedEnvelope(decoded.value) ? undefined : decoded
}

const emptyText: PlainValue = { ok: true, codec: 'text', value: '', canonical: true }

function isDamagedEnvelope(value: unknown): boolean {
  if (typeof value === 'string') return value.trimStart().startsWith(BRACE)
  return value !== null && typeof value === 'object' && 'event_type' in value && 'data' in value
}
