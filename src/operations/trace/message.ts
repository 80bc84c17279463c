import type { SerializedEvent } from '../../bus/event.ts'
import type { BusRecord } from '../../bus/record.ts'
import { messageId } from '../../codecs/message-id.ts'
import { RETRIED_FROM_HEADER } from '../dead-letters/failure-headers.ts'
import { type Reading, viewOf } from '../events/event-view.ts'
import { type MessageKind, topicRole } from './topic-role.ts'

/** A message of a conversation: a record of a topic, or a dead letter or a fired timer of an event store. */
export interface Message extends Pick<BusRecord, 'topic' | 'partition' | 'offset' | 'timestamp' | 'key'> {
  readonly kind: MessageKind
  /** The aggregate or saga that the topic belongs to. */
  readonly owner: string
  /** The message id. Absent: the record has no envelope. */
  readonly id?: string | undefined
  readonly event?: SerializedEvent | undefined
  readonly payload: Payload
  readonly deadLetter?: DeadLetterOrigin | undefined
  /** The id of the dead letter that the message was sent again for: `store/17`, or its position in a topic. */
  readonly retriedFrom?: string | undefined
  /** The record. Absent for a dead letter and for a timer of an event store. */
  readonly record?: BusRecord | undefined
}

/** A decoded payload, or why it cannot be decoded. */
interface Payload {
  readonly codec?: string | undefined
  readonly value?: unknown
  readonly error?: string | undefined
}

/** Why a message became a dead letter, and what it was before. Texts of strangers. */
interface DeadLetterOrigin {
  readonly reason?: string | undefined
  /** The topic, partition and offset of the record: `order-commands[0]@41`, or only the topic. */
  readonly origin?: string | undefined
  /** The row of `failed_events`. Absent: the dead letter is a record of a topic. */
  readonly stored?: { readonly id: string; readonly status: string } | undefined
}

/** Decodes a record as a message. The record must not share its bytes with a batch. */
export function toMessage(record: BusRecord, reading: Reading): Message {
  const { topic, partition, offset, timestamp, key } = record
  const view = viewOf(record, reading)
  const { envelope, payload } = view
  const role = topicRole(topic)
  const event = envelope?.ok ? envelope.event : undefined
  return {
    topic,
    partition,
    offset,
    timestamp,
    key,
    ...role,
    event,
    id: event && idOf(event),
    payload:
      event === undefined && envelope?.ok === false
        ? { error: envelope.reason }
        : payload?.ok
          ? { codec: payload.codec, value: payload.value }
          : { error: payload?.reason },
    deadLetter: role.kind === 'dead-letter' ? originIn(record) : undefined,
    retriedFrom: headerText(record, (name) => name === RETRIED_FROM_HEADER),
    record,
  }
}

/** Copies a record, whose bytes are views of a batch. */
export function copied(record: BusRecord): BusRecord {
  const copy = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes)
  const { key, value, headers } = record
  return { ...record, key: copy(key), value: copy(value), headers: headers.map(([name, own]) => [name, copy(own)]) }
}

/** Computes the message id; `undefined` for an event of a layout that no envelope of today can hold. */
export function idOf(event: SerializedEvent): string | undefined {
  try {
    return messageId(event)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

/** The headers in which consumers say why a record is a dead letter: those of Spring Kafka, Kafka Connect, and common names. */
const reasonHeaders = new Set([
  'kafka_dlt-exception-message',
  '__connect.errors.exception.message',
  'x-exception-message',
  'x-error',
  'error',
])
const topicHeaders = new Set([
  'kafka_dlt-original-topic',
  '__connect.errors.topic',
  'x-original-topic',
  'original-topic',
])

function originIn(record: BusRecord): DeadLetterOrigin {
  const textOf = (names: ReadonlySet<string>) => headerText(record, (name) => names.has(name.toLowerCase()))
  return { reason: textOf(reasonHeaders), origin: textOf(topicHeaders) }
}

/** Returns the text of the first header with a name. */
function headerText({ headers }: BusRecord, isWanted: (name: string) => boolean): string | undefined {
  const value = headers.find(([name]) => isWanted(name))?.[1]
  return value === undefined || value === null ? undefined : Buffer.from(value).toString('utf8')
}
