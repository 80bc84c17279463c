import { messageId } from '../../codecs/message-id.ts'
import type { Action } from '../action.ts'
import type { Incoming } from './reaction.ts'
import type { StreamHandler } from './stream-handler.ts'

/** A message whose stream, action and message id are known. */
export interface Routed<A extends Action> {
  readonly kind: 'routed'
  readonly streamId: string
  readonly action: A
  /** See {@link messageId}. */
  readonly id: string
}

/** Limit for the id after the prefix of a stream. The store allows 1000 bytes for a whole stream id. */
const MAX_ID_BYTES = 800

/**
 * Finds the stream that a message is for. `undefined` for a message of another service. Throws when the message cannot be
 * decoded or has no valid id.
 */
export function route<A extends Action>(
  handler: Pick<StreamHandler<unknown, A>, 'name' | 'prefix' | 'codec' | 'route'>,
  incoming: Incoming,
): Routed<A> | undefined {
  const { event, timer, unreadable } = incoming
  if (unreadable !== undefined) throw unreadable
  if (timer !== undefined) {
    const action = handler.codec.decode(event)
    if (action === undefined)
      throw new TypeError(`the codec of ${handler.name} does not know its timer ${event.eventType}`)
    return { kind: 'routed', streamId: timer.streamId, action, id: messageId(event) }
  }
  const found = handler.route(event)
  if (found === undefined) return undefined
  const streamId = `${handler.prefix}${checkedId(handler.name, found.id)}`
  return { kind: 'routed', streamId, action: found.action, id: messageId(event) }
}

function checkedId(name: string, id: unknown): string {
  const isText = typeof id === 'string' && id !== '' && id.isWellFormed() && !id.includes('\0')
  if (isText && Buffer.byteLength(id) <= MAX_ID_BYTES) return id
  throw new TypeError(
    `${name} got an invalid id from its idOf or correlate: it must be a non-empty text of at most ${MAX_ID_BYTES} bytes, without NUL`,
  )
}
