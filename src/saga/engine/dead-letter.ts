import type { SerializedEvent } from '../../bus/event.ts'
import { positionName } from '../../bus/names/names.ts'
import { EventStoreError } from '../../store/errors.ts'
import type { EventStore, NewDeadLetter, RejectedCommand } from '../../store/event-store.ts'
import type { Incoming, Message } from './reaction.ts'

/** Limits for texts in dead letters, in UTF-16 code units. */
const MAX_NAME_LENGTH = 200
const MAX_TEXT_LENGTH = 10_000

export interface Failure {
  /** The stream that the message is for; `undefined` when it is not known. */
  readonly streamId: string | undefined
  readonly error: Pick<Error, 'message' | 'stack' | 'cause'>
  readonly attempts: number
  readonly now: Date
}

/** Creates the dead letter of a message that could not be handled. Its stream id is the topic when the stream is not known. */
export function toDeadLetter(incoming: Incoming, { streamId, error, attempts, now }: Failure): NewDeadLetter {
  const { event, record, timer } = incoming
  const where = record === undefined ? undefined : positionName(record)
  const topic = record?.topic
  return {
    streamId: storable(streamId ?? timer?.streamId ?? topic ?? 'unknown'),
    topic: topic === undefined ? undefined : storable(topic),
    event: { ...event, eventType: storable(event.eventType) },
    originalTimestamp: originalTime(incoming, now),
    error: storable(error.message, MAX_TEXT_LENGTH),
    details: storable([where, ...stacksOf(error)].filter(Boolean).join('\n'), MAX_TEXT_LENGTH),
    retryCount: attempts,
  }
}

/** Creates the dead letter of a command that its aggregate rejected. */
export function toRejectedCommand(
  message: Message,
  { streamId, reason, now }: { readonly streamId: string; readonly reason: string; readonly now: Date },
): RejectedCommand {
  const { retryCount, ...entry } = toDeadLetter(message, { streamId, error: { message: reason }, attempts: 0, now })
  return { ...entry, messageId: message.id }
}

/**
 * Stores a dead letter and returns its id. Metadata that the store cannot hold are left out, so that the rest is kept.
 */
export async function addDeadLetter({ deadLetters }: EventStore, entry: NewDeadLetter): Promise<string> {
  try {
    return await deadLetters.add(entry)
  } catch (error) {
    if (!(error instanceof EventStoreError) || error.code !== 'INVALID_APPEND') throw error
    const details = storable(
      `the metadata could not be stored: ${error.message}\n${entry.details ?? ''}`,
      MAX_TEXT_LENGTH,
    )
    return deadLetters.add({ ...entry, event: withoutMetadata(entry.event), details })
  }
}

const withoutMetadata = (event: SerializedEvent): SerializedEvent => ({ ...event, metadata: null })

/** Returns the stacks of an error and its cause. The cause shows where a reducer threw. */
const stacksOf = ({ stack, cause }: Failure['error']): readonly (string | undefined)[] =>
  cause instanceof Error ? [stack, `caused by ${cause.stack}`] : [stack]

/** Makes a text of another service storable: cuts it, and replaces NUL and lone surrogates, which Postgres refuses. */
const storable = (value: string, maxLength = MAX_NAME_LENGTH): string =>
  value.slice(0, maxLength).toWellFormed().replaceAll('\0', '\ufffd')

/** Returns the time in the event's metadata, else the record's timestamp, else `now`. */
function originalTime({ event, record }: Incoming, now: Date): Date {
  const stated = new Date(event.metadata?.timestamp ?? '')
  if (!Number.isNaN(stated.getTime())) return stated
  const recorded = new Date(Number(record?.timestamp ?? -1))
  return recorded.getTime() >= 0 ? recorded : now
}
