import { causeIn } from './match.ts'
import type { Message } from './message.ts'
import type { CausedBy } from './trace.ts'

/** The index of the cause of a message, and how it is known. Empty for a message without a known cause. */
export interface CauseLink {
  readonly cause?: number
  readonly causedBy?: CausedBy
}

/**
 * Finds the cause of each message: the message whose id is its causation id. The cause of a dead letter is the message that it is a
 * copy of. Where the services of a conversation write no causation ids, guesses the cause by the order of the messages, unless
 * `by` is `causation`.
 */
export function findCauses(messages: readonly Message[], by: CausedBy = 'order'): readonly CauseLink[] {
  const ids = new Map<string, number>()
  const deadIds = new Map<string, number>()
  for (const [index, { id, kind }] of messages.entries()) {
    const known = kind === 'dead-letter' ? deadIds : ids
    if (id !== undefined && !known.has(id)) known.set(id, index)
  }
  const links = messages.map((message, index): CauseLink => {
    const { id = '', kind, event } = message
    const origin = kind === 'dead-letter' ? ids.get(id) : undefined
    const causeId = causeIn(event?.metadata?.causationId) ?? ''
    const cause = origin ?? ids.get(causeId) ?? deadIds.get(causeId)
    return cause === undefined || cause === index ? {} : { cause, causedBy: 'causation' }
  })
  return by === 'order' ? guessByOrder(messages, links) : links
}

/** Whether the causation id of a message is a message id, so that its cause need not be guessed. */
const namesCause = ({ event }: Message): boolean => causeIn(event?.metadata?.causationId) !== undefined

/**
 * Guesses causes where publishers name none: of a command, the last event before it, if no message of the conversation names its
 * cause, since otherwise the command is that of a client; of an event, the last command to its aggregate before it, if no event of its topic names its cause. A conversation without
 * commands to the aggregate goes from event to event.
 */
function guessByOrder(messages: readonly Message[], known: readonly CauseLink[]): readonly CauseLink[] {
  const naming = messages.filter(namesCause)
  const namingTopics = new Set(naming.map(({ topic }) => topic))
  const commanded = new Set(messages.filter(({ kind }) => kind === 'command').map(({ owner }) => owner))
  const links = [...known]
  let lastEvent: number | undefined
  const lastCommands = new Map<string, number>()
  /** The last events of different topics, the newest last. */
  const lastOfTopics = new Map<string, number>()
  for (const [index, message] of messages.entries()) {
    const { kind, topic, owner } = message
    if (links[index]?.cause === undefined && !namesCause(message)) {
      let guess: number | undefined
      if (kind === 'command' && naming.length === 0) guess = lastEvent
      if (kind === 'event' && !namingTopics.has(topic)) {
        guess = commanded.has(owner)
          ? lastCommands.get(owner)
          : [...lastOfTopics].findLast(([other]) => other !== topic)?.[1]
      }
      if (guess !== undefined && !isAncestor(index, guess, links)) links[index] = { cause: guess, causedBy: 'order' }
    }
    if (kind === 'event') {
      lastEvent = index
      lastOfTopics.delete(topic)
      lastOfTopics.set(topic, index)
    }
    if (kind === 'command') lastCommands.set(owner, index)
  }
  return links
}

/** Whether a message is among the causes of another one. With clocks that differ, an effect may come first. */
function isAncestor(wanted: number, start: number, links: readonly CauseLink[]): boolean {
  for (let at: number | undefined = start; at !== undefined; at = links[at]?.cause) if (at === wanted) return true
  return false
}
