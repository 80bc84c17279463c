import type { EventBus } from '../../bus/event-bus.ts'
import type { Position } from '../../bus/record.ts'
import type { EventFilter } from '../events/event-filter.ts'
import type { Reading } from '../events/event-view.ts'
import { readSkippingUnreadable } from '../events/skip-unreadable.ts'
import { passingViews } from '../tail/passing-views.ts'
import { searchedSlices } from './gather.ts'
import type { GatherNotice, SearchRequest } from './gather-request.ts'
import { timeOf } from './trace.ts'

/** A conversation that has an event which passes a filter. */
export interface FoundConversation {
  readonly correlationId: string
  /** Number of its events that pass. */
  readonly count: number
  /** The type and the position of the first of them. */
  readonly eventType: string
  readonly first: Position
  /** The time of that event in milliseconds. Absent if it has none. */
  readonly time?: number | undefined
}

export interface FoundConversations {
  /** Newest first. */
  readonly conversations: readonly FoundConversation[]
  /** Whether there are older ones, which were left out. */
  readonly isCut: boolean
  /** Number of events that pass and have no correlation id. */
  readonly withoutId: number
  readonly topics: readonly string[]
  readonly scanned: number
}

/** The most conversations that are listed. */
const MAX_CONVERSATIONS = 1000

export interface FindRequest extends SearchRequest {
  readonly filter: EventFilter | undefined
  readonly reading: Reading
  /** Search only so many of the newest records of each partition. Absent: all. */
  readonly newest?: bigint | undefined
}

/** Finds the conversations with an event that passes a filter. */
export async function findConversations(bus: EventBus, request: FindRequest): Promise<FoundConversations> {
  const { signal, onNotice, onProgress, newest: count } = request
  const { topics, slices: all } = await searchedSlices(bus, request)
  const slices = all.map((slice) => {
    const { from, to } = slice
    return count === undefined || to - count < from ? slice : { ...slice, from: to - count }
  })
  const total = Number(slices.reduce((sum, { from, to }) => sum + (to - from), 0n))
  let found = new Map<string, FoundConversation>()
  let isCut = false
  let withoutId = 0
  let scanned = 0
  const onUnreadable = (skipped: Omit<Extract<GatherNotice, { code: 'unreadable-skipped' }>, 'code'>) =>
    onNotice({ code: 'unreadable-skipped', ...skipped })
  for await (const batch of readSkippingUnreadable(bus.log, slices, { signal }, onUnreadable)) {
    for await (const views of passingViews(batch, request)) {
      for (const { record, envelope } of views) {
        if (!envelope?.ok) continue
        const { eventType, metadata } = envelope.event
        const correlationId = metadata?.correlationId
        if (correlationId === undefined) {
          withoutId += 1
          continue
        }
        const known = found.get(correlationId)
        const { topic, partition, offset } = record
        const time = timeOf(record)
        const isEarlier =
          known === undefined || (time ?? Number.POSITIVE_INFINITY) < (known.time ?? Number.POSITIVE_INFINITY)
        found.set(correlationId, {
          ...(isEarlier ? { correlationId, eventType, first: { topic, partition, offset }, time } : known),
          count: (known?.count ?? 0) + 1,
        })
      }
    }
    if (found.size > 2 * MAX_CONVERSATIONS) {
      isCut = true
      found = newest(found)
    }
    scanned += batch.length
    onProgress?.(scanned, total)
    if (signal.aborted) break
  }
  isCut ||= found.size > MAX_CONVERSATIONS
  return { conversations: [...newest(found).values()], isCut, withoutId, topics, scanned }
}

/** Returns the newest conversations, newest first. */
const newest = (found: ReadonlyMap<string, FoundConversation>): Map<string, FoundConversation> =>
  new Map([...found].sort(([, a], [, b]) => (b.time ?? 0) - (a.time ?? 0)).slice(0, MAX_CONVERSATIONS))
