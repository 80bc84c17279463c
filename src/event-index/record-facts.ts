import { hash } from 'node:crypto'
import type { BusRecord } from '../bus/record.ts'
import { decodeRecord, hasExtraHeader } from '../codecs/event-record.ts'
import { messageId } from '../codecs/message-id.ts'
import { W3Spans } from '../codecs/scan-w3-envelope.ts'
import { asBuffer, repeatedText } from '../codecs/text-cache.ts'
import { causationEnd, hashBytes, hashCausation, hashOfDigest, hashOfMessageId, hashText } from './hash.ts'

const CORRELATION = 0
const CAUSATION = 1

/** Serves for all records. */
const spans = new W3Spans()

/**
 * Finds the parts of the current envelope layout in the bytes of a record. Returns its event type; `undefined` if only
 * `decodeRecord` can tell whether the record is an event.
 */
function scan(bytes: Buffer, { headers }: BusRecord): string | undefined {
  if (hasExtraHeader(headers) || !spans.scan(bytes) || !spans.hasAsciiMetadata(bytes)) return undefined
  return repeatedText(bytes, spans.typeStart, spans.typeEnd)
}

/** What the index stores of a record. One object serves for all records. A hash of 0 means that the record has no such value. */
export class RecordFacts {
  readonly #seed: number
  /** `undefined`: the record is not an event. */
  eventType: string | undefined
  correlation = 0
  causation = 0
  message = 0
  key = 0

  /** `seed` is the seed of the hashes. */
  constructor(seed: number) {
    this.#seed = seed
  }

  /** Replaces the facts by those of a record. Decodes the envelope only if its bytes do not tell them. */
  read(record: BusRecord): void {
    const { key, value } = record
    this.key = key === null ? 0 : hashBytes(key, 0, key.length, this.#seed)
    this.correlation = 0
    this.causation = 0
    this.message = 0
    this.eventType = undefined
    if (value === null) return
    const bytes = asBuffer(value)
    this.eventType = scan(bytes, record)
    if (this.eventType === undefined) this.#decode(value, record)
    else {
      if (spans.hasMetadata) {
        const correlation = spans.starts[CORRELATION] as number
        this.correlation =
          correlation === 0 ? 0 : hashBytes(bytes, correlation, spans.ends[CORRELATION] as number, this.#seed)
        const start = spans.starts[CAUSATION] as number
        const end = causationEnd(bytes, start, spans.ends[CAUSATION] as number)
        this.causation = start === 0 ? 0 : hashBytes(bytes, start, end, this.#seed)
      }
      // The id of a message without extra metadata is computed from exactly these bytes.
      this.message = hashOfDigest(hash('sha256', bytes, 'buffer'))
    }
  }

  #decode(value: Uint8Array, { headers }: BusRecord): void {
    const decoded = decodeRecord({ value, headers })
    if (!decoded.ok) return
    const { event } = decoded
    const { correlationId, causationId } = event.metadata ?? {}
    this.eventType = event.eventType
    this.correlation = correlationId === undefined ? 0 : hashText(correlationId, this.#seed)
    this.causation = causationId === undefined ? 0 : hashCausation(causationId, this.#seed)
    try {
      this.message = hashOfMessageId(messageId(event)) ?? 0
    } catch {
      // JSON can hold text that is not Unicode, for which there is no message id.
    }
  }
}

/** Returns a function that says whether a record is an event with this correlation id. Most records are not decoded for it. */
export function correlationMatcher(correlationId: string): (record: BusRecord) => boolean {
  const wanted = Buffer.from(correlationId)
  return (record) => {
    const { value, headers } = record
    if (value === null) return false
    const bytes = asBuffer(value)
    if (scan(bytes, record) === undefined) {
      const decoded = decodeRecord({ value, headers })
      return decoded.ok && decoded.event.metadata?.correlationId === correlationId
    }
    const start = spans.hasMetadata ? (spans.starts[CORRELATION] as number) : 0
    if (start === 0 || (spans.ends[CORRELATION] as number) - start !== wanted.length) return false
    return bytes.compare(wanted, 0, wanted.length, start, start + wanted.length) === 0
  }
}
