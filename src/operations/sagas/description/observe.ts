import { compareText } from '../../../bus/compare.ts'
import type { EventBus } from '../../../bus/event-bus.ts'
import { readSkippingUnreadable } from '../../events/skip-unreadable.ts'
import { factOfRecord } from '../event-facts.ts'
import { slicesOf } from '../topic-slices.ts'
import { type Expectation, type SagaDefinition, withoutVersion } from './definition.ts'

/** The most conversations whose events are kept, each with at most {@link MAX_EVENTS}: about 50 MB. */
const MAX_CONVERSATIONS = 20_000
/** Sagas have a few dozen events. A correlation id with more is that of something else. */
const MAX_EVENTS = 100
/** The share of conversations that a type has to begin, end or follow in. Rarer ones are races and leftovers of deleted events. */
const MIN_SHARE = 0.02
/** The share of its conversations in which a type has to be the last one, to be an outcome. Copies may arrive later. */
const MIN_LAST_SHARE = 0.9
/** A conversation with an event younger than this may go on. */
const QUIET_MS = 60_000
/** How much longer than 99 of 100 answers took a conversation may wait. */
const PATIENCE = 2
const MIN_WITHIN_MS = 1000

/** The words of event types that say that steps were undone, and that a person is needed. */
const COMPENSATED = /(fail|cancel|reject|compensat|abort|declin|expire|revert|rolledback|undone)/i
const STUCK = /stuck/i

export interface DescribeRequest {
  readonly saga: string
  readonly topics: readonly string[]
  /** Only events since then, in milliseconds since 1970. */
  readonly since?: number | undefined
  readonly now: number
  readonly signal: AbortSignal
  readonly onProgress?: ((read: number, total: number) => void) | undefined
}

/** A description that was derived from observed events. */
export interface ObservedSaga {
  readonly definition: SagaDefinition
  readonly conversationCount: number
  readonly eventCount: number
  /** Event types that both begin and end nothing, and after which nothing is expected. */
  readonly notes: readonly DescribeNote[]
}

export type DescribeNote =
  /** Further conversations were left out. */
  | { readonly code: 'too-many'; readonly limit: number }
  /** The name of the type decides that it ends conversations after steps were undone. */
  | { readonly code: 'judged-by-name'; readonly eventType: string; readonly as: 'compensatedBy' | 'stuckBy' }
  /** No conversation ended in another way than this. */
  | { readonly code: 'no-end' }

/** An event of a conversation: the number of its type, and its time. */
interface Seen {
  readonly type: string
  readonly at: number
}

/**
 * Derives the description of a saga from the events of its topics: which types begin conversations, which come last, and how long it
 * takes from a type to the next one.
 */
export async function describeSaga(bus: EventBus, request: DescribeRequest): Promise<ObservedSaga> {
  const { saga, topics, since, now, signal, onProgress } = request
  const known = new Set((await bus.admin.listTopics()).map(({ topic }) => topic))
  const own = `${saga}-events`
  const events = known.has(own) ? [own] : []
  const reactsTo = topics.filter((topic) => topic !== own)
  const commands = reactsTo.map((topic) => topic.replace(/-events$/, '-commands')).filter((topic) => known.has(topic))
  const { slices, total } = await slicesOf(bus, [...reactsTo, ...events], since)
  const conversations = new Map<string, Seen[]>()
  const notes: DescribeNote[] = []
  let eventCount = 0
  let read = 0
  for await (const batch of readSkippingUnreadable(bus.log, slices, { signal }, () => {})) {
    for (const record of batch) {
      const fact = factOfRecord(record, now)
      if (fact === undefined) continue
      const seen = conversations.get(fact.correlationId)
      const event = { type: withoutVersion(fact.eventType), at: fact.at }
      eventCount += 1
      if (seen !== undefined) {
        if (seen.length < MAX_EVENTS) seen.push(event)
      } else if (conversations.size < MAX_CONVERSATIONS) conversations.set(fact.correlationId, [event])
      else if (notes.length === 0) notes.push({ code: 'too-many', limit: MAX_CONVERSATIONS })
    }
    read += batch.length
    onProgress?.(read, total)
  }
  const flows = [...conversations.values()].map((seen) => firstOfEach(seen.toSorted((a, b) => a.at - b.at)))
  const ends = endsOf(flows, now)
  const outcomes = ends.filter((type) => !STUCK.test(type))
  const compensatedBy = outcomes.filter((type) => COMPENSATED.test(type))
  const stuckBy = ends.filter((type) => STUCK.test(type))
  for (const eventType of compensatedBy) notes.push({ code: 'judged-by-name', eventType, as: 'compensatedBy' })
  for (const eventType of stuckBy) notes.push({ code: 'judged-by-name', eventType, as: 'stuckBy' })
  const completedBy = outcomes.filter((type) => !compensatedBy.includes(type))
  if (completedBy.length === 0) notes.push({ code: 'no-end' })
  const definition = {
    ...{ saga, topics: reactsTo, events, commands },
    startedBy: frequent(
      flows.flatMap(([first]) => first?.type ?? []),
      flows.length,
    ),
    ...{ completedBy, compensatedBy, stuckBy },
    expects: expectationsOf(flows, new Set(ends)),
    code: undefined,
  }
  return { definition, conversationCount: conversations.size, eventCount, notes }
}

