import type { EventBus } from '../../bus/event-bus.ts'
import { partitionOf } from '../../bus/partitioner.ts'
import type { BusRecord, Header, NewRecord } from '../../bus/record.ts'
import { decodeRecord } from '../../codecs/event-record.ts'
import {
  EDITED_BY_HEADER,
  RETRIED_FROM_HEADER,
  RETRIES_HEADER,
  readFailure,
  withoutFailure,
} from './failure-headers.ts'
import type { Letter } from './letter.ts'

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
    const source = original ?? letter.record
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

/** Returns the original records of letters that name one, if the record still exists and holds the event of the letter. */
async function originalsOf(bus: EventBus, letters: readonly Letter[]): Promise<readonly (BusRecord | undefined)[]> {
  const wanted = letters.flatMap((letter, at) => {
    const { topic, partition, offset } = letter.origin
    const isKnown = letter.source === 'store' && topic !== undefined && partition !== undefined && offset !== undefined
    return isKnown ? [{ at, slice: { topic, partition, from: offset, to: offset + 1n } }] : []
  })
  const found: (BusRecord | undefined)[] = new Array(letters.length).fill(undefined)
  if (wanted.length === 0) return found
  const records = await bus.log.firstRecords(wanted.map(({ slice }) => slice))
  for (const [index, record] of records.entries()) {
    const at = wanted[index]?.at ?? 0
    if (record !== undefined && isOriginal(letters[at] as Letter, record)) found[at] = record
  }
  return found
}

/** Whether a record holds the event of a letter. The topic may have been created again since then. */
function isOriginal({ origin, record: own, isRaw }: Letter, record: BusRecord): boolean {
  if (record.offset !== origin.offset || record.value === null || own.value === null) return false
  if (isRaw) return Buffer.from(own.value).equals(record.value)
  const [one, other] = [decodeRecord({ ...own, value: own.value }), decodeRecord({ ...record, value: record.value })]
  // Not the metadata: the store leaves out what it cannot hold.
  return (
    one.ok && other.ok && one.event.eventType === other.event.eventType && isEqual(one.event.data, other.event.data)
  )
}

const isEqual = (one: Uint8Array, other: Uint8Array): boolean => Buffer.from(one).equals(other)

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

/** Replaces headers by those of the same names. */
function replaced(headers: readonly Header[], by: readonly Header[]): readonly Header[] {
  const names = new Set(by.map(([name]) => name))
  return [...headers.filter(([name]) => !names.has(name)), ...by]
}
