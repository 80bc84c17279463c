import type { EventBus } from '../../bus/event-bus.ts'
import { isDate } from '../../bus/time/json-time.ts'
import { type BoundedSlice, IndexReader, offsetsIn } from '../event-index/index-reader.ts'
import type { OffsetSpec } from '../offsets/offset-grammar.ts'
import { type ResolvedSlice, resolveSlices } from '../offsets/resolve-slices.ts'
import { chooseTopics } from '../tail/choose-topics.ts'
import type { GatherRequest, SearchRequest } from './gather-request.ts'
import { causeIn, conversationTest, isLinked } from './match.ts'
import { type Message, toMessage } from './message.ts'
import { Search } from './search.ts'
import { storedDeadLetters } from './stored/dead-letters.ts'
import { firedTimers } from './stored/saga-timers.ts'
import { isTraced } from './topic-role.ts'

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

/** The most offsets that are read again to find messages without the correlation id; about a second. */
const MAX_LINK_OFFSETS = 1_000_000n
/** How long before the first and after the last message of a conversation such messages are searched for. */
const LINK_MARGIN_MS = 60_000
/** How often such messages are searched for: each pass may find messages that caused others. */
const MAX_LINK_PASSES = 4

/**
 * Finds the messages of a conversation: those with its correlation id, then those that are linked to them by causation, although
 * they have another correlation id or none. Searches for the latter from a minute before the first message to a minute after the
 * last one, and for causes that are not there everywhere. Reads the whole log of the topics, and keeps only the messages in memory.
 */
export async function gatherConversation(bus: EventBus, request: GatherRequest): Promise<Gathered> {
  const { since, reading, signal, correlationId, onNotice } = request
  const { topics, slices } = await searchedSlices(bus, request)
  const { reader, problem } = await IndexReader.open(bus, { path: request.indexPath, topics })
  if (problem !== undefined) onNotice({ code: 'index-unusable', reason: problem.message })
  using search = new Search(bus, request, reader)
  if (reader !== undefined) onNotice({ code: 'index-used', ...reader.coverage(slices) })
  const { found } = search
  await search.read(slices, [{ correlationId }], conversationTest(correlationId))
  const { scanned } = found
  if (!found.isFull && !signal.aborted) await findLinked(bus, topics, slices, search)
  const records = [...found.records.values()]
  await reading.decoder?.prepare(records)
  const { store } = request
  const stored =
    store === undefined
      ? []
      : [
          ...(await storedDeadLetters(store.deadLetters, request)),
          ...(await firedTimers(store, { correlationId, topics, reading })),
        ]
  return {
    messages: [...records.map((record) => toMessage(record, reading)), ...stored],
    isComplete: !found.isFull,
    read: { topics, scanned, indexed: found.indexed, since },
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
      ? (await bus.admin.listTopics()).filter(isTraced).map(({ topic }) => topic)
      : (await chooseTopics(bus, { topics: requested, follow: false, signal, onNotice: () => {} })).topics
  const { slices, notes } = await resolveSlices(bus.log, { topics, from: timeOr(since, 'start'), to: { kind: 'end' } })
  for (const note of notes) onNotice(note)
  return { topics, slices }
}

const timeOr = (time: number | undefined, otherwise: 'start' | 'end'): OffsetSpec =>
  time === undefined ? { kind: otherwise } : { kind: 'time', time: BigInt(Math.round(time)) }

/**
 * Searches the time of a conversation for messages that are linked to it by causation only. If causes are still missing, searches
 * everything: a partition in which the clock of one producer is ahead has later times before earlier ones, so that the end of that
 * time is found too early there, and a cause without metadata may be older than the first message with the correlation id.
 */
async function findLinked(
  bus: EventBus,
  topics: readonly string[],
  whole: readonly ResolvedSlice[],
  search: Search,
): Promise<void> {
  const { request, found, reader } = search
  const times = [...found.records.values()]
    .map(({ timestamp }) => timestamp)
    .filter((time) => time >= 0n && isDate(time))
  if (times.length === 0) return
  const first = Number(times.reduce((a, b) => (b < a ? b : a))) - LINK_MARGIN_MS
  const last = Number(times.reduce((a, b) => (b > a ? b : a))) + LINK_MARGIN_MS
  const { slices } = await resolveSlices(reader?.timesOf(bus.log) ?? bus.log, {
    topics,
    from: timeOr(Math.max(first, request.since ?? 0), 'start'),
    to: timeOr(last, 'end'),
  })
  const costOf = (own: readonly BoundedSlice[]) => offsetsIn(reader?.uncovered(own) ?? own)
  const offsets = costOf(slices)
  if (offsets > MAX_LINK_OFFSETS) {
    request.onNotice({ code: 'links-not-searched', offsets: Number(offsets) })
    return
  }
  const hasAllCauses = await addLinked(search, slices)
  if (!hasAllCauses && costOf(whole) <= MAX_LINK_OFFSETS) await addLinked(search, whole)
}

/** Adds the messages of slices that are linked to those that were found. Resolves with false if a cause is still missing. */
async function addLinked(search: Search, slices: readonly BoundedSlice[]): Promise<boolean> {
  const { request, found } = search
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
    const queries = [{ causationIds: [...known] }, { messageIds: [...missing] }]
    await search.read(slices, queries, (record) => isLinked(record, { known, missing }), false)
    if (found.isFull || request.signal.aborted) return true
    if (found.records.size === before) return missing.size === 0
  }
  return true
}
