import { type SerializedEvent, serializedEvent } from '../../src/bus/event.ts'
import type { EventBus } from '../../src/bus/event-bus.ts'
import { positionName } from '../../src/bus/names/names.ts'
import type { Header, NewRecord } from '../../src/bus/record.ts'
import { encodeRecord } from '../../src/codecs/event-record.ts'
import type { AuditReport } from '../../src/operations/audit/report.ts'
import { RETRIED_FROM_HEADER } from '../../src/operations/dead-letters/failure-headers.ts'
import type { EventStore } from '../../src/store/event-store.ts'
import { seededRandom } from '../../src/testing/faults.ts'

/**
 * The faults of a history. Each event has at most one, so that it is known what an audit must find. An audit must not report an event
 * that waits in the outbox (`waiting`), whose dead letter was retried (`retried`), or that has no metadata on either side (`bare`).
 */
const faults = [
  'lost',
  'duplicated',
  'swapped',
  'phantom',
  'new-metadata',
  'new-data',
  'new-version',
  'no-metadata',
  'waiting',
  'retried',
] as const
type Fault = (typeof faults)[number] | 'bare' | 'undecodable'

/** A history in a store and on a topic, and what an audit of it must find. */
export interface AuditedHistory {
  readonly topic: string
  /** Lines as {@link foundLines} makes them, sorted. */
  readonly seeded: readonly string[]
  /** The same lines by fault. A fault that an audit must not report has none. */
  readonly byFault: Readonly<Partial<Record<Fault, readonly string[]>>>
  /** The number of stored events. */
  readonly stored: number
  /** The number of messages in the outbox. */
  readonly waiting: number
}

interface HistoryOptions {
  readonly seed: number
  readonly streams: number
  readonly eventsOfStream: number
  /** The probability that an event has a fault. 0: the history is clean. */
  readonly faulty: number
  /** The beginning of the ids of the streams. Default: `order-`. */
  readonly prefix?: string
  /** Whether the store has an outbox. Default: true. */
  readonly withOutbox?: boolean
}

/** The probability that an event has no metadata. */
const BARE = 0.05

/**
 * Writes a history with faults to a store and to a new topic, whose records are keyed by stream. Their envelopes are CBOR for every
 * third seed, else bincode.
 */
