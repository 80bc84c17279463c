import type { EventBus } from '../../bus/event-bus.ts'
import type { LogSlice } from '../../bus/topic-log.ts'
import type { EventStore } from '../../store/event-store.ts'
import { type AuditWindow, findWindow } from './audit-window.ts'
import {
  lateOf,
  MessageSets,
  type Publication,
  PublishedOrder,
  positionOf,
  type StoredMessage,
} from './compare-messages.ts'
import { Findings, Numbered } from './findings.ts'
import { type AuditRequest, addOutbox, addPublished, addStored, addStoredLater, Progress } from './gather-messages.ts'
import { hasSagaStream } from './read-streams.ts'
import { type AuditFinding, type AuditNote, type AuditReport, auditCodes, type TopicAudit } from './report.ts'
import { MAX_LEFT, TopicComparison } from './topic-comparison.ts'

/** A stored event that is not on its topic. */
export interface UnpublishedEvent extends StoredMessage {
  readonly topic: string
  /** Whether a later version of its stream is on the topic already. */
  readonly isOvertaken: boolean
}

/** What an audit found, and what a repair of it needs. */
export interface AuditResult {
  readonly report: AuditReport
  /** The events that a repair publishes, by topic and in the order in which they were stored. */
  readonly unpublished: readonly UnpublishedEvent[]
  /** The positions up to which the topics were read. */
  readonly ends: readonly LogSlice[]
}

/**
 * Compares the events of streams with the records of topics, as multisets of message ids. Only reads. Memory does not grow with the
 * number of events, except for those without a counterpart, which are kept up to a limit.
 *
 * The order of reading makes the answer right while services run: first the store, then the outbox, then the topics. An event that
 * was published before its topic was read is not in the outbox, and is on the topic; at last, events that were stored meanwhile are
 * read, so that their records have a counterpart.
 */
export async function audit(bus: EventBus, store: EventStore, request: AuditRequest): Promise<AuditResult> {
  const { topics, folder, signal, grace } = request
  const until = await request.storeTime()
  const windows = await Promise.all(topics.map(({ topic }) => findWindow(bus, topic, { since: request.since, until })))
  using sets = new MessageSets(folder)
  using order = new PublishedOrder(folder)
  const types = new Numbered()
  const typeName = (type: number): string => types.names[type] ?? ''
  const progress = new Progress(request.onProgress)
  const sides = { sets, types, windows, progress, until }
  const stored = await addStored(store, sides, request)
  await addOutbox(store, sets, request)
  const { published, ends, findings: unreadable } = await addPublished(bus, sides, request)
  await addStoredLater(store, sides, request)

  const findings = new Findings()
  const comparisons = topics.map(({ topic }, at) => {
    const hasStored = (stored[at] ?? 0) > 0
    return new TopicComparison({ topic, findings, typeName, youngSince: until - grace, hasStored })
  })
  for (const group of sets.groups()) {
    if (signal.aborted) break
    progress.add('comparison', group.stored.length + group.published.length)
    const ordered = comparisons[group.topic]?.add(group)
    if (ordered === undefined) continue
    const [{ streamId, version, type, time }, { partition, offset }] = ordered
    order.add({ topic: group.topic, type, time, partition, offset, streamId, version })
  }
  const missing = await Promise.all(comparisons.map((comparison) => comparison.finish(bus, store, signal)))
  const versions = new LatestVersions(missing)
  for (const publications of order.streams()) {
    versions.add(publications)
    for (const { topic: at, type, partition, offset, after, ...event } of lateOf(publications)) {
      const topic = topics[at]?.topic as string
      const [position, other] = [offset, after].map((own) => positionOf(topic, { partition, offset: own }))
      findings.add('out-of-order', topic, { ...event, eventType: typeName(type), position, other })
    }
  }
  const figures = topics.map(({ topic, prefix }, at) => {
    const own = { stored: stored[at] ?? 0, published: published[at] ?? 0, ...comparisons[at]?.figures }
    return { topic, streams: prefix, since: windows[at]?.since, ...own } as AuditReport['topics'][number]
  })
  const bare = figures.filter((figure) => figure.stored === 0 && figure.published > 0)
  const outcomes = await outcomesAmong(bare, store)
  const all = [...findings.list(), ...unreadable, ...bare.filter((one) => !outcomes.includes(one)).map(withoutStreams)]
  return {
    report: {
      until,
      topics: figures,
      findings: all.sort((a, b) => auditCodes.indexOf(a.code) - auditCodes.indexOf(b.code)),
      notes: [
        ...windows.flatMap(({ notes }: AuditWindow) => notes),
        ...notesOfCuts(request, comparisons),
        ...outcomes.map(({ topic, published }) => ({ code: 'saga-outcomes', topic, count: published }) as const),
      ],
    },
    unpublished: missing.flatMap((events, at) =>
      events.map((event) => {
        return { ...event, topic: topics[at]?.topic as string, isOvertaken: versions.isLater(at, event) }
      }),
    ),
    ends: ends.flat(),
  }
}

/** The latest published versions of the streams that have unpublished events. */
class LatestVersions {
  readonly #versions: readonly Map<string, number>[]

  constructor(missing: readonly (readonly StoredMessage[])[]) {
    this.#versions = missing.map((events) => new Map(events.map(({ streamId }) => [streamId, 0])))
  }

  add(publications: readonly Publication[]): void {
    for (const { topic, streamId, version } of publications) {
      const known = this.#versions[topic]?.get(streamId)
      if (known !== undefined && version > known) this.#versions[topic]?.set(streamId, version)
    }
  }

  /** Whether a later version of the stream of an event is on the topic. */
  isLater(topic: number, { streamId, version }: StoredMessage): boolean {
    return (this.#versions[topic]?.get(streamId) ?? 0) > version
  }
}

/** Finds the topics of sagas. A saga stores what it reacted to; the outcomes that it publishes are in no stream. */
async function outcomesAmong(figures: readonly TopicAudit[], store: EventStore): Promise<readonly TopicAudit[]> {
  const isOfSaga = await Promise.all(figures.map(({ streams }) => hasSagaStream(store, { prefix: streams })))
  return figures.filter((_, at) => isOfSaga[at])
}

/** Reports a topic with records whose streams hold no event: the store may be another one, or its streams have other names. */
const withoutStreams = ({ topic, published }: TopicAudit): AuditFinding => ({
  code: 'no-streams',
  topic,
  count: published,
  types: [],
  examples: [],
})

const notesOfCuts = ({ topics }: AuditRequest, comparisons: readonly TopicComparison[]): AuditNote[] =>
  topics.flatMap(({ topic }, at) =>
    comparisons[at]?.isCut ? [{ code: 'not-compared', topic, limit: MAX_LEFT } as const] : [],
  )
