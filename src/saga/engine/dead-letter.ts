import type { SerializedEvent } from '../../bus/event.ts'
import { EventStoreError } from '../../store/errors.ts'
import type { EventStore, NewDeadLetter, RejectedCommand } from '../../store/event-store.ts'
import type { Incoming, Message } from './reaction.ts'

export interface Failure {
  /** Whose it is; the topic where none is known. */
  readonly streamId: string | undefined
  readonly error: Pick<Error, 'message' | 'stack' | 'cause'>
  readonly attempts: number
  readonly now: Date
}

/** What is kept of a message that could not be handled. */
export function toDeadLetter(incoming: Incoming, { streamId, error, attempts, now }: Failure): NewDeadLetter {
  const { event, record, timer } = incoming
  const where = record === undefined ? undefined : `${record.topic}[${record.partition}]@${record.offset}`
  const topic = record?.topic
  return {
    streamId: text(streamId ?? timer?.streamId ?? topic ?? 'unknown'),
    topic: topic === undefined ? undefined : text(topic),
    event: { ...event, eventType: text(event.eventType) },
    originalTimestamp: madeAt(incoming, now),
    error: text(error.message, 10_000),
    details: text([where, ...stacksOf(error)].filter(Boolean).join('\n'), 10_000),
    retryCount: attempts,
  }
}

/** What is kept of a command that its aggregate rejected. */
export function toRejectedCommand(
  message: Message,
  { streamId, reason, now }: { readonly streamId: string; readonly reason: string; readonly now: Date },
): RejectedCommand {
  const { retryCount, ...entry } = toDeadLetter(message, { streamId, error: { message: reason }, attempts: 0, now })
  return { ...entry, messageId: message.id }
}

/**
 * Stores one, whatever is in it: metadata that the store has no place for is left out rather than the whole. Returns its
 * id.
 */
export async function addDeadLetter({ deadLetters }: EventStore, entry: NewDeadLetter): Promise<string> {
  try {
    return await deadLetters.add(entry)
  } catch (error) {
    if (!(error instanceof EventStoreError) || error.code !== 'INVALID_APPEND') throw error
    const details = text(`its metadata could not be stored: ${error.message}\n${entry.details ?? ''}`, 10_000)
    return deadLetters.add({ ...entry, event: withoutMetadata(entry.event), details })
  }
}

const withoutMetadata = (event: SerializedEvent): SerializedEvent => ({ ...event, metadata: null })

/** The stack of an error and of the error that caused it, which is where a reducer threw. */
const stacksOf = ({ stack, cause }: Failure['error']): readonly (string | undefined)[] =>
  cause instanceof Error ? [stack, `caused by ${cause.stack}`] : [stack]

/** Texts come from strangers; a store takes those of some length, without NUL. */
const text = (value: string, most = 200): string => value.slice(0, most).toWellFormed().replaceAll('\0', '\ufffd')

function madeAt({ event, record }: Incoming, now: Date): Date {
  const said = new Date(event.metadata?.timestamp ?? '')
  if (!Number.isNaN(said.getTime())) return said
  const recorded = new Date(Number(record?.timestamp ?? -1))
  return recorded.getTime() >= 0 ? recorded : now
}