export async function writeAuditedHistory(
  bus: EventBus,
  store: EventStore,
  topic: string,
  { seed, streams, eventsOfStream, faulty, prefix = 'order-', withOutbox = true }: HistoryOptions,
): Promise<AuditedHistory> {
  const random = seededRandom(seed)
  const streamName = (index: number) => `${prefix}${index}`
  const envelope = seed % 3 === 0 ? 'cbor' : 'bincode'
  const recordOf = (event: SerializedEvent, key: string, more: readonly Header[] = []): NewRecord => {
    const encoded = encodeRecord(event, envelope)
    if (!encoded.ok) throw new Error(encoded.reason)
    return { key: Buffer.from(key), value: encoded.value, headers: [...encoded.headers, ...more] }
  }
  const records: NewRecord[] = []
  const originals: string[] = []
  const seeded: { readonly fault: Fault; readonly line: string | undefined }[] = []
  const put = (fault: Fault, line?: string) => seeded.push({ fault, line })
  const outgoing: SerializedEvent[] = []
  const plans = Array.from({ length: streams }, (_, stream) =>
    Array.from({ length: eventsOfStream }, (_, at) => {
      const metadata = {
        correlationId: `c-${stream}`,
        causationId: `cause-${seed}-${stream}-${at}`,
        timestamp: new Date(Date.UTC(2026, 0, 1) + stream * 1000 + at).toISOString(),
      }
      const data = Buffer.from(JSON.stringify({ order_id: streamName(stream), at, total: Math.floor(random() * 1e6) }))
      const isBare = random() < BARE
      return serializedEvent(at === 0 ? 'OrderPlaced.v1' : 'OrderChanged.v2', data, isBare ? null : metadata)
    }),
  )
  for (const [stream, events] of plans.entries()) {
    await store.append(streamName(stream), 0, events)
    let previous: Fault | undefined
    for (const [at, event] of events.entries()) {
      const isFaulty = random() < faulty
      let fault = isFaulty ? faults[Math.floor(random() * faults.length)] : undefined
      // Only an event that is published in its turn can be swapped with the one before it.
      if (fault === 'swapped' && (at === 0 || previous !== undefined)) fault = undefined
      if (fault === 'waiting' && !withOutbox) fault = 'lost'
      // Without metadata, a changed event is another one.
      if (event.metadata === null) fault = undefined
      previous = fault
      const name = `${streamName(stream)}@${at + 1}`
      const key = streamName(stream)
      const push = (published: SerializedEvent) => {
        records.push(recordOf(published, key))
        originals.push(name)
      }
      if (fault === 'lost') put(fault, `never-published ${name}`)
      else if (fault === 'waiting') {
        outgoing.push(event)
        put(fault)
      } else if (fault === 'new-metadata') {
        push({ ...event, metadata: { ...event.metadata, userId: 'someone' } })
        put(fault, `differs ${name} metadata`)
      } else if (fault === 'no-metadata') {
        push({ ...event, metadata: null })
        put(fault, `differs ${name} metadata`)
      } else if (fault === 'new-data') {
        push({ ...event, data: Buffer.from('{"order_id":"other"}') })
        put(fault, `differs ${name} data`)
      } else if (fault === 'new-version') {
        push({ ...event, eventVersion: 7 })
        put(fault, `differs ${name} event_version`)
      } else if (fault === 'swapped') {
        const before = records.pop() as NewRecord
        const beforeName = originals.pop() as string
        push(event)
        records.push(before)
        originals.push(beforeName)
        put(fault, `out-of-order ${beforeName}`)
      } else {
        // The dead letter may be that of a consumer, or of the publisher, whose first attempts failed.
        if (fault !== 'retried' || random() < 0.5) push(event)
        if (event.metadata === null) put('bare')
        if (fault === 'duplicated') {
          put(fault, `published-twice ${records.length}`)
          push(event)
        }
        if (fault === 'retried') {
          const mark = [RETRIED_FROM_HEADER, Buffer.from('store/1')] as const
          records.push(recordOf(event, key, [mark]))
          originals.push(name)
          put(fault)
        }
        if (fault === 'phantom') {
          const phantom = { ...event, data: Buffer.from(`phantom of ${name}`), metadata: { timestamp: name } }
          put(fault, `never-stored ${records.length}`)
          push(phantom)
        }
      }
    }
  }
  if (faulty > 0) {
    put('undecodable', `undecodable ${records.length}`)
    records.push({ key: null, value: Buffer.from('not an event') }, { key: Buffer.from('k'), value: null })
  }
  if (outgoing.length > 0) {
    const messages = outgoing.map((event) => ({ topic, event }))
    await store.commit('orders', [{ appends: [], messages }])
  }
  const positions = await bus.log.append(topic, records)
  const placed = seeded.map(({ fault, line }) => ({
    fault,
    line: line?.replace(/^(published-twice|never-stored|undecodable) (\d+)$/, (_, code: string, at: string) => {
      const position = positions[Number(at)]
      return `${code} ${position === undefined ? at : positionName(position)}`
    }),
  }))
  const linesOf = (own: readonly (typeof placed)[number][]) => own.flatMap(({ line }) => line ?? []).sort()
  const byFault = Object.groupBy(placed, ({ fault }) => fault)
  return {
    topic,
    seeded: linesOf(placed),
    byFault: Object.fromEntries(Object.entries(byFault).map(([fault, own]) => [fault, linesOf(own)])),
    stored: streams * eventsOfStream,
    waiting: outgoing.length,
  }
}

/** Returns a line for each example of a report, and one for findings without an example, sorted. */
export function foundLines({ findings }: AuditReport): readonly string[] {
  return findings
    .flatMap(({ code, topic, count, examples }) => {
      const rest = count === examples.length ? [] : [`${code} ${topic} ${count - examples.length}`]
      return rest.concat(
        examples.map(({ streamId, version, position, parts }) => {
          const byPosition = code === 'published-twice' || code === 'never-stored' || code === 'undecodable'
          const name = byPosition && position ? positionName(position) : `${streamId}@${version}`
          return `${code} ${name}${parts === undefined ? '' : ` ${parts.join()}`}`
        }),
      )
    })
    .sort()
}
