import type { SerializedEvent } from '../bus/event.ts'
import { parseJson } from '../codecs/json.ts'
import { readMetadata, writeMetadata } from '../codecs/metadata-json.ts'
import { invalidAppend } from './errors.ts'
import type { FailureReason, NewDeadLetter, NewSnapshot } from './event-store.ts'

/** An event as its columns hold it, in every store. */
export interface EventColumns {
  readonly eventType: string
  readonly eventVersion: number
  readonly data: Uint8Array
  /** JSON; null is SQL's NULL. */
  readonly metadata: string | null
}

/** What an index of Postgres takes is 2704 bytes, and an owner and a timer's id are in one together. */
const LONGEST_NAME = 1000

/** `INVALID_APPEND` unless every store can hold this as a stream id, an event type, a topic, an owner or an id. */
export function checkName(what: string, name: string, { mayBeEmpty = false } = {}): void {
  if (name === '' && !mayBeEmpty) throw invalidAppend(`${what} is empty`)
  checkText(what, name)
  // No character of a string is more than three bytes.
  if (name.length * 3 > LONGEST_NAME && Buffer.byteLength(name) > LONGEST_NAME) {
    throw invalidAppend(`${what} '${name.slice(0, 40)}…' is longer than ${LONGEST_NAME} bytes`)
  }
}

/** `INVALID_APPEND` unless Postgres can hold it: no NUL, no half of a surrogate pair. */
export function checkText(what: string, text: string): void {
  if (text.includes('\0')) throw invalidAppend(`${what} holds a NUL`)
  if (!text.isWellFormed()) throw invalidAppend(`${what} holds half of a surrogate pair, which UTF-8 cannot write`)
}

/** Between these a date has four digits for its year, by which its texts sort and Postgres reads them. */
const [FIRST_TIME, LAST_TIME] = [Date.parse('0001-01-01T00:00:00.000Z'), Date.parse('9999-12-31T23:59:59.999Z')]

/** `INVALID_APPEND` unless every store can hold it. */
export function checkTime(what: string, date: Date): void {
  const time = date.getTime()
  if (!(time >= FIRST_TIME && time <= LAST_TIME)) throw invalidAppend(`${what} is no time of the years 1 to 9999`)
}

/** A time to compare with stored ones. */
export const timeText = (date: Date): string =>
  new Date(Math.min(Math.max(date.getTime(), FIRST_TIME), LAST_TIME)).toISOString()

export function checkTopic(topic: string): void {
  checkName('the topic', topic)
  if (topic.includes('\n')) throw invalidAppend('the topic holds a line break')
}

/** `INVALID_APPEND` when no store can hold the event. */
export function toColumns({ eventType, eventVersion, data, metadata, trace }: SerializedEvent): EventColumns {
  checkName('the event type', eventType, { mayBeEmpty: true })
  if ((eventVersion | 0) !== eventVersion) {
    throw invalidAppend(`event_version ${eventVersion} of '${eventType}' is not a 32-bit integer`)
  }
  if (!(data instanceof Uint8Array)) throw invalidAppend(`the data of '${eventType}' are no bytes`)
  const isEmpty = metadata === null && trace === undefined
  return { eventType, eventVersion, data, metadata: isEmpty ? null : metadataText(eventType, metadata, trace) }
}

/** Escapes of NUL and of halves of surrogate pairs, which JSON can write and Postgres refuses. */
const unstorable = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f]..)/

/** Shorter texts are not nested so deeply that reading would refuse them. */
const LOOK_AGAIN = 1000

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
  if (text.includes('\\u') && unstorable.test(text)) {
    throw invalidAppend(`the metadata of '${eventType}' hold a NUL or half of a surrogate pair`)
  }
  const again = text.length < LOOK_AGAIN ? undefined : parseJson(text)
  if (again?.ok === false) throw invalidAppend(`the metadata of '${eventType}' cannot be stored: ${again.reason}`)
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
    throw invalidAppend(`${version} is no version of a snapshot of '${streamId}'`, { streamId })
  }
  if (!(state instanceof Uint8Array)) throw invalidAppend(`the snapshot of '${streamId}' is no bytes`, { streamId })
}

export function checkDeadLetter({ streamId, topic, originalTimestamp, error, details, retryCount = 0 }: NewDeadLetter) {
  checkName('the stream id', streamId)
  if (topic !== undefined) checkTopic(topic)
  checkTime('the time of the event', originalTimestamp)
  checkReason({ message: error, details })
  if (!(Number.isSafeInteger(retryCount) && retryCount >= 0 && retryCount < 2 ** 31)) {
    throw invalidAppend(`${retryCount} is no number of attempts`)
  }
}

export function checkReason({ message, details }: FailureReason): void {
  checkText('the error', message)
  if (details !== undefined) checkText('the details', details)
}

/** How many rows to read at most. */
export function checkLimit(limit: number): void {
  if (!(Number.isSafeInteger(limit) && limit > 0)) throw new RangeError(`${limit} is no number of rows to read`)
}

/** Ids of the outbox and of dead letters, which both databases count. What is no number is nobody's id. */
export const isRowId = (id: string): boolean => /^\d{1,15}$/.test(id)
