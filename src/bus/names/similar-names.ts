import type { BusAdmin } from '../admin.ts'
import { AppendError, EventBusError } from '../errors.ts'
import { busHints } from '../hints.ts'

/** How many similar names an error suggests. */
const MAX_SIMILAR_NAMES = 3

/**
 * Adds similar names as the first hint of a `TOPIC_NOT_FOUND` or `GROUP_NOT_FOUND` error, if the bus has topics or groups of
 * similar names. Returns other errors unchanged, and errors that already have this hint.
 */
export async function withSimilarNames(error: EventBusError, admin: BusAdmin): Promise<EventBusError> {
  // An `AppendError` holds the outcome of each record, which the error created below would lack.
  if (error instanceof AppendError) return error
  const { code, message, topic, topics, group, hints, isPassing, cause } = error
  const missing = missingName(error)
  if (missing === undefined || hints.some((hint) => hint.code === 'similar-names')) return error
  // The bus may have become unreachable. The error is correct without the names.
  const known = await listNames(missing.kind, admin).catch(() => [])
  const { namesLike } = await import('./names-like.ts')
  const similar = namesLike(missing.name, known).slice(0, MAX_SIMILAR_NAMES)
  if (similar.length === 0) return error
  const all = [busHints.similarNames(missing.kind, similar), ...hints]
  return new EventBusError(code, message, { topic, topics, group, hints: all, isPassing, cause })
}

type Kind = 'topic' | 'group'

function missingName({
  code,
  topic,
  group,
}: EventBusError): { readonly kind: Kind; readonly name: string } | undefined {
  if (code === 'TOPIC_NOT_FOUND' && topic !== undefined) return { kind: 'topic', name: topic }
  if (code === 'GROUP_NOT_FOUND' && group !== undefined) return { kind: 'group', name: group }
  return undefined
}

async function listNames(kind: Kind, admin: BusAdmin): Promise<string[]> {
  if (kind === 'group') return (await admin.listGroups()).map(({ group }) => group)
  return (await admin.listTopics()).filter(({ internal }) => !internal).map(({ topic }) => topic)
}
