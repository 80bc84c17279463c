import { hash } from 'node:crypto'
import { compareText } from '../bus/compare.ts'
import type { SerializedEvent } from '../bus/event.ts'
import { encodeCbor } from './cbor/cbor.ts'
import { encodeEnvelope } from './envelope.ts'

/** 128 bits make a chance collision of two ids practically impossible. */
const ID_BYTES = 16

/** Returns the bytes of `messageId`. Throws a `TypeError` for an event that no envelope can hold. */
export function messageDigest({ eventType, eventVersion, data, metadata }: SerializedEvent): Buffer {
  const { extra, ...fields } = metadata ?? {}
  const envelope = { eventType, eventVersion, data, metadata: metadata === null ? null : fields }
  const encoded = encodeEnvelope(envelope, 'bincode')
  if (!encoded.ok) throw new TypeError(`no message id: ${encoded.reason}`)
  const more = encodeExtra(extra ?? {})
  const bytes = more === undefined ? encoded.bytes : Buffer.concat([encoded.bytes, more])
  return digestOf(bytes)
}

/**
 * Returns the {@link messageDigest} of an event whose W3 envelope these bytes are, and that has no extra metadata in headers.
 */
export const digestOf = (envelope: Uint8Array): Buffer => hash('sha256', envelope, 'buffer').subarray(0, ID_BYTES)

/** Encodes extra metadata; `undefined` when there is none, so that the id does not depend on the kind of envelope. */
function encodeExtra(extra: Readonly<Record<string, unknown>>): Uint8Array | undefined {
  const present = Object.entries(extra).filter(([, value]) => value !== undefined)
  if (present.length === 0) return undefined
  const encoded = encodeCbor(sorted(Object.fromEntries(present)))
  if (!encoded.ok) throw new TypeError(`no message id: metadata ${encoded.reason}`)
  return encoded.bytes
}

/** Sorts fields by name, because stores that keep JSON do not preserve their order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value
  const fields = Object.entries(value).sort(([a], [b]) => compareText(a, b))
  return Object.fromEntries(fields.map(([name, item]) => [name, sorted(item)]))
}
