const MAX_TOPIC_CHARS = 249

/**
 * Returns why a topic name is invalid, to complete a sentence that begins with the name; `undefined` for a valid one. Every bus applies
 * Kafka's rule (`org.apache.kafka.common.internals.Topic`).
 */
export function whyInvalidTopic(topic: string): string | undefined {
  if (typeof topic !== 'string') return 'is not a string'
  if (topic === '') return 'is empty'
  if (topic === '.' || topic === '..') return 'is reserved'
  if (topic.length > MAX_TOPIC_CHARS) return `has ${topic.length} characters; ${MAX_TOPIC_CHARS} are allowed`
  return /^[A-Za-z0-9._-]+$/.test(topic) ? undefined : 'may hold only letters, digits, dot, underscore and hyphen'
}

/** Returns a valid topic name that is like an invalid one: `a-b` for `a b`. */
export function validTopicLike(topic: string): string {
  const name = String(topic)
    .replaceAll(/[^A-Za-z0-9._-]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, MAX_TOPIC_CHARS)
  return whyInvalidTopic(name) === undefined ? name : 'order-events'
}
