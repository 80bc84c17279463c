/**
 * A suggestion of what to try after an error. Programs decide by `code`, which is stable; some codes have further fields, such
 * as the `topic` of `create-topic`. `text` is the suggestion in words, which may change.
 *
 * @example
 * ```ts
 * import { EventBusError, type Hint } from 'crbus'
 *
 * const inWords = (error: EventBusError): string => [error.message, ...error.hints.map(({ text }) => text)].join('; ')
 *
 * const hints: readonly Hint[] = [{ code: 'list-topics', text: 'list the topics of the bus' }]
 * inWords(new EventBusError('TOPIC_NOT_FOUND', "topic 'a' does not exist", { hints })) // => "topic 'a' does not exist; list the topics of the bus"
 * ```
 */
export interface Hint {
  /** The kind of the hint, by which programs decide. Stable. */
  readonly code: string
  /** What to try, in words that may change. */
  readonly text: string
}

/** A hint that is the same text in every front end, because it refers to no command and no setting. */
export const advice = (text: string) => ({ code: 'advice', text }) as const

/** The hints of every bus. */
export const busHints = {
  advice,
  listTopics: () => ({ code: 'list-topics', text: 'list the topics of the bus' }) as const,
  createTopic: (topic: string) => ({ code: 'create-topic', text: `create topic '${topic}'`, topic }) as const,
  /** For an invalid name. `topic` is a valid one. */
  validTopic: (topic: string) => ({ code: 'valid-topic', text: `use a name such as ${topic}`, topic }) as const,
  describeTopic: (topic: string) => ({ code: 'describe-topic', text: `describe topic '${topic}'`, topic }) as const,
  listGroups: () => ({ code: 'list-groups', text: 'list the groups of the bus' }) as const,
  similarNames: (kind: 'topic' | 'group', names: readonly string[]) =>
    ({ code: 'similar-names', text: `use ${kind} ${names.join(' or ')}`, kind, names }) as const,
}

export type BusHint = ReturnType<(typeof busHints)[keyof typeof busHints]>
