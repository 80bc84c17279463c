import type { TopicSummary } from '../../bus/admin.ts'
import { deadLetterStem } from '../dead-letters/boxes/dead-letter-topics.ts'

/** What the records of a topic are, by the naming convention of Composable Rust. */
export type MessageKind = 'event' | 'command' | 'dead-letter' | 'timer' | 'other'

export interface TopicRole {
  readonly kind: MessageKind
  /** The aggregate or saga that the topic belongs to: `order` for `order-events`, `order-commands` and `order-events-dlq`. */
  readonly owner: string
}

const ofAggregate = /^(.+)-(events|commands)$/

/** Returns the role of a topic. A topic of another name is its own owner. */
export function topicRole(topic: string): TopicRole {
  const origin = deadLetterStem(topic)
  if (origin !== undefined) return { kind: 'dead-letter', owner: topicRole(origin).owner }
  const [, owner = topic, suffix] = ofAggregate.exec(topic) ?? []
  return { kind: suffix === 'events' ? 'event' : suffix === 'commands' ? 'command' : 'other', owner }
}

/** Whether a topic is searched for the messages of a conversation by default: one of events, commands or dead letters. */
export const isTraced = ({ topic, internal }: Pick<TopicSummary, 'topic' | 'internal'>): boolean =>
  !internal && topicRole(topic).kind !== 'other'

/** The most common names of these topics, in texts. */
export const TRACED_TOPICS = '*-events, *-commands, *-dlq and *-dead-letters'
