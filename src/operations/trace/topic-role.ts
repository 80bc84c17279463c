/** What the records of a topic are, by the naming convention of Composable Rust. */
export type MessageKind = 'event' | 'command' | 'dead-letter' | 'timer' | 'other'

export interface TopicRole {
  readonly kind: MessageKind
  /** The aggregate or saga that the topic belongs to: `order` for `order-events`, `order-commands` and `order-events-dlq`. */
  readonly owner: string
}

const deadLetters = /^(.+)[-._](?:dlq|dlt|dead-letters?)$/i
const ofAggregate = /^(.+)-(events|commands)$/

/** Returns the role of a topic. A topic of another name is its own owner. */
export function topicRole(topic: string): TopicRole {
  const [, origin] = deadLetters.exec(topic) ?? []
  if (origin !== undefined) return { kind: 'dead-letter', owner: topicRole(origin).owner }
  const [, owner = topic, suffix] = ofAggregate.exec(topic) ?? []
  return { kind: suffix === 'events' ? 'event' : suffix === 'commands' ? 'command' : 'other', owner }
}

/** The names of topics that {@link topicRole} recognizes, as globs. */
export const TRACED_GLOBS = ['*-events', '*-commands', '*-dlq', '*-dead-letter', '*-dead-letters']

/** The same names in texts. */
export const TRACED_TOPICS = '*-events, *-commands, *-dlq and *-dead-letters'