/** Keeps the first event of each type: copies and repeated steps would hide what follows. */
function firstOfEach(flow: readonly Seen[]): readonly Seen[] {
  const types = new Set<string>()
  return flow.filter(({ type }) => {
    if (types.has(type)) return false
    types.add(type)
    return true
  })
}

/** Returns the types that come last in conversations which are quiet now. */
function endsOf(flows: readonly (readonly Seen[])[], now: number): readonly string[] {
  const quiet = flows.filter((flow) => flow.length > 1 && (flow.at(-1)?.at ?? now) < now - QUIET_MS)
  const occurring = new Map<string, number>()
  for (const { type } of quiet.flat()) occurring.set(type, (occurring.get(type) ?? 0) + 1)
  const last = quiet.flatMap((flow) => flow.at(-1)?.type ?? [])
  const counts = countsOf(last)
  return frequent(last, quiet.length).filter(
    (type) => (counts.get(type) ?? 0) >= MIN_LAST_SHARE * (occurring.get(type) ?? 0),
  )
}

/** Returns the expectations: after each type that ends nothing, the types that follow it, within the time that nearly all took. */
function expectationsOf(flows: readonly (readonly Seen[])[], ends: ReadonlySet<string>): readonly Expectation[] {
  const following = new Map<string, { readonly types: string[]; readonly times: number[] }>()
  for (const flow of flows) {
    for (const [index, { type, at }] of flow.entries()) {
      const next = flow[index + 1]
      if (next === undefined || ends.has(type)) continue
      const found = following.get(type) ?? { types: [], times: [] }
      found.types.push(next.type)
      found.times.push(next.at - at)
      following.set(type, found)
    }
  }
  return [...following]
    .filter(([, { types }]) => types.length >= MIN_SHARE * flows.length)
    .map(([after, { types, times }]) => ({
      after,
      oneOf: frequent(types, types.length),
      within: roundedUp(Math.max(MIN_WITHIN_MS, PATIENCE * percentile(times, 0.99))),
    }))
}

/** Returns the types that are at least {@link MIN_SHARE} of `total`, the most frequent first. */
const frequent = (types: readonly string[], total: number): readonly string[] =>
  [...countsOf(types)]
    .filter(([, count]) => count >= MIN_SHARE * total)
    .sort(([a, countOfA], [b, countOfB]) => countOfB - countOfA || compareText(a, b))
    .map(([type]) => type)

function countsOf(types: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1)
  return counts
}

/** Returns the value below which the given share of the values is. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
}

/** Rounds a duration up to a number that a person would write: whole seconds, minutes or hours. */
function roundedUp(milliseconds: number): number {
  const unit = milliseconds > 3_600_000 ? 3_600_000 : milliseconds > 60_000 ? 60_000 : 1000
  return Math.ceil(milliseconds / unit) * unit
}
