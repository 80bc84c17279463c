import { hash } from 'node:crypto'
import { compareText } from '../bus/compare.ts'
import type { SerializedEvent } from '../bus/event.ts'
import { encodeCbor } from './cbor/cbor.ts'
import { encodeEnvelope } from './envelope.ts'

/** 128 bits make a chance collision of two ids practically impossible. */
const ID_BYTES = 16

/**
 * Returns the id of a message, which is the same on a topic, in an outbox and in the metadata of the messages it caused. The
 * wire format has no id, so it is computed from event type, version, data and metadata: the first 16 bytes of their SHA-256
 * as base64url, 22 characters. The trace is left out, because it differs between two copies of a message.
 *
 * Two messages with equal content have the same id. To send two equal messages that count as two, give them different
 * timestamps or causation ids. Throws a `TypeError` for an event that no envelope can hold.
 *
 * @example
 * ```ts
 * import { messageId, serializedEvent } from 'crbus'
 *
 * const placed = serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-1"}'))
 * messageId(placed) === messageId({ ...placed }) // => true
 * messageId(placed) === messageId({ ...placed, metadata: { causationId: 'c-2' } }) // => false
 * ```
 */
export const messageId = (event: SerializedEvent): string => messageDigest(event).toString('base64url')

/** Returns the bytes of {@link messageId}. */
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
