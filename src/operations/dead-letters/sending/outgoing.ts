import type { EventBus } from '../../../bus/event-bus.ts'
import { partitionOf } from '../../../bus/partitioner.ts'
import type { Header, NewRecord } from '../../../bus/record.ts'
import { decodeRecord, EXTRA_HEADER, encodeRecord } from '../../../codecs/event-record.ts'
import {
  EDITED_BY_HEADER,
  RETRIED_FROM_HEADER,
  RETRIES_HEADER,
  readFailure,
  withoutFailure,
} from '../failure-headers.ts'
import type { Letter } from '../letter.ts'
import { originalsOf } from './original.ts'

/** A record to send for a letter, except for the header with its claim. */
export interface Outgoing {
  readonly letter: Letter
  readonly topic: string
  readonly record: NewRecord & { readonly partition: number; readonly headers: readonly Header[] }
  /** The end of the partition. */
  readonly end: bigint
}

/** Why a letter is not sent. src/ui/dead-letters/letter-words.ts has the sentence for each code. */
export type SkipCode =
  /** It does not say which topic it came from. */
  | 'no-topic'
  /** The topic it came from does not exist. */
  | 'topic-missing'
  /** It was retried as often as allowed, and failed each time. */
  | 'retried-too-often'
  /** It is resolved or discarded. */
  | 'not-open'
  /** Another crbus process is sending it. */
  | 'being-retried'
  /** Another program has set the status `processing`. */
  | 'being-processed'
  /** Another program changed its status meanwhile. */
  | 'changed-meanwhile'
  /** A crbus process died while it sent the letter, and what it sent to the topic is deleted, so it cannot be checked. */
  | 'outcome-unknown'

export type Prepared = Outgoing | { readonly letter: Letter; readonly skip: SkipCode }

export interface PrepareOptions {
  /** Send all letters to this topic instead of the one they came from. */
  readonly to?: string | undefined
  readonly maxRetries: number
  /** Returns the envelope of a topic, for events whose original record is deleted. Absent: bincode. */
  readonly envelopeOf?: ((topic: string) => 'bincode' | 'cbor' | undefined) | undefined
  /** Returns the payload that the user edited, as a whole record value. */
  readonly edited?: { readonly by: string; readonly value: Uint8Array; readonly headers: readonly Header[] } | undefined
}

/**
 * Prepares the records of letters: with the key, the headers, the data and the metadata that they had at their origin, so that their
 * message ids are the same. Reads the original records of letters of a store, which has neither headers nor most keys.
 */
export async function prepareLetters(
  bus: EventBus,
  letters: readonly Letter[],
  options: PrepareOptions,
): Promise<readonly Prepared[]> {
  const topics = letters.map(({ origin }) => options.to ?? origin.topic)
  const names = [...new Set(topics.filter((topic) => topic !== undefined))]
  const [ranges, originals] = await Promise.all([bus.log.rangesOf(names), originalsOf(bus, letters)])
  return letters.map((letter, at): Prepared => {
    const topic = topics[at]
    if (topic === undefined) return { letter, skip: 'no-topic' }
    const partitions = ranges.get(topic)
    if (partitions === undefined || partitions.length === 0) return { letter, skip: 'topic-missing' }
    const original = originals[at]
    const retries = letter.retries ?? readFailure(original?.headers ?? []).retries
    if (retries >= options.maxRetries) return { letter, skip: 'retried-too-often' }
    const source = original ?? inEnvelope(letter, options.envelopeOf?.(topic))
    const key = original === undefined ? keyOf(letter, topic) : original.key
    const partition = partitionFor(letter, topic, key, partitions.length)
    const edited = options.edited
    const own = edited === undefined ? source.headers : replaced(source.headers, edited.headers)
    const marks: readonly Header[] = [
      [RETRIED_FROM_HEADER, Buffer.from(letter.source === 'store' ? `store/${letter.id}` : letter.id)],
      [RETRIES_HEADER, Buffer.from(String(retries + 1))],
      ...(edited === undefined ? [] : [[EDITED_BY_HEADER, Buffer.from(edited.by)] as const]),
    ]
    const headers = [...withoutFailure(own), ...marks]
    const end = partitions.find((range) => range.partition === partition)?.end ?? 0n
    return { letter, topic, record: { key, value: edited?.value ?? source.value, headers, partition }, end }
  })
}

/**
 * Returns the record key: that of the letter; else, as the runtime sets it, the id of the aggregate for a command, and the event type
 * for an event.
 */
function keyOf({ key, record, streamId = '' }: Letter, topic: string): Uint8Array | null {
  if (key !== undefined) return key
  const prefix = topic.endsWith('-commands') ? `${topic.slice(0, -'-commands'.length)}-` : undefined
  if (prefix !== undefined && streamId.startsWith(prefix) && streamId.length > prefix.length) {
    return Buffer.from(streamId.slice(prefix.length))
  }
  const decoded = record.value === null ? undefined : decodeRecord({ ...record, value: record.value })
  return decoded?.ok && decoded.event.eventType !== '' ? Buffer.from(decoded.event.eventType) : null
}

/** Returns the partition of the origin, whatever partitioner its producer used, else the one that the key determines. */
function partitionFor({ origin, record }: Letter, topic: string, key: Uint8Array | null, count: number): number {
  const { partition } = origin
  if (partition !== undefined && origin.topic === topic && partition < count) return partition
  return partitionOf(key, count) ?? Number(record.offset % BigInt(count))
}

/** Returns the record of a letter of a store, in another envelope if its topic has one. */
function inEnvelope(
  { record, isRaw }: Letter,
  envelope: 'bincode' | 'cbor' = 'bincode',
): Pick<NewRecord, 'value'> & {
  readonly headers: readonly Header[]
} {
  if (isRaw || envelope === 'bincode' || record.value === null) return record
  const decoded = decodeRecord({ ...record, value: record.value })
  const encoded = decoded.ok ? encodeRecord(decoded.event, envelope) : undefined
  const headers = record.headers.filter(([name]) => name !== EXTRA_HEADER)
  return encoded?.ok ? { value: encoded.value, headers: [...headers, ...encoded.headers] } : record
}

/** Replaces headers by those of the same names. */
function replaced(headers: readonly Header[], by: readonly Header[]): readonly Header[] {
  const names = new Set(by.map(([name]) => name))
  return [...headers.filter(([name]) => !names.has(name)), ...by]
}
