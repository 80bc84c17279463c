import type { TopicPartition } from '../admin.ts'
import { type EventBusError, invalidTopic } from '../errors.ts'
import type { Position } from '../record.ts'

/** Name of a partition in messages and as a map key: `order-events[0]`. */
export const partitionName = ({ topic, partition }: TopicPartition): string => `${topic}[${partition}]`

/** Name of a record in messages, by its position: `order-events[0]@41`. */
export const positionName = (position: Position): string => `${partitionName(position)}@${position.offset}`

/**
 * Returns the topic of the events of an aggregate type.
 *
 * @example
 * ```ts
 * import { topicFor } from 'crbus'
 *
 * topicFor('order') // => 'order-events'
 * ```
 */
export const topicFor = (aggregateType: string): string => `${aggregateType}-events`

/**
 * Returns whether a topic is named by Composable Rust's convention `{aggregate-type}-events`.
 *
 * @example
 * ```ts
 * import { isEventTopic } from 'crbus'
 *
 * const topics = ['order-events', 'order-commands', '__consumer_offsets']
 * topics.filter(isEventTopic) // => ['order-events']
 * ```
 */
export const isEventTopic = (topic: string): boolean => /^[a-z0-9]+(-[a-z0-9]+)*-events$/.test(topic)

/**
 * Returns the consumer group that a subscription joins when none is named, as in Rust: `composable-rust-` and the topics,
 * sorted by their bytes and joined with hyphens.
 *
 * @example
 * ```ts
 * import { defaultGroup } from 'crbus'
 *
 * defaultGroup(['payment-events', 'order-events']) // => 'composable-rust-order-events-payment-events'
 * ```
 */
export const defaultGroup = (topics: readonly string[]): string =>
  `composable-rust-${[...topics].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join('-')}`

const AUTO = defaultGroup([])

/** Whether a group name looks like a {@link defaultGroup}, which services get when they name no group. */
export const isDefaultGroup = (group: string): boolean => group.startsWith(AUTO) && group !== AUTO

/**
 * Finds the topics of a {@link defaultGroup} by splitting its name into the given topics, since hyphens both join topics and
 * occur in them. Empty when the name cannot be split that way.
 */
export function topicsOfDefaultGroup(group: string, topics: readonly string[]): string[] {
  const rest = isDefaultGroup(group) ? group.slice(AUTO.length) : ''
  const known = [...topics].filter((topic) => rest.includes(topic)).sort((a, b) => b.length - a.length)
  const hopeless = new Set<string>()
  const split = (at: number, after: string): string[] | undefined => {
    if (at === rest.length + 1) return []
    if (hopeless.has(`${at} ${after}`)) return undefined
    for (const topic of known) {
      const end = at + topic.length
      const isNext = rest.startsWith(topic, at) && (end === rest.length || rest[end] === '-')
      if (!isNext || Buffer.compare(Buffer.from(after), Buffer.from(topic)) >= 0) continue
      const others = split(end + 1, topic)
      if (others) return [topic, ...others]
    }
    hopeless.add(`${at} ${after}`)
    return undefined
  }
  return (rest !== '' && split(0, '')) || []
}

/** Checks a topic name by Kafka's rule (`org.apache.kafka.common.internals.Topic`), which every bus applies. */
export function topicNameError(topic: string): EventBusError | undefined {
  if (typeof topic !== 'string') return invalidTopic(String(topic), 'is not a string')
  if (topic === '') return invalidTopic(topic, 'is empty')
  if (topic === '.' || topic === '..') return invalidTopic(topic, 'is reserved')
  if (topic.length > 249) return invalidTopic(topic, `has ${topic.length} characters; 249 are allowed`)
  if (!/^[A-Za-z0-9._-]+$/.test(topic)) {
    return invalidTopic(topic, 'may hold only letters, digits, dot, underscore and hyphen')
  }
  return undefined
}
