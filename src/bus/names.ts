import { type EventBusError, invalidTopic } from './errors.ts'

/** The topic of an aggregate type: `order` → `order-events`. */
export const topicFor = (aggregateType: string): string => `${aggregateType}-events`

/** Whether a topic follows Composable Rust's convention `{aggregate-type}-events`. */
export const isEventTopic = (topic: string): boolean => /^[a-z0-9]+(-[a-z0-9]+)*-events$/.test(topic)

/** The group a Rust service joins when none is named: its topics sorted by bytes and joined. */
export const defaultGroup = (topics: readonly string[]): string =>
  `composable-rust-${[...topics].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join('-')}`

/** Kafka's own rule for topic names (`org.apache.kafka.common.internals.Topic`), kept by every bus. */
export function topicNameError(topic: string): EventBusError | undefined {
  if (topic === '') return invalidTopic(topic, 'is empty')
  if (topic === '.' || topic === '..') return invalidTopic(topic, 'is reserved')
  if (topic.length > 249) return invalidTopic(topic, `has ${topic.length} characters; 249 are allowed`)
  if (!/^[A-Za-z0-9._-]+$/.test(topic)) {
    return invalidTopic(topic, 'may hold only letters, digits, dot, underscore and hyphen')
  }
  return undefined
}
