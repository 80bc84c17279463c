import type { BusAdmin } from '../admin.ts'
import { AppendError, EventBusError } from '../errors.ts'
import { advice } from '../hints.ts'

/** Adds topics with similar names as the first hint of a `TOPIC_NOT_FOUND` error. Returns other errors unchanged. */
export async function withNearNames(error: EventBusError, admin: BusAdmin): Promise<EventBusError> {
  // An `AppendError` holds the outcome of each record, which the error created below would lack.
  if (error instanceof AppendError) return error
  const { code, message, topic, topics, group, hints, isPassing, cause } = error
  if (code !== 'TOPIC_NOT_FOUND' || topic === undefined) return error
  // The bus may have become unreachable. The error is correct without the names.
  const known = await admin.listTopics().catch(() => [])
  const { namesLike } = await import('./names-like.ts')
  const names = known.filter(({ internal }) => !internal).map((one) => one.topic)
  const similar = namesLike(topic, names).slice(0, 3)
  if (similar.length === 0) return error
  const all = [advice(`use topic ${similar.join(' or ')}`), ...hints]
  return new EventBusError(code, message, { topic, topics, group, hints: all, isPassing, cause })
}
