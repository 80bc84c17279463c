import type { CauseLink } from './causes.ts'
import type { Message } from './message.ts'
import { topicRole } from './topic-role.ts'
import type { Participant } from './trace.ts'

/** The publisher of a command that no message of the conversation caused. */
const CLIENT = 'client'
/** The publisher of commands if several sagas may have published them. */
const SOME_SAGA = 'saga'

interface Lane {
  readonly from: string
  readonly to: string
}

/**
 * Names the sender and the receiver of each message, as far as the topics tell. An aggregate publishes the events of its topic. The
 * commands that follow from events are those of the saga: the owner of event topics without commands, if there is only one.
 */
export function nameParticipants(
  messages: readonly Message[],
  links: readonly CauseLink[],
  topics: readonly string[],
): { readonly lanes: readonly Lane[]; readonly participants: readonly Participant[] } {
  const commanded = new Set(topics.map(topicRole).flatMap(({ kind, owner }) => (kind === 'command' ? [owner] : [])))
  const sagas = new Set(messages.filter(({ kind, owner }) => kind === 'event' && !commanded.has(owner)).map(ownerOf))
  const [onlySaga = SOME_SAGA] = sagas.size === 1 ? sagas : []
  const senders = messages.map((message, index) => {
    if (message.kind !== 'command') return message.owner
    const { cause } = links[index] ?? {}
    const by = cause === undefined ? undefined : messages[cause]
    if (by === undefined) return CLIENT
    return by.kind === 'command' || by.kind === 'timer' ? by.owner : onlySaga
  })
  const firstReactions = new Map<number, string>()
  for (const [index, { cause }] of links.entries()) {
    if (cause !== undefined && !firstReactions.has(cause)) firstReactions.set(cause, senders[index] as string)
  }
  const lanes = messages.map(({ kind, owner }, index): Lane => {
    const from = senders[index] as string
    return { from, to: kind === 'event' ? (firstReactions.get(index) ?? owner) : owner }
  })
  const names = new Set(lanes.flatMap(({ from, to }) => [from, to]))
  const topicsOf = Map.groupBy(new Set(messages.map(({ topic }) => topic)), (topic) => topicRole(topic).owner)
  return { lanes, participants: [...names].map((name) => ({ name, topics: (topicsOf.get(name) ?? []).sort() })) }
}

const ownerOf = ({ owner }: Message): string => owner
