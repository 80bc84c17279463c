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
  /** Records beyond the number of stored events, each with the first record of the same id. */
  readonly repeated: readonly (readonly [PublishedMessage, PublishedMessage])[]
}

const byPosition = (a: PublishedMessage, b: PublishedMessage): number =>
  a.time - b.time || a.partition - b.partition || (a.offset < b.offset ? -1 : 1)

/**
 * Compares how often a message is stored and how often it is on the topic. Equal messages cannot be told apart, so the oldest of
 * each side belong together.
 */
export function judgeMessages({ stored, published, waiting }: SameMessages): Judgment {
  const events = stored.toSorted((a, b) => a.time - b.time || a.version - b.version)
  const records = published.toSorted(byPosition)
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
    .map((record) => [record, first as PublishedMessage] as const)
  return { matched, waiting: waits.filter(({ isJudged }) => isJudged), unpublished, unstored, repeated }
}
