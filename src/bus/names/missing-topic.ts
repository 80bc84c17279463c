import type { BusAdmin } from '../admin.ts'
import { AppendError, EventBusError } from '../errors.ts'

/** Puts the topics that the caller may have meant in front of the suggestions for a missing topic. */
export async function withNearNames(error: EventBusError, admin: BusAdmin): Promise<EventBusError> {
  if (error instanceof AppendError) return error
  const { code, message, topic, topics, group, suggestions, isPassing, cause } = error
  if (code !== 'TOPIC_NOT_FOUND' || topic === undefined) return error
  // The bus may be away by now, and the error is true without the names.
  const known = await admin.listTopics().catch(() => [])
  const { namesLike } = await import('./names-like.ts')
  const names = known.filter(({ internal }) => !internal).map((one) => one.topic)
  const meant = namesLike(topic, names).slice(0, 3)
  if (meant.length === 0) return error
  const all = [`use topic ${meant.join(' or ')}`, ...suggestions]
  return new EventBusError(code, message, { topic, topics, group, suggestions: all, isPassing, cause })
}
