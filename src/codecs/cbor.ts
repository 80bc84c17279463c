import { Decoder, Encoder } from 'cbor-x'

export type Decoded = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly reason: string }
export type Encoded =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly reason: string }

// The options that keep to plain RFC 8949, so that Rust's ciborium and serde_cbor read what we write: no cbor-x record
// tags, exact map headers, untagged byte strings and maps.
const options = {
  useRecords: false,
  variableMapSize: true,
  tagUint8Array: false,
  useTag259ForMaps: false,
  mapsAsObjects: true,
  copyBuffers: true,
}
const encoder = new Encoder(options)
const decoder = new Decoder(options)

/** Plain CBOR. 64-bit integers beyond 2^53 come as bigint, tagged dates as Date, byte strings as Uint8Array. */
export function decodeCbor(bytes: Uint8Array): Decoded {
  try {
    return { ok: true, value: decoder.decode(bytes) }
  } catch (error) {
    return { ok: false, reason: `not CBOR: ${error instanceof Error ? error.message : String(error)}` }
  }
}

export function encodeCbor(value: unknown): Encoded {
  try {
    // A copy: the encoder hands out views on a buffer it goes on using.
    return { ok: true, bytes: Uint8Array.from(encoder.encode(wideIntegers(value, 0))) }
  } catch (error) {
    return { ok: false, reason: `cannot be written as CBOR: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** cbor-x writes whole numbers from 2^32 on as floats, which an i64 in Rust refuses; as bigints they are integers. */
function wideIntegers(value: unknown, depth: number): unknown {
  if (depth > 500) throw new RangeError('more than 500 levels deep')
  if (typeof value === 'number') {
    return Number.isSafeInteger(value) && Math.abs(value) >= 2 ** 32 ? BigInt(value) : value
  }
  if (Array.isArray(value)) return value.map((item) => wideIntegers(item, depth + 1))
  if (value === null || typeof value !== 'object') return value
  if (value instanceof Uint8Array || value instanceof Date || value instanceof Map) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, wideIntegers(item, depth + 1)]))
}
