import type { SerializedEvent } from '../../bus/event.ts'
import type { TopicLog } from '../../bus/topic-log.ts'
import { decodeRecord } from '../../codecs/event-record.ts'
import { messageId } from '../../codecs/message-id.ts'
import type { EventStore } from '../../store/event-store.ts'
import type { PublishedMessage, StoredMessage } from './compare-messages.ts'
import { readEvents } from './read-streams.ts'
import type { DifferingPart } from './report.ts'

/** The records that are read in one request. */
const RECORDS_AT_ONCE = 500

/** A stored event and a record that are the same event, except for some parts. */
export interface DifferingPair {
  readonly stored: StoredMessage
  readonly published: PublishedMessage
  readonly parts: readonly DifferingPart[]
}

/**
 * Finds the stored events and the records without a counterpart that are the same event with other content: their data are equal, or
 * their metadata are and have a time or a cause, so that they identify the event. Reads both sides again, because a comparison keeps
 * only message ids.
 */
export async function findDifferences(
  { log, store, signal }: { readonly log: TopicLog; readonly store: EventStore; readonly signal: AbortSignal },
  topic: string,
  { unpublished, unstored }: { unpublished: readonly StoredMessage[]; unstored: readonly PublishedMessage[] },
): Promise<readonly DifferingPair[]> {
  const records = await readPublished(log, topic, unstored, signal)
  const events = await readEvents(store, unpublished, signal)
  const pairs: DifferingPair[] = []
  const taken = new Set<PublishedMessage>()
  const open = new Set(unpublished)
  // Equal data first: metadata alone may also be those of another event of the same step.
  for (const identityOf of [dataIdentity, metadataIdentity]) {
    const byIdentity = new Map<string, { message: PublishedMessage; event: SerializedEvent }[]>()
    for (const [at, event] of records.entries()) {
      const message = unstored[at] as PublishedMessage
      const identity = event === undefined || taken.has(message) ? undefined : identityOf(event)
      if (event === undefined || identity === undefined) continue
      const own = byIdentity.get(identity)
      if (own === undefined) byIdentity.set(identity, [{ message, event }])
      else own.push({ message, event })
    }
    for (const [at, found] of events.entries()) {
      const stored = unpublished[at] as StoredMessage
      if (found === undefined || !open.has(stored)) continue
      const identity = identityOf(found.event)
      const match = identity === undefined ? undefined : byIdentity.get(identity)?.shift()
      if (match === undefined) continue
      open.delete(stored)
      taken.add(match.message)
      pairs.push({ stored, published: match.message, parts: differingParts(found.event, match.event) })
    }
  }
  return pairs
}

async function readPublished(
  log: TopicLog,
  topic: string,
  messages: readonly PublishedMessage[],
  signal: AbortSignal,
): Promise<readonly (SerializedEvent | undefined)[]> {
  const events: (SerializedEvent | undefined)[] = []
  for (let at = 0; at < messages.length && !signal.aborted; at += RECORDS_AT_ONCE) {
    const slices = messages
      .slice(at, at + RECORDS_AT_ONCE)
      .map(({ partition, offset }) => ({ topic, partition, from: offset, to: offset + 1n }))
    for (const record of await log.firstRecords(slices)) {
      const value = record?.value
      const decoded = record && value ? decodeRecord({ value, headers: record.headers }) : undefined
      events.push(decoded?.ok ? decoded.event : undefined)
    }
  }
  return events
}

/** Data of a few bytes do not identify an event. */
const MIN_IDENTIFYING_BYTES = 8

const dataIdentity = ({ eventType, data }: SerializedEvent): string | undefined =>
  data.length < MIN_IDENTIFYING_BYTES ? undefined : `${eventType}\0${Buffer.from(data).toString('latin1')}`

const NO_DATA = new Uint8Array()

/** The message id without the data; `undefined` for metadata that other events may have too. */
function metadataIdentity(event: SerializedEvent): string | undefined {
  const { metadata } = event
  if (metadata?.timestamp === undefined && metadata?.causationId === undefined) return undefined
  return messageId({ ...event, eventVersion: 1, data: NO_DATA })
}

function differingParts(stored: SerializedEvent, published: SerializedEvent): readonly DifferingPart[] {
  const parts: DifferingPart[] = []
  if (stored.eventVersion !== published.eventVersion) parts.push('event_version')
  if (Buffer.compare(stored.data, published.data) !== 0) parts.push('data')
  const metadataOf = (event: SerializedEvent) => messageId({ ...event, eventVersion: 1, data: NO_DATA })
  if (metadataOf(stored) !== metadataOf(published)) parts.push('metadata')
  return parts
}
