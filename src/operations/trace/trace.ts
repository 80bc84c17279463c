import { isDate } from '../../bus/time/json-time.ts'
import type { Message } from './message.ts'

/** How the cause of a message is known. `causation`: by message ids. `order`: guessed by time and topic, for lack of ids. */
export type CausedBy = 'causation' | 'order'

/** A message in the tree of its conversation. Other messages are referred to by their index. */
export interface TracedMessage {
  readonly index: number
  readonly message: Message
  /** The timestamp of the record in milliseconds. Absent: it has none that is a date. */
  readonly time?: number | undefined
  readonly cause?: number | undefined
  readonly causedBy?: CausedBy | undefined
  /** Milliseconds from the cause to the message; negative if clocks differ. Absent if one of the two has no time. */
  readonly elapsed?: number | undefined
  /** The first copy, if the same message was published to the topic before. */
  readonly copyOf?: number | undefined
  /** The number of causes above the message. */
  readonly depth: number
  /** The participant that published the message. */
  readonly from: string
  /** The participant that the message is for, or that reacted to it first. */
  readonly to: string
}

/** A lane of a sequence diagram: an aggregate, a saga or a client, with its topics. */
export interface Participant {
  readonly name: string
  readonly topics: readonly string[]
}

/** A fault in a conversation. `messages` are indexes. src/ui/trace/findings.ts has the sentence for each code. */
export type TraceFinding = { readonly messages: readonly number[] } & (
  | { readonly code: 'duplicate' | 'several-roots' }
  | { readonly code: 'redelivered'; readonly cause: number }
  | { readonly code: 'orphan'; readonly causeId: string; readonly since?: number | undefined }
  | { readonly code: 'gap'; readonly causeId: string; readonly topic: string }
  | { readonly code: 'overdue'; readonly age: number; readonly topic: string }
  | { readonly code: 'clock-skew'; readonly most: number }
  | { readonly code: 'undecodable'; readonly reason: string }
  | { readonly code: 'dead-letter'; readonly reason?: string | undefined }
)

/** What is known about the messages as a whole. */
export interface TraceOptions {
  readonly correlationId: string
  /** The topics that were searched. */
  readonly topics: readonly string[]
  /** The time from which on they were searched, in milliseconds. Absent: from their start. */
  readonly since?: number | undefined
  /** False if some messages of the conversation may be missing, because a limit was reached. */
  readonly isComplete: boolean
  /** Milliseconds since 1970. */
  readonly now: number
  /** Milliseconds after which a command that nothing followed is overdue. */
  readonly overdue: number
}

/** One conversation as a tree. */
export interface Trace {
  readonly correlationId: string
  /** In time order; causes before effects where times are equal. */
  readonly messages: readonly TracedMessage[]
  readonly participants: readonly Participant[]
  readonly findings: readonly TraceFinding[]
  readonly isComplete: boolean
}

/** Returns the time of a message in milliseconds: the timestamp of its record. `undefined` for a record without a usable one. */
export const timeOf = ({ timestamp }: Pick<Message, 'timestamp'>): number | undefined =>
  timestamp >= 0n && isDate(timestamp) ? Number(timestamp) : undefined

/** Returns the time that the publisher stated in the metadata, in milliseconds. */
export function statedTime({ event }: Pick<Message, 'event'>): number | undefined {
  const time = Date.parse(event?.metadata?.timestamp ?? '')
  return Number.isNaN(time) ? undefined : time
}
