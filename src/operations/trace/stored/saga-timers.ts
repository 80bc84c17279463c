import { encodeRecord } from '../../../codecs/event-record.ts'
import type { EventStore, StoredEvent } from '../../../store/event-store.ts'
import type { Reading } from '../../events/event-view.ts'
import { type Message, toMessage } from '../message.ts'
import { topicRole } from '../topic-role.ts'
import { statedTime } from '../trace.ts'

interface TimerSearch {
  readonly correlationId: string
  /** The topics of the conversation. A saga is named like its event topic. */
  readonly topics: readonly string[]
  readonly reading: Reading
}

/**
 * Finds the timers of a conversation that have fired. They are on no topic, but a saga stores what it reacted to in a stream of the
 * conversation: an event without the position of a record was a timer, and its causation id is the message id of the timer.
 */
export async function firedTimers(
  store: Pick<EventStore, 'readStreams'>,
  { correlationId, topics, reading }: TimerSearch,
): Promise<readonly Message[]> {
  // No stream has such a name, and a store refuses to look for it.
  if (correlationId.includes('\0') || !correlationId.isWellFormed()) return []
  const owners = new Map(
    topics
      .map(topicRole)
      .filter(({ kind }) => kind === 'event')
      .map(({ owner }) => [`${owner}-saga-${correlationId}`, owner]),
  )
  const streams = await store.readStreams([...owners.keys()])
  return [...streams].flatMap(([stream, events]) =>
    events.flatMap((event) => toTimer(event, owners.get(stream) as string, reading)),
  )
}

/** Converts a stored event to a message if it was a timer. Its stream and its version take the place of topic and offset. */
function toTimer(
  { streamId, version, event, createdAt }: StoredEvent,
  owner: string,
  reading: Reading,
): readonly Message[] {
  const { causationId: id, extra, ...metadata } = event.metadata ?? {}
  if (id === undefined || extra?.topic !== undefined) return []
  const encoded = encodeRecord({ ...event, metadata }, 'cbor')
  if (!encoded.ok) return []
  const { value, headers } = encoded
  // When the timer fired by the clock of the saga, which is also that of its records.
  const time = statedTime({ event }) ?? createdAt.getTime()
  const position = { topic: streamId, partition: 0, offset: BigInt(version), timestamp: BigInt(time) }
  const message = toMessage({ ...position, key: null, value, headers }, reading)
  return [{ ...message, kind: 'timer', owner, id, record: undefined }]
}
