import type { Expectation, SagaDefinition, TypeNumbers } from './description/definition.ts'

/** The state of a conversation. `expired`: the event that may have ended it is no longer on its topic. */
export const sagaStates = ['failed', 'stuck', 'running', 'expired', 'compensated', 'completed'] as const
export type SagaState = (typeof sagaStates)[number]

/** What is kept of a conversation, however many events it has. Times are milliseconds since 1970. */
export interface Conversation {
  readonly id: string
  /** The correlation id of its messages: the id, or another value of a saga that does not name its streams by correlation ids. */
  correlationId: string
  firstAt: number
  lastAt: number
  lastType: string
  /** The latest time of each event type by its number; `undefined` for a type that did not occur. */
  readonly times: (number | undefined)[]
  /** Whether an event that begins a conversation was seen, or the saga has a stream for it. */
  isStarted: boolean
  failure: ConversationFailure | undefined
}

/** An open dead letter of a message of the conversation. */
export interface ConversationFailure {
  /** The id of the dead letter in the event store. */
  readonly letterId: string
  readonly at: number
  readonly eventType: string
  readonly error: string
}

/** Creates a conversation without events. */
export const newConversation = (id: string, types: TypeNumbers): Conversation => ({
  id,
  correlationId: id,
  firstAt: Number.POSITIVE_INFINITY,
  lastAt: Number.NEGATIVE_INFINITY,
  lastType: '',
  times: new Array(types.names.length).fill(undefined),
  isStarted: false,
  failure: undefined,
})

/** Adds an event. The order of events does not matter, and neither do copies. */
export function addEvent(conversation: Conversation, types: TypeNumbers, eventType: string, at: number): void {
  if (at < conversation.firstAt) conversation.firstAt = at
  if (at > conversation.lastAt || (at === conversation.lastAt && types.isAfter(eventType, conversation.lastType))) {
    conversation.lastType = eventType
    conversation.lastAt = at
  }
  for (const number of types.of(eventType)) {
    conversation.times[number] = Math.max(conversation.times[number] ?? at, at)
  }
}

/** Adds an open dead letter. The oldest one counts. */
export function addFailure(conversation: Conversation, failure: ConversationFailure): void {
  if (conversation.failure === undefined || failure.at < conversation.failure.at) conversation.failure = failure
}

/** Why a conversation is stuck or failed. */
export type SagaReason =
  /** None of the events that had to follow has occurred in time. */
  | { readonly code: 'overdue'; readonly after: string; readonly oneOf: readonly string[]; readonly deadline: number }
  /** An event said that a person has to resolve the conversation. */
  | { readonly code: 'stuck-event'; readonly eventType: string }
  /** A message of the conversation could not be handled, and is a dead letter. */
  | { readonly code: 'dead-letter'; readonly letterId: string; readonly eventType: string; readonly error: string }

/** The state of a conversation at one time. */
export interface SagaStatus {
  readonly state: SagaState
  /** When the state began: the conversation for a running one, the deadline for a stuck one. */
  readonly since: number
  readonly reason: SagaReason | undefined
  /** The event types of which one has to occur next. Empty: the description expects none, or the conversation has ended. */
  readonly waitsFor: readonly string[]
  readonly deadline: number | undefined
}

/**
 * Judges a conversation. An outcome counts more than anything else, since a stuck conversation may be resolved; then a dead letter,
 * then what is overdue. An expectation is met if one of its events occurred at any time, because clocks of producers differ.
 *
 * `endsKnownSince`: the oldest time of which the topics with the outcomes still have all events.
 */
export function statusOf(
  definition: SagaDefinition,
  types: TypeNumbers,
  conversation: Conversation,
  { now, endsKnownSince = Number.NEGATIVE_INFINITY }: { readonly now: number; readonly endsKnownSince?: number },
): SagaStatus {
  const { times, failure, firstAt, lastAt } = conversation
  const timeOf = (name: string) => times[types.numberOf(name)]
  const completedAt = latest(definition.completedBy.map(timeOf))
  const compensatedAt = latest(definition.compensatedBy.map(timeOf))
  const ended = (state: 'completed' | 'compensated', since: number) => ({ ...NOTHING_NEXT, state, since })
  if (completedAt !== undefined && completedAt >= (compensatedAt ?? completedAt)) return ended('completed', completedAt)
  if (compensatedAt !== undefined) return ended('compensated', compensatedAt)

  const next = nextOf(definition.expects, timeOf)
  const waiting = { waitsFor: next?.expectation.oneOf ?? [], deadline: next?.deadline }
  if (failure !== undefined) {
    const { at, ...letter } = failure
    return { ...waiting, state: 'failed', since: at, reason: { code: 'dead-letter', ...letter } }
  }
  const stuckBy = definition.stuckBy.find((name) => timeOf(name) !== undefined)
  if (stuckBy !== undefined) {
    const reason = { code: 'stuck-event', eventType: stuckBy } as const
    return { ...waiting, state: 'stuck', since: timeOf(stuckBy) as number, reason }
  }
  if (lastAt < endsKnownSince) return { ...NOTHING_NEXT, state: 'expired', since: lastAt }
  if (next !== undefined && next.deadline < now) {
    const { after, oneOf } = next.expectation
    const { deadline } = next
    return { ...waiting, state: 'stuck', since: deadline, reason: { code: 'overdue', after, oneOf, deadline } }
  }
  return { ...waiting, state: 'running', since: firstAt, reason: undefined }
}

const NOTHING_NEXT = { reason: undefined, waitsFor: [], deadline: undefined } as const

/** Returns the expectation that is not met and has the earliest deadline. */
function nextOf(
  expects: readonly Expectation[],
  timeOf: (name: string) => number | undefined,
): { readonly expectation: Expectation; readonly deadline: number } | undefined {
  let next: { readonly expectation: Expectation; readonly deadline: number } | undefined
  for (const expectation of expects) {
    const { after, oneOf, within } = expectation
    const at = timeOf(after)
    if (at === undefined || oneOf.some((name) => timeOf(name) !== undefined)) continue
    if (next === undefined || at + within < next.deadline) next = { expectation, deadline: at + within }
  }
  return next
}

function latest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}
