/** The ends of the names of dead-letter topics: those of Composable Rust and Kafka Connect, and of Spring. */
const SUFFIX = /[-._](?:dlq|dlt|dead-letters?|deadletters?)$/i

/** Returns the name of a dead-letter topic without its end: `order-events` for `order-events-dlq`. `undefined` for another topic. */
export function deadLetterStem(topic: string): string | undefined {
  const stem = topic.replace(SUFFIX, '')
  return stem === topic || stem === '' ? undefined : stem
}

/** Whether the name of a topic is that of a dead-letter topic. */
export const isDeadLetterTopic = (topic: string): boolean => deadLetterStem(topic) !== undefined

/**
 * Returns the topic that the letters of a dead-letter topic came from, by its name: `order-events` for `order-events-dlq`, and for
 * `order-dlq` if it exists. `undefined` if no such topic exists, or if two do.
 */
export function originByName(topic: string, existing: ReadonlySet<string>): string | undefined {
  const stem = deadLetterStem(topic)
  if (stem === undefined) return undefined
  if (existing.has(stem)) return stem
  const candidates = [`${stem}-events`, `${stem}-commands`].filter((name) => existing.has(name))
  return candidates.length === 1 ? candidates[0] : undefined
}
