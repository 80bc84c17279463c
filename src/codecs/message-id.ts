import { hash } from 'node:crypto'
import type { SerializedEvent } from '../bus/event.ts'
import { encodeCbor } from './cbor/cbor.ts'
import { encodeEnvelope } from './envelope.ts'

/** 128 bits: enough that two messages never meet by chance. */
const ID_BYTES = 16

/**
 * Returns the id of a message, which is the same on a topic, in an outbox and in the metadata of what it caused. The wire
 * format has no id, so it is made of event type, version, data and metadata, and not of the trace, which differs
 * between two copies: the first 16 bytes of their SHA-256 as base64url, 22 characters.
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
export function messageId({ eventType, eventVersion, data, metadata }: SerializedEvent): string {
  const { extra, ...fields } = metadata ?? {}
  const envelope = { eventType, eventVersion, data, metadata: metadata === null ? null : fields }
  const encoded = encodeEnvelope(envelope, 'bincode')
  if (!encoded.ok) throw new TypeError(`no message id: ${encoded.reason}`)
  const more = encodeExtra(extra ?? {})
  const bytes = more === undefined ? encoded.bytes : Buffer.concat([encoded.bytes, more])
  return hash('sha256', bytes, 'buffer').subarray(0, ID_BYTES).toString('base64url')
}

/** Nothing when there is nothing, so that an event has one id whichever envelope it came in. */
function encodeExtra(extra: Readonly<Record<string, unknown>>): Uint8Array | undefined {
  const said = Object.entries(extra).filter(([, value]) => value !== undefined)
  if (said.length === 0) return undefined
  const encoded = encodeCbor(sorted(Object.fromEntries(said)))
  if (!encoded.ok) throw new TypeError(`no message id: metadata ${encoded.reason}`)
  return encoded.bytes
}

/** Fields by name: the order they were written in is lost by stores that keep JSON. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(fields.map(([name, item]) => [name, sorted(item)]))
}
