/** The ending of the topics that aggregates publish their events to; see `topicFor`. */
const EVENTS = '-events'

/** Returns which streams an audit compares with a topic, by the names that services use. */
export interface StreamsOfTopic {
  readonly topic: string
  /** The prefix of the ids of the streams. */
  readonly prefix: string
  /** Whether the events of a stream with this prefix belong to the topic. */
  readonly has: (streamId: string) => boolean
}

/**
 * Finds the streams of a topic: `order-events` has the events of the streams `order-…`, but not those of `order-item-…` if the bus
 * also has a topic `order-item-events`. `prefix` overrides the name.
 */
export function streamsOfTopic(topic: string, known: readonly string[], prefix?: string): StreamsOfTopic {
  if (prefix !== undefined) return { topic, prefix, has: () => true }
  const own = prefixOf(topic)
  const longer = known.map(prefixOf).filter((other) => other !== own && other.startsWith(own))
  return { topic, prefix: own, has: (streamId) => !longer.some((other) => streamId.startsWith(other)) }
}

const prefixOf = (topic: string): string => `${topic.endsWith(EVENTS) ? topic.slice(0, -EVENTS.length) : topic}-`
