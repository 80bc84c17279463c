import type { EventBus } from '../../bus/event-bus.ts'
import type { BusRecord } from '../../bus/record.ts'
import { isDate } from '../../bus/time/json-time.ts'
import type { DeadLetters } from '../../store/event-store.ts'
import type { Reading } from '../events/event-view.ts'
import { readSkippingUnreadable, type SkippedRange } from '../events/skip-unreadable.ts'
import type { OffsetSpec } from '../offsets/offset-grammar.ts'
import { type ResolvedSlice, resolveSlices, type SliceNote } from '../offsets/resolve-slices.ts'
import { chooseTopics } from '../tail/choose-topics.ts'
import { storedDeadLetters } from './dead-letters.ts'
import { causeIn, conversationTest, isLinked, type RecordTest } from './match.ts'
import { copied, type Message, toMessage } from './message.ts'
import { topicRole } from './topic-role.ts'

/** Which conversation to gather, and where to look for it. */
export interface GatherRequest extends SearchRequest {
  readonly correlationId: string
  /** Maximum number of messages to keep in memory. */
  readonly limit: number
  readonly reading: Reading
  /** The dead letters of the event store. Absent: only those on topics are found. */
  readonly deadLetters?: DeadLetters | undefined
}

/** Which topics to search, and from when on. */
export interface SearchRequest {
  /** Names and globs. Absent: the topics of events, commands and dead letters. */
  readonly topics?: readonly string[] | undefined
  /** Only records from this time on, in milliseconds. Absent: all. */
  readonly since?: number | undefined
  readonly signal: AbortSignal
  readonly onNotice: (notice: GatherNotice) => void
  /** Called after each batch, with the offsets that were read so far and those of the whole search. */
  readonly onProgress?: ((read: number, total: number) => void) | undefined
}

/** What the search left out. src/ui/trace/notices.ts has the sentence for each code. */
export type GatherNotice =
  | SliceNote
  /** Records that cannot be read were skipped. */
  | ({ readonly code: 'unreadable-skipped' } & SkippedRange)
  /** More messages than the limit have the correlation id. */
  | { readonly code: 'limit-reached'; readonly limit: number }
  /** The messages take too much memory. */
  | { readonly code: 'too-large'; readonly bytes: number }
  /** Messages without the correlation id were not searched for, because too many records were published meanwhile. */
  | { readonly code: 'links-not-searched'; readonly offsets: number }

/** The messages of a conversation, in no order, and what was read to find them. */
export interface Gathered {
  readonly messages: readonly Message[]
  /** False if the limit was reached. */
  readonly isComplete: boolean
  readonly read: {
    readonly topics: readonly string[]
    /** Number of records that were read. */
    readonly scanned: number
    /** Number of records that an index found, without reading others. */
    readonly indexed: number
    /** The time from which on records were read. */
    readonly since?: number | undefined
  }
  /** Where the search ended in each partition. A follower continues here. */
  readonly slices: readonly ResolvedSlice[]
}

/** The most bytes of records that are kept. A conversation is rarely larger than a few kilobytes. */
const MAX_KEPT_BYTES = 256 * 1024 * 1024
/** The most offsets that are read again to find messages without the correlation id; about a second. */
const MAX_LINK_OFFSETS = 1_000_000n
/** How long before the first and after the last message of a conversation such messages are searched for. */
const LINK_MARGIN_MS = 60_000
/** How often such messages are searched for: each pass may find messages that caused others. */
const MAX_LINK_PASSES = 4

/**
 * Finds the messages of a conversation: those with its correlation id, then those that are linked to them by causation, although
 * they have another correlation id or none. Searches for the latter from a minute before the first message to a minute after the
 * last one. Reads the whole log of the topics, and keeps only the messages in memory.
 */
export async function gatherConversation(bus: EventBus, request: GatherRequest): Promise<Gathered> {
  const { since, reading, signal, correlationId } = request
  const { topics, slices } = await searchedSlices(bus, request)
  const found = new FoundRecords(request)
  await scan(bus, slices, request, conversationTest(correlationId), found)
  const { scanned } = found
  if (!found.isFull && !signal.aborted) await findLinked(bus, topics, request, found)
  const records = [...found.records.values()]
  await reading.decoder?.prepare(records)
  const { deadLetters } = request
  const stored = deadLetters === undefined ? [] : await storedDeadLetters(deadLetters, request)
  return {
    messages: [...records.map((record) => toMessage(record, reading)), ...stored],
    isComplete: !found.isFull,
    read: { topics, scanned, indexed: 0, since },
    slices,
  }
}

