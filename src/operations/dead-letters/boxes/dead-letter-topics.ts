/** The ends of the names of dead-letter topics: those of Composable Rust and Kafka Connect, and of Spring. */
const SUFFIX = /[-._](?:dlq|dlt|dead-letters?|deadletters?)$/i

/** Whether the name of a topic is that of a dead-letter topic. */
export const isDeadLetterTopic = (topic: string): boolean => SUFFIX.test(topic)

/**
 * Returns the topic that the letters of a dead-letter topic came from, by its name: `order-events` for `order-events-dlq`, and for
 * `order-dlq` if it exists. `undefined` if no such topic exists, or if two do.
 */
export function originByName(topic: string, existing: ReadonlySet<string>): string | undefined {
  const stem = topic.replace(SUFFIX, '')
  if (stem === topic) return undefined
  if (existing.has(stem)) return stem
  const candidates = [`${stem}-events`, `${stem}-commands`].filter((name) => existing.has(name))
  return candidates.length === 1 ? candidates[0] : undefined
}
