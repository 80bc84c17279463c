import type { BusRecord } from '../../bus/record.ts'
import { decodeRecord } from '../../codecs/event-record.ts'
import { W3Spans } from '../../codecs/scan-w3-envelope.ts'
import { asBuffer, repeatedText } from '../../codecs/text-cache.ts'
import type { StoredEvent } from '../../store/event-store.ts'

/** What a conversation needs of an event. */
interface EventFact {
  readonly correlationId: string
  readonly eventType: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** Serves for all records. */
const spans = new W3Spans()

/** The fields of metadata by their positions in `W3Spans.starts`. */
const CORRELATION_ID = 0
const TIMESTAMP = 3

/**
 * Returns the conversation, type and time of a record; `undefined` if it has no event, or one of no conversation. The time is that
 * of the metadata, else that of the record, else `now`: an event without a time must not make a conversation overdue.
 */
export function factOfRecord(record: BusRecord, now: number): EventFact | undefined {
  const { value, headers } = record
  if (value === null) return undefined
  // Nearly all records are W3 envelopes without headers, of which few fields are needed.
  if (headers.length === 0) {
    const bytes = asBuffer(value)
    if (spans.scan(bytes) && spans.hasAsciiMetadata(bytes)) {
      const eventType = repeatedText(bytes, spans.typeStart, spans.typeEnd)
      if (eventType !== undefined) {
        const correlationId = fieldOf(bytes, CORRELATION_ID)
        return correlationId === undefined
          ? undefined
          : { correlationId, eventType, at: timeOf(fieldOf(bytes, TIMESTAMP), Number(record.timestamp), now) }
      }
    }
  }
  const decoded = decodeRecord({ value, headers })
  if (!decoded.ok) return undefined
  const { eventType, metadata } = decoded.event
  const { correlationId, timestamp } = metadata ?? {}
  if (correlationId === undefined) return undefined
  return { correlationId, eventType, at: timeOf(timestamp, Number(record.timestamp), now) }
}

/** Returns the time of a stored event: when the saga reacted to it. */
export const timeOfStored = ({ event, createdAt }: StoredEvent): number =>
  timeOf(event.metadata?.timestamp, createdAt.getTime(), createdAt.getTime())

function fieldOf(bytes: Buffer, field: number): string | undefined {
  const start = spans.hasMetadata ? (spans.starts[field] as number) : 0
  return start === 0 ? undefined : bytes.toString('latin1', start, spans.ends[field])
}

/** The year 9000, so that RFC 3339 can also express deadlines. Some producers count microseconds. */
const MAX_TIME_MS = Date.UTC(9000)

/** Returns the time of an event: of its metadata, else of its record, else `otherwise`. */
export function timeOf(timestamp: string | undefined, recordTime: number, otherwise: number): number {
  const published = timestamp === undefined ? Number.NaN : Date.parse(timestamp)
  if (isTime(published)) return published
  return isTime(recordTime) ? recordTime : otherwise
}

const isTime = (time: number): boolean => time >= 0 && time <= MAX_TIME_MS
