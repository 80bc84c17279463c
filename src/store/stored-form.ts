import type { SerializedEvent } from '../bus/event.ts'
import { parseJson } from '../codecs/json.ts'
import { readMetadata, writeMetadata } from '../codecs/metadata-json.ts'
import { invalidAppend } from './errors.ts'
import type { DeadLetterChange, FailureReason, NewDeadLetter, NewSnapshot } from './event-store.ts'

/** The values of the columns that store an event, in every table with events. */
export interface EventColumns {
  readonly eventType: string
  readonly eventVersion: number
  readonly data: Uint8Array
  /** JSON, or NULL. */
  readonly metadata: string | null
}

/** Two names of this length fit into an index entry of Postgres (2704 bytes): an owner and the id of a timer. */
const MAX_NAME_BYTES = 1000

/** Throws `INVALID_APPEND` for an invalid stream id, event type, topic, owner or timer id. Messages begin with `what`. */
export function checkName(what: string, name: string, { mayBeEmpty = false } = {}): void {
  if (name === '' && !mayBeEmpty) throw invalidAppend(`${what} is empty`)
  checkText(what, name)
  // A UTF-16 code unit takes at most three bytes in UTF-8.
  if (name.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw invalidAppend(`${what} '${name.slice(0, 40)}…' is longer than ${MAX_NAME_BYTES} bytes`)
  }
}

/** Throws `INVALID_APPEND` for a text that Postgres cannot store: with a NUL or a lone surrogate. */
export function checkText(what: string, text: string): void {
  if (text.includes('\0')) throw invalidAppend(`${what} contains a NUL`)
  if (!text.isWellFormed()) throw invalidAppend(`${what} contains a lone surrogate, which UTF-8 cannot encode`)
}

/** The first and the last time with a year of four digits. ISO texts of these years sort by time, and Postgres can read them. */
const [MIN_TIME, MAX_TIME] = [Date.parse('0001-01-01T00:00:00.000Z'), Date.parse('9999-12-31T23:59:59.999Z')]

/** Throws `INVALID_APPEND` for a time that a store cannot hold. */
export function checkTime(what: string, date: Date): void {
  const time = date.getTime()
  if (!(time >= MIN_TIME && time <= MAX_TIME)) throw invalidAppend(`${what} is not a valid time of the years 1 to 9999`)
}

/** Formats a time for comparisons with stored times. Clamps it to the years 1 to 9999. */
export const timeText = (date: Date): string =>
  new Date(Math.min(Math.max(date.getTime(), MIN_TIME), MAX_TIME)).toISOString()

export function checkTopic(topic: string): void {
  checkName('the topic', topic)
  if (topic.includes('\n')) throw invalidAppend('the topic contains a line break')
}

/** Converts an event to its columns. Throws `INVALID_APPEND` for an event that a store cannot hold. */
export function toColumns({ eventType, eventVersion, data, metadata, trace }: SerializedEvent): EventColumns {
  checkName('the event type', eventType, { mayBeEmpty: true })
  if ((eventVersion | 0) !== eventVersion) {
    throw invalidAppend(`event_version ${eventVersion} of '${eventType}' is not a 32-bit integer`)
  }
  if (!(data instanceof Uint8Array)) throw invalidAppend(`the data of '${eventType}' must be a Uint8Array`)
  const isEmpty = metadata === null && trace === undefined
  return { eventType, eventVersion, data, metadata: isEmpty ? null : metadataText(eventType, metadata, trace) }
}

/** Matches the JSON escapes that Postgres refuses: a NUL and a lone surrogate. Paired surrogates are not escaped. */
const UNSTORABLE_ESCAPE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f]..)/

/** Only longer texts can be nested so deeply that `parseJson` refuses to read them, so shorter texts are not parsed. */
const MIN_CHECKED_LENGTH = 1000

function metadataText(
  eventType: string,
  metadata: SerializedEvent['metadata'],
  trace: SerializedEvent['trace'],
): string | null {
  let text: string | null
  try {
    text = writeMetadata(metadata, trace)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw invalidAppend(`the metadata of '${eventType}' cannot be stored: ${reason}`, { cause })
  }
  if (text === null) return null
  if (text.includes('\\u') && UNSTORABLE_ESCAPE.test(text)) {
    throw invalidAppend(`the metadata of '${eventType}' contain a NUL or a lone surrogate`)
  }
  const parsed = text.length < MIN_CHECKED_LENGTH ? undefined : parseJson(text)
  if (parsed?.ok === false) throw invalidAppend(`the metadata of '${eventType}' cannot be stored: ${parsed.reason}`)
  return text
}

export const fromColumns = ({ eventType, eventVersion, data, metadata }: EventColumns): SerializedEvent => ({
  eventType,
  eventVersion,
  data,
  ...readMetadata(metadata),
})

export function checkSnapshot({ streamId, version, state }: NewSnapshot): void {
  checkName('the stream id', streamId)
  if (!(Number.isSafeInteger(version) && version >= 0)) {
    throw invalidAppend(`invalid version ${version} of the snapshot of '${streamId}'`, { streamId })
  }
  if (!(state instanceof Uint8Array))
    throw invalidAppend(`the state in the snapshot of '${streamId}' must be a Uint8Array`, { streamId })
}

export function checkDeadLetter(letter: NewDeadLetter): void {
  const { streamId, topic, key, originalTimestamp, error, details, retryCount = 0 } = letter
  checkName('the stream id', streamId)
  if (topic !== undefined) checkTopic(topic)
  if (key !== undefined) checkText('the record key', key)
  checkTime('the time of the event', originalTimestamp)
  checkReason({ message: error, details })
  if (!(Number.isSafeInteger(retryCount) && retryCount >= 0 && retryCount < 2 ** 31)) {
    throw invalidAppend(`invalid retryCount ${retryCount}`)
  }
}

export function checkDeadLetterChange({ to: { by, notes } }: DeadLetterChange): void {
  checkText('the name of the person or program', by)
  if (notes !== undefined) checkText('the notes', notes)
}

export function checkReason({ message, details }: FailureReason): void {
  checkText('the error', message)
  if (details !== undefined) checkText('the details', details)
}

/** Throws a `RangeError` for an invalid limit of rows to read. */
export function checkLimit(limit: number): void {
  if (!(Number.isSafeInteger(limit) && limit > 0)) throw new RangeError(`invalid limit of rows to read: ${limit}`)
}

/** Whether a text can be the id of an outbox message or of a dead letter: these ids are numbers in both databases. */
export const isRowId = (id: string): boolean => /^\d{1,15}$/.test(id)
