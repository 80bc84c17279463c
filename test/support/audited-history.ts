import { type SerializedEvent, serializedEvent } from '../../src/bus/event.ts'
import type { EventBus } from '../../src/bus/event-bus.ts'
import { positionName } from '../../src/bus/names/names.ts'
import type { NewRecord } from '../../src/bus/record.ts'
import { encodeRecord } from '../../src/codecs/event-record.ts'
import type { AuditReport } from '../../src/operations/audit/report.ts'
import type { EventStore } from '../../src/store/event-store.ts'
import { seededRandom } from '../../src/testing/faults.ts'

/** The faults of a history. Each event has at most one, so that it is known what an audit must find. */
const faults = [
  'lost',
  'duplicated',
  'swapped',
  'phantom',
  'new-metadata',
  'new-data',
  'new-version',
  'waiting',
] as const
type Fault = (typeof faults)[number]

/** A history in a store and on a topic, and what an audit of it must find. */
export interface AuditedHistory {
  readonly topic: string
  /** Lines as {@link foundLines} makes them, sorted. */
  readonly seeded: readonly string[]
  /** The number of stored events. */
  readonly stored: number
  /** The number of messages in the outbox. */
  readonly waiting: number
}

interface HistoryOptions {
  readonly seed: number
  readonly streams: number
  readonly eventsOfStream: number
  /** The probability that an event has a fault. */
  readonly faulty: number
  /** Whether the store has an outbox. Default: true. */
  readonly withOutbox?: boolean
}

const STREAM = (index: number) => `order-${index}`

const recordOf = (event: SerializedEvent, key: string): NewRecord => {
  const encoded = encodeRecord(event, 'bincode')
  if (!encoded.ok) throw new Error(encoded.reason)
  return { key: Buffer.from(key), value: encoded.value, headers: encoded.headers }
}

/** Writes a history with faults to a store and to a new topic, whose records are keyed by stream. */
export async function writeAuditedHistory(
  bus: EventBus,
  store: EventStore,
  topic: string,
  { seed, streams, eventsOfStream, faulty, withOutbox = true }: HistoryOptions,
): Promise<AuditedHistory> {
  const random = seededRandom(seed)
  const records: NewRecord[] = []
  const originals: string[] = []
  const seeded: string[] = []
  const swapped = new Map<number, string>()
  const outgoing: SerializedEvent[] = []
  const plans = Array.from({ length: streams }, (_, stream) =>
    Array.from({ length: eventsOfStream }, (_, at) => {
      const metadata = {
        correlationId: `c-${stream}`,
        causationId: `cause-${seed}-${stream}-${at}`,
        timestamp: new Date(Date.UTC(2026, 0, 1) + stream * 1000 + at).toISOString(),
      }
      const data = Buffer.from(JSON.stringify({ order_id: STREAM(stream), at, total: Math.floor(random() * 1e6) }))
      return serializedEvent(at === 0 ? 'OrderPlaced.v1' : 'OrderChanged.v2', data, metadata)
    }),
  )
  for (const [stream, events] of plans.entries()) {
    await store.append(STREAM(stream), 0, events)
    let previous: Fault | undefined
    for (const [at, event] of events.entries()) {
      const isFaulty = random() < faulty
      let fault = isFaulty ? faults[Math.floor(random() * faults.length)] : undefined
      // Only an event that is published in its turn can be swapped with the one before it.
      if (fault === 'swapped' && (at === 0 || previous !== undefined)) fault = undefined
      if (fault === 'waiting' && !withOutbox) fault = 'lost'
      previous = fault
      const name = `${STREAM(stream)}@${at + 1}`
      const key = STREAM(stream)
      const push = (published: SerializedEvent) => {
        records.push(recordOf(published, key))
        originals.push(name)
      }
      if (fault === 'lost') seeded.push(`never-published ${name}`)
      else if (fault === 'waiting') outgoing.push(event)
      else if (fault === 'new-metadata') {
        push({ ...event, metadata: { ...event.metadata, userId: 'someone' } })
        seeded.push(`differs ${name} metadata`)
      } else if (fault === 'new-data') {
        push({ ...event, data: Buffer.from('{"order_id":"other"}') })
        seeded.push(`differs ${name} data`)
      } else if (fault === 'new-version') {
        push({ ...event, eventVersion: 7 })
        seeded.push(`differs ${name} event_version`)
      } else if (fault === 'swapped') {
        const before = records.pop() as NewRecord
        const beforeName = originals.pop() as string
        push(event)
        records.push(before)
        originals.push(beforeName)
        swapped.set(records.length - 1, beforeName)
      } else {
        push(event)
        if (fault === 'duplicated') {
          seeded.push(`published-twice ${records.length}`)
          push(event)
        }
        if (fault === 'phantom') {
          const phantom = { ...event, data: Buffer.from(`phantom of ${name}`), metadata: { timestamp: name } }
          seeded.push(`never-stored ${records.length}`)
          push(phantom)
        }
      }
    }
  }
  records.push({ key: null, value: Buffer.from('not an event') }, { key: Buffer.from('k'), value: null })
  seeded.push(`undecodable ${records.length - 2}`)
  if (outgoing.length > 0) {
    const messages = outgoing.map((event) => ({ topic, event }))
    await store.commit('orders', [{ appends: [], messages }])
  }
  const positions = await bus.log.append(topic, records)
  for (const name of swapped.values()) seeded.push(`out-of-order ${name}`)
  const lines = seeded.map((line) =>
    line.replace(/^(published-twice|never-stored|undecodable) (\d+)$/, (_, code: string, at: string) => {
      const position = positions[Number(at)]
      return `${code} ${position === undefined ? at : positionName(position)}`
    }),
  )
  return { topic, seeded: lines.sort(), stored: streams * eventsOfStream, waiting: outgoing.length }
}

/** Returns a line for each example of a report, sorted. */
export function foundLines({ findings }: AuditReport): readonly string[] {
  return findings
    .flatMap(({ code, examples }) =>
      examples.map(({ streamId, version, position, parts }) => {
        const byPosition = code === 'published-twice' || code === 'never-stored' || code === 'undecodable'
        const name = byPosition && position ? positionName(position) : `${streamId}@${version}`
        return `${code} ${name}${parts === undefined ? '' : ` ${parts.join()}`}`
      }),
    )
    .sort()
}
