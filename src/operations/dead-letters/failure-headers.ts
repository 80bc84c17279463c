import type { Header } from '../../bus/record.ts'
import type { Origin } from './letter.ts'

/** What the headers of a record say about its failure. */
export interface Failure {
  readonly origin: Origin
  /** Empty if no header says it. */
  readonly reason: string
  readonly details?: string | undefined
  readonly facts: readonly (readonly [name: string, value: string])[]
  readonly attempts?: number | undefined
  /** How often crbus has retried the event. */
  readonly retries: number
}

/** The header with the number of retries. */
export const RETRIES_HEADER = 'crbus-retries'
/** The header with the id of the claim that a record was sent for. */
export const CLAIM_HEADER = 'crbus-retry-claim'
/** The header with the id of the dead letter that a record was sent for. */
export const RETRIED_FROM_HEADER = 'crbus-retried-from'
/** The header with the person who changed the payload. */
export const EDITED_BY_HEADER = 'crbus-edited-by'

/** A family of headers: which headers have which part, and the encoding of its numbers. */
interface Family {
  readonly topic: string
  readonly partition: string
  readonly offset: string
  /** Big-endian integers of Java, or digits. */
  readonly numbers: 'binary' | 'digits'
  readonly message: string
  readonly stack?: string
  /** Further headers with their names in the answer. */
  readonly facts: Readonly<Record<string, string>>
  readonly attempts?: string
  /** Matches the headers that are left out when the event is sent again. */
  readonly own: RegExp
}

const families: readonly Family[] = [
  // DeadLetterPublishingRecoverer of Spring for Apache Kafka.
  {
    topic: 'kafka_dlt-original-topic',
    partition: 'kafka_dlt-original-partition',
    offset: 'kafka_dlt-original-offset',
    numbers: 'binary',
    message: 'kafka_dlt-exception-message',
    stack: 'kafka_dlt-exception-stacktrace',
    facts: {
      'kafka_dlt-exception-fqcn': 'exception',
      'kafka_dlt-exception-cause-fqcn': 'cause',
      'kafka_dlt-original-consumer-group': 'group',
    },
    attempts: 'retry_topic-attempts',
    own: /^(?:kafka_dlt-|kafka_original-|kafka_exception-|kafka_dlt|retry_topic-|springDeserializerException)/,
  },
  // The dead-letter topics of Spring Cloud Stream.
  {
    topic: 'x-original-topic',
    partition: 'x-original-partition',
    offset: 'x-original-offset',
    numbers: 'binary',
    message: 'x-exception-message',
    stack: 'x-exception-stacktrace',
    facts: { 'x-exception-fqcn': 'exception' },
    own: /^x-(?:original|exception)-/,
  },
  // errors.deadletterqueue.context.headers.enable of Kafka Connect (KIP-298).
  {
    topic: '__connect.errors.topic',
    partition: '__connect.errors.partition',
    offset: '__connect.errors.offset',
    numbers: 'digits',
    message: '__connect.errors.exception.message',
    stack: '__connect.errors.exception.stacktrace',
    facts: {
      '__connect.errors.exception.class.name': 'exception',
      '__connect.errors.connector.name': 'connector',
      '__connect.errors.task.id': 'task',
      '__connect.errors.stage': 'stage',
      '__connect.errors.class.name': 'class',
    },
    own: /^__connect\.errors\./,
  },
  // Redpanda Connect, where an output sends its metadata as headers: those of its Kafka input, and of the output "fallback".
  {
    topic: 'kafka_topic',
    partition: 'kafka_partition',
    offset: 'kafka_offset',
    numbers: 'digits',
    message: 'fallback_error',
    facts: {},
    own: /^(?:kafka_(?:topic|partition|offset|key|lag|timestamp(?:_ms|_unix)?|tombstone_message)|fallback_error)$/,
  },
]

const OF_CRBUS = /^crbus-(?:retries|retry-claim|retried-from|edited-by)$/

/** The most characters of a text that is read from a header. */
const MAX_TEXT_CHARS = 20_000
/** More retries than any limit. */
const MAX_RETRIES = 1_000_000

/** Reads what the headers say about a failure: those of Spring, Kafka Connect, Redpanda Connect and crbus. */
export function readFailure(headers: readonly Header[]): Failure {
  // The last header of a name is that of the last failure.
  const values = new Map(headers)
  const retries = Math.min(digits(values.get(RETRIES_HEADER)) ?? 0, MAX_RETRIES)
  const family = families.find(({ topic, message }) => values.has(topic) || values.has(message))
  if (family === undefined) return { origin: {}, reason: '', facts: [], retries }
  const number = family.numbers === 'binary' ? binary : digits
  const facts = Object.entries(family.facts).flatMap(([header, name]) => {
    const value = text(values.get(header))
    return value === undefined ? [] : [[name, value] as const]
  })
  const partition = number(values.get(family.partition))
  const offset = number(values.get(family.offset))
  return {
    origin: {
      topic: text(values.get(family.topic)),
      partition: partition === undefined ? undefined : Number(partition),
      offset: offset === undefined ? undefined : BigInt(offset),
    },
    reason: text(values.get(family.message)) ?? facts.find(([name]) => name === 'exception')?.[1] ?? '',
    details: family.stack === undefined ? undefined : text(values.get(family.stack)),
    facts,
    attempts: family.attempts === undefined ? undefined : binary(values.get(family.attempts)),
    retries,
  }
}

/** Leaves out the headers about failures and retries, which a record did not have at its origin. */
export function withoutFailure(headers: readonly Header[]): readonly Header[] {
  const names = new Set(headers.map(([name]) => name))
  const own = families.filter(({ topic, message }) => names.has(topic) || names.has(message)).map(({ own: of }) => of)
  return headers.filter(([name]) => !OF_CRBUS.test(name) && !own.some((matches) => matches.test(name)))
}

type Value = Uint8Array | null | undefined

const text = (value: Value): string | undefined =>
  value === null || value === undefined ? undefined : Buffer.from(value).toString('utf8').slice(0, MAX_TEXT_CHARS)

/** Reads a whole number in digits that a JavaScript number holds. */
function digits(value: Value): number | undefined {
  const found = value && value.length <= 19 ? text(value) : undefined
  const number = found !== undefined && /^\d+$/.test(found) ? Number(found) : undefined
  return number !== undefined && Number.isSafeInteger(number) ? number : undefined
}

/** Reads a big-endian int32 or int64 that is not negative; a header of another length as digits. */
function binary(value: Value): number | undefined {
  if (value === null || value === undefined) return undefined
  const bytes = Buffer.from(value)
  if (bytes.length !== 4 && bytes.length !== 8) return digits(value)
  const number = bytes.length === 4 ? bytes.readInt32BE() : Number(bytes.readBigInt64BE())
  return number >= 0 && Number.isSafeInteger(number) ? number : undefined
}
