import type { TopicPartition } from '../admin.ts'
import { type EventBusError, invalidTopic } from '../errors.ts'
import type { Position } from '../record.ts'
import { whyInvalidTopic } from './topic-name.ts'

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

const DEFAULT_GROUP_PREFIX = defaultGroup([])

/** Whether a group name looks like a {@link defaultGroup}, the group of subscriptions that name none. */
export const isDefaultGroup = (group: string): boolean =>
  group.startsWith(DEFAULT_GROUP_PREFIX) && group !== DEFAULT_GROUP_PREFIX

/**
 * Finds the topics that the name of a {@link defaultGroup} consists of. Topic names contain hyphens too, so the name cannot be
 * split at its hyphens; this tries the names in `topics`. Empty when no list of them gives the name of the group.
 */
export function topicsOfDefaultGroup(group: string, topics: readonly string[]): string[] {
  const rest = isDefaultGroup(group) ? group.slice(DEFAULT_GROUP_PREFIX.length) : ''
  const known = [...topics].filter((topic) => rest.includes(topic)).sort((a, b) => b.length - a.length)
  /** The arguments that `split` failed for. Trying them again could take exponential time. */
  const failed = new Set<string>()
  /** Splits `rest` from the index `at` on into topics that sort after `previous`, as `defaultGroup` sorts them. */
  const split = (at: number, previous: string): string[] | undefined => {
    // A topic that ends the name is not followed by a hyphen.
    if (at === rest.length + 1) return []
    if (failed.has(`${at} ${previous}`)) return undefined
    for (const topic of known) {
      const end = at + topic.length
      const isNext = rest.startsWith(topic, at) && (end === rest.length || rest[end] === '-')
      if (!isNext || Buffer.compare(Buffer.from(previous), Buffer.from(topic)) >= 0) continue
      const others = split(end + 1, topic)
      if (others) return [topic, ...others]
    }
    failed.add(`${at} ${previous}`)
    return undefined
  }
  return (rest !== '' && split(0, '')) || []
}

/** Returns the error for an invalid topic name; `undefined` for a valid one. */
export function topicNameError(topic: string): EventBusError | undefined {
  const reason = whyInvalidTopic(topic)
  return reason === undefined ? undefined : invalidTopic(String(topic), reason)
}
