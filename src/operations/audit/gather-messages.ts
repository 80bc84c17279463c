import type { EventBus } from '../../bus/event-bus.ts'
import type { LogSlice } from '../../bus/topic-log.ts'
import type { EventStore } from '../../store/event-store.ts'
import { RETRIED_FROM_HEADER } from '../dead-letters/failure-headers.ts'
import { readSkippingUnreadable, type SkippedRange } from '../events/skip-unreadable.ts'
import type { AuditWindow } from './audit-window.ts'
import { type MessageSets, positionOf } from './compare-messages.ts'
import { digestOfEvent, digestOfRecord } from './event-digests.ts'
import { Findings, type Numbered } from './findings.ts'
import { storedEventsOf } from './read-streams.ts'
import type { AuditFinding } from './report.ts'
import type { StreamsOfTopic } from './streams-of-topics.ts'

/** The clocks of stores and producers may differ by this much. Clocks that NTP sets differ by milliseconds. */
const MAX_SKEW_MS = 60_000
/** How much later than it was stored an event may have been published, at the beginning of a window. */
const MAX_DELAY_MS = 3_600_000
/** The most messages of an outbox that are considered. */
const MAX_WAITING = 200_000

/** What an audit compares. */
export interface AuditRequest {
  readonly topics: readonly StreamsOfTopic[]
  /** Milliseconds since 1970. Default: everything that the topics still hold. */
  readonly since?: number | undefined
  /** Milliseconds that a service may take to publish what it has stored. */
  readonly grace: number
  /** Returns the owners of messages in the outbox; no owner for a store without one. */
  readonly owners: () => Promise<readonly string[]>
  /** Returns the time of the store's clock, in milliseconds since 1970. */
  readonly storeTime: () => Promise<number>
  /** The folder of temporary files. */
  readonly folder: string
  readonly signal: AbortSignal
  readonly onProgress: (progress: AuditProgress) => void
}

/** How far an audit is. `events` counts those of both sides. */
export interface AuditProgress {
  readonly phase: 'store' | 'bus' | 'comparison'
  readonly events: number
}

/** Counts the events of each phase, and reports them. */
export class Progress {
  readonly #report: AuditRequest['onProgress']
  #events = 0
  #phase: AuditProgress['phase'] = 'store'

  constructor(report: AuditRequest['onProgress']) {
    this.#report = report
  }

