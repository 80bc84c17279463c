import type { SagaReason, SagaState } from '../../operations/sagas/conversation.ts'
import type { SagaNote } from '../../operations/sagas/gather.ts'
import type { WhatIfDifference } from '../../operations/sagas/replay/what-if.ts'
import { listed } from '../text/listed.ts'

/** The most event types that a sentence names. */
const MAX_TYPES = 3

/** Says in a few words why a conversation is stuck or failed, for a table. */
export function shortReason(reason: SagaReason): string {
  if (reason.code === 'overdue') return `no ${firstOf(reason.oneOf)}`
  if (reason.code === 'stuck-event') return reason.eventType
  return `dead letter ${reason.eventType}`
}

/** Says why a conversation is stuck or failed, in one sentence. */
export function reasonText(reason: SagaReason): string {
  if (reason.code === 'overdue')
    return `${reason.after} was not followed by ${anyOfTypes(reason.oneOf, MAX_TYPES)} in time`
  if (reason.code === 'stuck-event') return `${reason.eventType} says that a person has to resolve it`
  return `the message ${reason.eventType} is a dead letter in the event store: ${reason.error}`
}

/** Names the first of some event types, and counts the others: `A (+2)`. */
export const firstOf = ([first = '', ...more]: readonly string[]): string =>
  more.length === 0 ? first : `${first} (+${more.length})`

/** Names event types of which one is expected: `A`, `A or B`, `A, B, C or 2 more`. */
export function anyOfTypes(types: readonly string[], max: number): string {
  if (types.length > max) return listed(types, max).replace(/ and (\d+ more)$/, ' or $1')
  return types.length < 2 ? listed(types, max) : `${types.slice(0, -1).join(', ')} or ${types.at(-1)}`
}

/** Says what makes a report incomplete, in one sentence. */
export function sagaNoteText(note: SagaNote): string {
  switch (note.code) {
    case 'topic-missing':
      return `topic '${note.topic}' of the saga '${note.saga}' does not exist, so no event of it was read`
    case 'too-many':
      return `the saga '${note.saga}' has more than ${note.limit} conversations, and the others were not read; --since 1d reads only those that began since then`
    case 'too-many-messages':
      return `the conversation has more than ${note.limit} messages, and the others are left out`
    case 'end-unknown':
      return `${note.count} ${note.count === 1 ? 'conversation' : 'conversations'} of the saga '${note.saga}' may have ended: the oldest events of its topics are deleted`
    case 'unreadable':
      return `some records of ${note.topic}[${note.partition}] were skipped: ${note.reason}`
  }
}

/** What the states mean, for the help. */
export const stateMeanings: Readonly<Record<SagaState, string>> = {
  failed: 'a message of it is an open dead letter in the event store',
  stuck: 'an expected event did not come in time, or an event says so',
  running: 'an expected event may still come',
  expired: 'the events that may have ended it are deleted',
  compensated: 'it ended after its steps were undone',
  completed: 'it ended',
}

/** Says how the code of today differs from what happened, in one sentence. */
export function differenceText(difference: WhatIfDifference): string {
  const { eventType } = difference
  switch (difference.code) {
    case 'error':
      return `the code cannot reduce ${eventType}: ${difference.reason}`
    case 'ignored':
      return `${eventType} had an effect, and has none now`
    case 'newly-sent':
      return `${eventType} now sends ${difference.messageType} to ${difference.topic}, which was not sent`
    case 'no-longer-sent':
      return `${eventType} no longer sends ${difference.messageType} to ${difference.topic}`
    case 'changed':
      return `${eventType} now sends ${difference.messageType} to ${difference.topic} with other content`
  }
}
