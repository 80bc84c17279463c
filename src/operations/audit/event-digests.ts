import type { SerializedEvent } from '../../bus/event.ts'
import type { BusRecord } from '../../bus/record.ts'
import { decodeRecord } from '../../codecs/event-record.ts'
import { digestOf, messageDigest } from '../../codecs/message-digest.ts'
import { W3Spans } from '../../codecs/scan-w3-envelope.ts'
import { asBuffer, repeatedText } from '../../codecs/text-cache.ts'

/** The event type and the message id of an event. */
interface EventDigest {
  readonly eventType: string
  readonly digest: Buffer
}

/** Serves for all records. */
const spans = new W3Spans()

/** Returns the event type and the message id of the event of a record; `undefined` if the record holds no event. */
export function digestOfRecord({ value, headers }: BusRecord): EventDigest | undefined {
  if (value === null) return undefined
  // Nearly all records are W3 envelopes without headers, whose bytes are those that the message id is computed from.
  if (headers.length === 0) {
    const bytes = asBuffer(value)
    if (spans.scan(bytes) && spans.hasAsciiMetadata(bytes)) {
      const eventType = repeatedText(bytes, spans.typeStart, spans.typeEnd)
      if (eventType !== undefined) return { eventType, digest: digestOf(bytes) }
    }
  }
  const decoded = decodeRecord({ value, headers })
  return decoded.ok ? digestOfEvent(decoded.event) : undefined
}

/** Returns the event type and the message id of an event; `undefined` for an event that no envelope can hold. */
export function digestOfEvent(event: SerializedEvent): EventDigest | undefined {
  try {
    return { eventType: event.eventType, digest: messageDigest(event) }
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}
