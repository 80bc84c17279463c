import type { Commit } from '../store/event-store.ts'

/** Detects conversations that do not end, by the number of messages they handle. */
export interface ConversationLimit {
  /** Counts the messages that a commit adds to conversations. */
  count(commit: Commit): void
  /** Throws when a conversation is over the limit. */
  check(): void
  /** Sets all counts to 0. */
  reset(): void
}

/** The most event types that the error names: enough to recognize the messages that cause each other. */
const MAX_TYPES = 6

/** Creates a limit for the messages of each conversation. `prefix` is the prefix of the stream ids of conversations. */
export function conversationLimit(prefix: string, maxMessages: number): ConversationLimit {
  const handled = new Map<string, string[]>()
  return {
    count({ appends }) {
      for (const { streamId, events } of appends) {
        if (!streamId.startsWith(prefix)) continue
        const types = handled.get(streamId) ?? []
        for (const { eventType } of events) types.push(eventType)
        handled.set(streamId, types)
      }
    },
    check() {
      for (const [streamId, types] of handled)
        if (types.length > maxMessages) throw endlessError(streamId, types, maxMessages)
    },
    reset() {
      handled.clear()
    },
  }
}

function endlessError(streamId: string, types: readonly string[], maxMessages: number): Error {
  // Messages that cause each other alternate, so the last messages contain every type involved.
  const last = [...new Set(types.slice(-4 * MAX_TYPES))].slice(0, MAX_TYPES).join(', ')
  return new Error(
    `the conversation ${streamId} does not end: it handled more than ${maxMessages} messages, the last ones ${last}; ` +
      `if that is expected, raise mostMessages`,
  )
}
