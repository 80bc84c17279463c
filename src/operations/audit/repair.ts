import { EventBusError } from '../../bus/errors.ts'
import type { EventBus } from '../../bus/event-bus.ts'
import type { NewRecord, Position } from '../../bus/record.ts'
import type { LogSlice } from '../../bus/topic-log.ts'
import { encodeRecord } from '../../codecs/event-record.ts'
import { messageId } from '../../codecs/message-id.ts'
import type { EventStore } from '../../store/event-store.ts'
import type { BusIdentity } from '../bus-identity.ts'
import type { AuditResult, UnpublishedEvent } from './audit.ts'
import { digestOfRecord } from './event-digests.ts'
import { readEvents } from './read-streams.ts'

/** The header of a record that a repair published. Its value is the stream and the version of the event. */
const REPUBLISHED_HEADER = 'crbus-republished'
/** The records that are appended at once. The order of the records of a partition is kept in any case. */
const APPENDED_AT_ONCE = 500

/** How the records of a topic are written. */
interface RecordForm {
  readonly envelope: 'bincode' | 'cbor'
  /** Whether the id of the aggregate is the key. If not, it is the event type. */
  readonly isKeyedById: boolean
}

/** The events of one topic that a repair publishes. */
interface RepairStep {
  readonly topic: string
  readonly eventCount: number
  /** The number of events whose stream has a later version on the topic already: consumers get them out of order. */
  readonly overtaken: number
  readonly oldest: number
  readonly newest: number
}

/** What a repair publishes. */
export interface RepairPlan {
  readonly steps: readonly RepairStep[]
  readonly eventCount: number
  readonly bus: BusIdentity
}

/** The result of a repair. */
export interface Repaired {
  readonly positions: readonly Position[]
  /** The number of events that were published by their service since the audit. */
  readonly skipped: number
}

/** Plans to publish the stored events that an audit did not find on their topics. */
export async function planRepair(bus: EventBus, { unpublished }: AuditResult): Promise<RepairPlan> {
  const { kind, clusterId } = await bus.admin.describeCluster()
  const steps = [...Map.groupBy(unpublished, ({ topic }) => topic)].map(([topic, events]) => ({
    topic,
    eventCount: events.length,
    overtaken: events.filter(({ isOvertaken }) => isOvertaken).length,
    oldest: events[0]?.time ?? 0,
    newest: events.at(-1)?.time ?? 0,
  }))
  return { steps, eventCount: unpublished.length, bus: { kind, clusterId } }
}

/** How a repair publishes. */
export interface RepairRequest {
  /** Returns how the records of a topic are written. */
  readonly formOf: (topic: string) => RecordForm
  /** Returns the id of the aggregate of a stream. */
  readonly idOf: (event: UnpublishedEvent) => string
  readonly signal: AbortSignal
}

/**
 * Publishes the stored events that an audit did not find, in the order in which they were stored, each with a header that says so. Leaves
 * out those that were published since the audit. After an interruption or a failure, another audit finds the rest.
 */
export async function applyRepair(
  bus: EventBus,
  store: EventStore,
  { unpublished, ends }: AuditResult,
  { formOf, idOf, signal }: RepairRequest,
): Promise<Repaired> {
  const positions: Position[] = []
  let skipped = 0
  for (const [topic, events] of Map.groupBy(unpublished, (event) => event.topic)) {
    const later = await publishedSince(
      bus,
      ends.filter((end) => end.topic === topic),
      signal,
    )
    const form = formOf(topic)
    for (let at = 0; at < events.length && !signal.aborted; at += APPENDED_AT_ONCE) {
      const chunk = events.slice(at, at + APPENDED_AT_ONCE)
      const records: NewRecord[] = []
      for (const [index, stored] of (await readEvents(store, chunk, signal)).entries()) {
        const unpublishedEvent = chunk[index] as UnpublishedEvent
        if (stored === undefined || later.delete(messageId(stored.event))) {
          skipped += 1
          continue
        }
        const encoded = encodeRecord(stored.event, form.envelope)
        if (!encoded.ok) throw notEncodable(unpublishedEvent, encoded.reason)
        const key = form.isKeyedById ? idOf(unpublishedEvent) : stored.event.eventType
        const origin = `${stored.streamId}@${stored.version}`
        const headers = [...encoded.headers, [REPUBLISHED_HEADER, Buffer.from(origin)] as const]
        records.push({ key: Buffer.from(key), value: encoded.value, headers })
      }
      for (const position of await bus.log.append(topic, records)) positions.push(position)
    }
  }
  return { positions, skipped }
}

const notEncodable = ({ streamId, version, topic }: UnpublishedEvent, reason: string): EventBusError =>
  new EventBusError('PUBLISH_FAILED', `event ${version} of stream ${streamId} cannot be published: ${reason}`, {
    topic,
  })

/** Returns the message ids of the events that were published after the given positions. */
async function publishedSince(bus: EventBus, ends: readonly LogSlice[], signal: AbortSignal): Promise<Set<string>> {
  const ids = new Set<string>()
  const [first] = ends
  if (first === undefined) return ids
  const endOf = new Map((await bus.log.ranges(first.topic)).map(({ partition, end }) => [partition, end]))
  const slices = ends.map((slice) => ({ ...slice, to: endOf.get(slice.partition) ?? slice.from }))
  for await (const batch of bus.log.read(slices, { signal })) {
    for (const record of batch) {
      const found = digestOfRecord(record)
      if (found !== undefined) ids.add(found.digest.toString('base64url'))
    }
  }
  return ids
}
