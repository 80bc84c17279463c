import { compareNumbers } from '../../bus/compare.ts'
import type { PublishedMessage, SameMessages, StoredMessage } from './compare-messages.ts'

/** What the messages with one id show. */
export interface Judgment {
  /** Stored events that are on the topic, each with its record. */
  readonly matched: readonly (readonly [StoredMessage, PublishedMessage])[]
  readonly waiting: readonly StoredMessage[]
  /** Stored, neither on the topic nor in the outbox. */
  readonly unpublished: readonly StoredMessage[]
  /** On the topic, and no event with this id is stored. */
  readonly unstored: readonly PublishedMessage[]
  /** Records beyond the number of stored events, without retries, each with the first record of the same id. */
  readonly repeated: readonly (readonly [PublishedMessage, PublishedMessage])[]
}

/**
 * Sorts copies so that the first one comes first: in its partition, whose order is certain, and then by time, because the clocks of
 * producers may differ. Retries come last.
 */
function inOrder(records: readonly PublishedMessage[]): readonly PublishedMessage[] {
  if (records.length < 2) return records
  const partitions = [...Map.groupBy(records, ({ partition }) => partition).values()]
  for (const own of partitions) own.sort((a, b) => compareNumbers(a.offset, b.offset))
  partitions.sort(([a], [b]) => compareNumbers(a?.time ?? 0, b?.time ?? 0))
  return partitions.flat().sort((a, b) => Number(a.isRetry) - Number(b.isRetry))
}

/**
 * Compares how often a message is stored and how often it is on the topic. Equal messages cannot be told apart, so the oldest of
 * each side belong together. The retry of a dead letter counts only for an event that is not on the topic otherwise.
 */
export function judgeMessages({ stored, published, waiting }: SameMessages): Judgment {
  const events = stored.toSorted((a, b) => a.time - b.time || a.version - b.version)
  const records = inOrder(published)
  const matchedCount = Math.min(events.length, records.length)
  const matched = events.slice(0, matchedCount).map((event, at) => [event, records[at] as PublishedMessage] as const)
  const left = events.slice(matchedCount)
  const waits = left.slice(0, waiting.length)
  const unpublished = left.slice(waiting.length).filter(({ isJudged }) => isJudged)
  const [first] = records
  // Without a stored event, the first record is the one that is not stored, and the others repeat it.
  const unstored = events.length === 0 && first?.isJudged ? [first] : []
  const repeated = records
    .slice(Math.max(1, events.length))
    .filter(({ isRetry }) => !isRetry)
    .map((record) => [record, first as PublishedMessage] as const)
  return { matched, waiting: waits.filter(({ isJudged }) => isJudged), unpublished, unstored, repeated }
}
