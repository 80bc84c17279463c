import type { BusRecord, Header } from '../../bus/record.ts'
import { decodeRecord, EXTRA_HEADER } from '../../codecs/event-record.ts'
import { digestOf } from '../../codecs/message-digest.ts'
import { W3Spans } from '../../codecs/scan-w3-envelope.ts'
import { asBuffer } from '../../codecs/text-cache.ts'
import { idOf } from './message.ts'

/** Serves for all records: `scan` allocates nothing. */
const spans = new W3Spans()

const CORRELATION = 0
const CAUSATION = 1
const BACKSLASH = 0x5c
const QUOTE = 0x22
/** Message ids are 16 bytes in base64url. */
const ID_LENGTH = 22

/** A message id as a causation id, with the number that the runtime adds for equal messages of one step. */
const messageIdForm = /^([\w-]{22})(?:#\d+)?$/

/** Returns the message id in a causation id; `undefined` for a causation id of another form, such as a UUID. */
export const causeIn = (causationId: string | undefined): string | undefined =>
  messageIdForm.exec(causationId ?? '')?.[1]

/** Tells whether a record belongs to a conversation. */
export type RecordTest = (record: BusRecord) => boolean

/**
 * Returns a test for the records of a conversation. It looks for the bytes of the id and decodes only records that have them, which
 * is about ten times as fast as decoding. A damaged envelope passes if the id stands in it as an envelope would contain it.
 */
export function conversationTest(correlationId: string): RecordTest {
  const wanted = Buffer.from(correlationId)
  return (record) => {
    const { value, headers } = record
    if (value === null) return false
    const bytes = asBuffer(value)
    const isW3 = spans.scan(bytes)
    if (isW3 && (hasField(CORRELATION) || !hasExtra(headers))) return isField(bytes, CORRELATION, wanted)
    // A header and JSON may write characters of the id as escapes.
    const isCandidate =
      includes(bytes, wanted, !isW3) || headers.some(([, own]) => own !== null && includes(asBuffer(own), wanted, true))
    if (!isCandidate) return false
    const decoded = decodeRecord({ value, headers })
    if (decoded.ok) return decoded.event.metadata?.correlationId === correlationId
    return isDamagedEnvelope(bytes, wanted)
  }
}

/** Whether the headers have metadata, which belong to the message and its id. Those of a trace context do not. */
const hasExtra = (headers: readonly Header[]): boolean => headers.some(([name]) => name === EXTRA_HEADER)

const hasField = (field: number): boolean => spans.hasMetadata && spans.starts[field] !== 0

function isField(bytes: Buffer, field: number, wanted: Buffer): boolean {
  if (!hasField(field)) return false
  const start = spans.starts[field] as number
  const end = spans.ends[field] as number
  if (end - start !== wanted.length) return false
  // Most ids of a topic differ in their last characters.
  for (let at = wanted.length - 1; at >= 0; at -= 1) if (bytes[start + at] !== wanted[at]) return false
  return true
}

const includes = (bytes: Buffer, wanted: Buffer, hasEscapes: boolean): boolean =>
  bytes.includes(wanted) || (hasEscapes && bytes.includes(BACKSLASH))

/** The shortest id for which a damaged record is attributed to a conversation. The bytes of a shorter one occur by chance. */
const MIN_DAMAGED_ID_BYTES = 8

/** Whether the bytes contain the id as a string of bincode, CBOR or JSON. */
function isDamagedEnvelope(bytes: Buffer, wanted: Buffer): boolean {
  if (wanted.length < MIN_DAMAGED_ID_BYTES) return false
  const length = Buffer.alloc(8)
  length.writeUInt32LE(wanted.length)
  if (bytes.includes(Buffer.concat([length, wanted]))) return true
  // Valid JSON or CBOR without an event is another kind of record that mentions the id, not a damaged envelope.
  const quoted = Buffer.from([QUOTE, ...wanted, QUOTE])
  if (bytes.includes(quoted) && bytes.includes('"event_type"')) return true
  return bytes.includes(cborText(wanted)) && bytes.includes(CBOR_EVENT_TYPE)
}

/** The first byte of a text string of CBOR: with its length in the byte, in the next one, or in the next two (RFC 8949, 3.1). */
const CBOR_TEXT = 0x60
const CBOR_TEXT_U8 = 0x78
const CBOR_TEXT_U16 = 0x79
const MAX_SHORT_TEXT = 23

/** Returns a text string of CBOR in its shortest form, as encoders write it. */
function cborText(text: Buffer): Buffer {
  const { length } = text
  const head =
    length <= MAX_SHORT_TEXT
      ? [CBOR_TEXT | length]
      : length <= 0xff
        ? [CBOR_TEXT_U8, length]
        : [CBOR_TEXT_U16, length >> 8, length & 0xff]
  return Buffer.from([...head, ...text])
}

const CBOR_EVENT_TYPE = cborText(Buffer.from('event_type'))

/** What a record without the correlation id has to do with a conversation. */
export interface LinkTest {
  /** The ids of the messages of the conversation. A record that names one as its cause belongs to it. */
  readonly known: ReadonlySet<string>
  /** The ids of causes that are missing. A record with such an id belongs to the conversation. */
  readonly missing: ReadonlySet<string>
}

/** Whether a record was caused by a message of a conversation, or is one of its missing causes. */
export function isLinked({ value, headers }: BusRecord, { known, missing }: LinkTest): boolean {
  if (value === null) return false
  const bytes = asBuffer(value)
  if (spans.scan(bytes) && spans.hasAsciiMetadata(bytes) && !hasExtra(headers)) {
    if (hasField(CAUSATION)) {
      const start = spans.starts[CAUSATION] as number
      const length = (spans.ends[CAUSATION] as number) - start
      const id = length < ID_LENGTH ? undefined : causeIn(bytes.toString('latin1', start, start + length))
      if (id !== undefined && known.has(id)) return true
    }
    // The message id of such an envelope is the hash of its bytes: see `messageId`.
    return missing.size > 0 && missing.has(digestOf(bytes).toString('base64url'))
  }
  const decoded = decodeRecord({ value, headers })
  if (!decoded.ok) return false
  const cause = causeIn(decoded.event.metadata?.causationId)
  if (cause !== undefined && known.has(cause)) return true
  return missing.size > 0 && missing.has(idOf(decoded.event) ?? '')
}