/** Returns the topics to search and the slices to read. Throws `TOPIC_NOT_FOUND` for a requested topic that does not exist. */
export async function searchedSlices(
  bus: EventBus,
  { topics: requested, since, signal, onNotice }: SearchRequest,
): Promise<{ readonly topics: readonly string[]; readonly slices: readonly ResolvedSlice[] }> {
  const topics =
    requested === undefined
      ? (await bus.admin.listTopics())
          .filter(({ topic, internal }) => !internal && topicRole(topic).kind !== 'other')
          .map(({ topic }) => topic)
      : (await chooseTopics(bus, { topics: requested, follow: false, signal, onNotice: () => {} })).topics
  const { slices, notes } = await resolveSlices(bus.log, { topics, from: timeOr(since, 'start'), to: { kind: 'end' } })
  for (const note of notes) onNotice(note)
  return { topics, slices }
}

const timeOr = (time: number | undefined, otherwise: 'start' | 'end'): OffsetSpec =>
  time === undefined ? { kind: otherwise } : { kind: 'time', time: BigInt(Math.round(time)) }

/** Reads slices and adds the records that pass the test to those that were found. */
async function scan(
  bus: EventBus,
  slices: readonly ResolvedSlice[],
  { signal, onNotice, onProgress }: GatherRequest,
  test: RecordTest,
  found: FoundRecords,
): Promise<void> {
  const total = Number(slices.reduce((sum, { from, to }) => sum + (to - from), 0n))
  let read = 0
  const onUnreadable = (skipped: SkippedRange) => onNotice({ code: 'unreadable-skipped', ...skipped })
  for await (const batch of readSkippingUnreadable(bus.log, slices, { signal }, onUnreadable)) {
    for (const record of batch) if (test(record)) found.add(record)
    read += batch.length
    found.scanned += batch.length
    onProgress?.(read, total)
    if (found.isFull || signal.aborted) return
  }
}

/** Searches the time of a conversation for messages that are linked to it by causation only. */
async function findLinked(
  bus: EventBus,
  topics: readonly string[],
  request: GatherRequest,
  found: FoundRecords,
): Promise<void> {
  const times = [...found.records.values()]
    .map(({ timestamp }) => timestamp)
    .filter((time) => time >= 0n && isDate(time))
  if (times.length === 0) return
  const first = Number(times.reduce((a, b) => (b < a ? b : a))) - LINK_MARGIN_MS
  const last = Number(times.reduce((a, b) => (b > a ? b : a))) + LINK_MARGIN_MS
  const { slices } = await resolveSlices(bus.log, {
    topics,
    from: timeOr(Math.max(first, request.since ?? 0), 'start'),
    to: timeOr(last, 'end'),
  })
  const offsets = slices.reduce((sum, { from, to }) => sum + (to - from), 0n)
  if (offsets > MAX_LINK_OFFSETS) {
    request.onNotice({ code: 'links-not-searched', offsets: Number(offsets) })
    return
  }
  const quiet = { ...request, onNotice: () => {}, onProgress: undefined }
  for (let pass = 0; pass < MAX_LINK_PASSES; pass += 1) {
    const before = found.records.size
    const known = new Set<string>()
    const causes = new Set<string>()
    for (const record of found.records.values()) {
      const { id, event } = toMessage(record, {})
      const cause = causeIn(event?.metadata?.causationId)
      if (id !== undefined) known.add(id)
      if (cause !== undefined) causes.add(cause)
    }
    const missing = causes.difference(known)
    await scan(bus, slices, quiet, (record) => isLinked(record, { known, missing }), found)
    if (found.records.size === before || found.isFull || request.signal.aborted) return
  }
}

/** The records that were found, each once, up to the limit. */
class FoundRecords {
  readonly records = new Map<string, BusRecord>()
  scanned = 0
  isFull = false
  #bytes = 0
  readonly #request: GatherRequest

  constructor(request: GatherRequest) {
    this.#request = request
  }

  /** Adds a copy of a record. */
  add(record: BusRecord): void {
    const { topic, partition, offset, key, value } = record
    const name = `${partition}@${offset} ${topic}`
    if (this.isFull || this.records.has(name)) return
    const { limit, onNotice } = this.#request
    if (this.records.size >= limit) {
      this.isFull = true
      onNotice({ code: 'limit-reached', limit })
      return
    }
    this.#bytes += (key?.length ?? 0) + (value?.length ?? 0)
    if (this.#bytes > MAX_KEPT_BYTES) {
      this.isFull = true
      onNotice({ code: 'too-large', bytes: MAX_KEPT_BYTES })
      return
    }
    this.records.set(name, copied(record))
  }
}