  add(phase: AuditProgress['phase'], events: number): void {
    if (phase !== this.#phase) this.#events = 0
    this.#phase = phase
    this.#events += events
    this.#report({ phase, events: this.#events })
  }
}

/** Where the messages of an audit are collected. */
export interface Comparison {
  readonly sets: MessageSets
  readonly types: Numbered
  readonly windows: readonly AuditWindow[]
  readonly progress: Progress
}

/** Adds the stored events of each topic, and returns their numbers. */
export async function addStored(
  store: EventStore,
  { sets, types, windows, progress, until }: Comparison & { readonly until: number },
  { topics, signal }: AuditRequest,
): Promise<readonly number[]> {
  const counts: number[] = []
  for (const [at, streams] of topics.entries()) {
    const { since, isComplete } = windows[at] as AuditWindow
    let count = 0
    const begin = since === undefined ? undefined : new Date(since - MAX_DELAY_MS)
    for await (const batch of storedEventsOf(store, streams, { since: begin, until: new Date(until), signal })) {
      for (const { event, createdAt, streamId, version } of batch) {
        const found = digestOfEvent(event)
        if (found === undefined) continue
        const time = createdAt.getTime()
        const isJudged = isComplete && (since === undefined || time >= since)
        count += 1
        const type = types.numberOf(found.eventType)
        sets.addStored(at, found.digest, { type, time, isJudged, streamId, version })
      }
      progress.add('store', batch.length)
    }
    counts.push(count)
  }
  return counts
}

/** Adds the events that were stored during the audit, so that their records are not taken for events that were never stored. */
export async function addStoredLater(
  store: EventStore,
  { sets, types, until }: Pick<Comparison, 'sets' | 'types'> & { readonly until: number },
  { topics, signal }: AuditRequest,
): Promise<void> {
  for (const [at, streams] of topics.entries()) {
    // From earlier on, because an event becomes visible when its transaction ends, and is dated when it begins.
    for await (const batch of storedEventsOf(store, streams, { since: new Date(until - MAX_SKEW_MS), signal })) {
      for (const { event, createdAt, streamId, version } of batch) {
        const found = digestOfEvent(event)
        if (found === undefined) continue
        const type = types.numberOf(found.eventType)
        sets.addStored(at, found.digest, { type, time: createdAt.getTime(), isJudged: false, streamId, version })
      }
    }
  }
}

/** Adds the messages of the outbox. */
export async function addOutbox(store: EventStore, sets: MessageSets, { topics, owners }: AuditRequest): Promise<void> {
  for (const owner of await owners()) {
    const pending = await store.outbox.pending(owner, MAX_WAITING)
    for (const { topic, event, createdAt } of pending) {
      const at = topics.findIndex((streams) => streams.topic === topic)
      const found = at === -1 ? undefined : digestOfEvent(event)
      if (found !== undefined) sets.addWaiting(at, found.digest, createdAt.getTime())
    }
  }
}

/** The records of topics that an audit has read. */
interface PublishedSide {
  /** The number of events of each topic. */
  readonly published: readonly number[]
  readonly findings: readonly AuditFinding[]
  /** The ends up to which each topic was read. */
  readonly ends: readonly (readonly LogSlice[])[]
}

/** Adds the records of each topic, and returns what cannot be read. */
export async function addPublished(
  bus: EventBus,
  { sets, types, windows, progress }: Comparison,
  { topics, signal }: AuditRequest,
): Promise<PublishedSide> {
  const published: number[] = []
  const ends: LogSlice[][] = []
  const findings: AuditFinding[] = []
  for (const [at, { topic }] of topics.entries()) {
    const { since } = windows[at] as AuditWindow
    const undecodable = new Findings()
    const skipped: SkippedRange[] = []
    let count = 0
    const slices = await slicesSince(bus, topic, since)
    for await (const batch of readSkippingUnreadable(bus.log, slices, { signal }, (range) => skipped.push(range))) {
      for (const record of batch) {
        const { partition, offset, value, headers } = record
        const time = Number(record.timestamp)
        const found = digestOfRecord(record)
        if (found === undefined) {
          if (value !== null)
            undecodable.add('undecodable', topic, { eventType: '', time, position: positionOf(topic, record) })
          continue
        }
        count += 1
        const isJudged = since === undefined || time >= since
        const type = types.numberOf(found.eventType)
        const isRetry = headers.some(([name]) => name === RETRIED_FROM_HEADER)
        sets.addPublished(at, found.digest, { type, time, partition, offset, isJudged, isRetry })
      }
      progress.add('bus', batch.length)
    }
    published.push(count)
    ends.push(slices.map(({ partition, to }) => ({ topic, partition, from: to })))
    findings.push(...undecodable.list().map((finding) => ({ ...finding, types: [] })))
    if (skipped.length > 0) {
      findings.push({ code: 'unreadable', topic, count: skipped.length, types: [], examples: [], ranges: skipped })
    }
  }
  return { published, findings, ends }
}

/** Returns the ranges of a topic that an audit reads. The ends are those of now, after the outbox was read. */
async function slicesSince(
  bus: EventBus,
  topic: string,
  since: number | undefined,
): Promise<readonly (LogSlice & { readonly to: bigint })[]> {
  const begins =
    since === undefined ? undefined : await bus.log.offsetsAt(topic, BigInt(Math.trunc(since - MAX_SKEW_MS)))
  const ranges = await bus.log.ranges(topic)
  return ranges.map(({ partition, start, end, lastStable = end }) => {
    return { topic, partition, from: begins?.get(partition) ?? start, to: lastStable }
  })
}
