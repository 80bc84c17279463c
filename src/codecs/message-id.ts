import type { SerializedEvent } from '../bus/event.ts'
import { messageDigest } from './message-digest.ts'

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
