import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeRecord } from '../../../src/codecs/event-record.ts'
import { EmbeddedEventBus, openEventStore, serializedEvent } from '../../../src/index.ts'
import { compare, timePipeline } from '../measure.ts'
import { PARTITIONS } from '../records.ts'
import { formatRate } from '../report.ts'
import { crbus, type Row } from '../setting.ts'

const ROUNDS = 3
const STREAM_EVENTS = 10
/** Streams that are stored in one call. */
const STREAMS_AT_ONCE = 2000
/** Events of both sides in a second, and megabytes. */
const RATE = 150_000
const PEAK_MB = 300
/** An audit reads what was stored in the last minute twice, which is a small part of a store in use. */
const READ_TWICE_MS = 61_000
const TOPIC = 'order-events'

export const auditing: Row = {
  name: 'audit',
  note: 'the command on an embedded bus and a store file that hold the same events, in streams of ten, more than a minute old; the rate counts the events of both sides.',

  async run({ records, folder }) {
    const dataDir = join(folder, 'audit')
    await writeBoth(dataDir, records)
    await sleep(READ_TWICE_MS)
    const command = crbus('audit', TOPIC, '--data-dir', dataDir, '-q')
    const auditing = { name: 'crbus audit', run: () => timePipeline(command, { into: `| wc -l` }) }
    // The table with its header, an empty line, and the line that says that both sides agree.
    const [own] = await compare([auditing], { rounds: ROUNDS, expected: 4 })
    const rate = (2 * records) / own.seconds
    const peakMb = own.peakMb ?? Number.POSITIVE_INFINITY
    return [
      {
        name: 'audit of a store against a bus',
        peer: '',
        crbus: formatRate(2 * records, own),
        target: { says: `≥ ${RATE}/s, ≤ ${PEAK_MB} MB`, isMet: rate >= RATE && peakMb <= PEAK_MB },
      },
    ]
  },
}

async function writeBoth(dataDir: string, count: number): Promise<void> {
  await using bus = new EmbeddedEventBus({ path: join(dataDir, 'bus.db'), createTopics: true })
  await using store = await openEventStore(join(dataDir, 'store.db'))
  await bus.admin.createTopic(TOPIC, { partitions: PARTITIONS })
  const streams = Math.ceil(count / STREAM_EVENTS)
  for (let first = 0; first < streams; first += STREAMS_AT_ONCE) {
    const chunk = Array.from({ length: Math.min(STREAMS_AT_ONCE, streams - first) }, (_, index) => {
      const order = first + index
      const size = Math.min(STREAM_EVENTS, count - order * STREAM_EVENTS)
      return { streamId: `order-${order}`, expectedVersion: 0, events: eventsOf(order, size) }
    })
    await store.commit(
      'bench',
      chunk.map((append) => ({ appends: [append] })),
    )
    const records = chunk.flatMap(({ streamId, events }) =>
      events.map((event) => {
        const encoded = encodeRecord(event, 'bincode')
        if (!encoded.ok) throw new Error(encoded.reason)
        return { key: Buffer.from(streamId), value: encoded.value }
      }),
    )
    await bus.log.append(TOPIC, records)
  }
}

const eventsOf = (order: number, size: number) =>
  Array.from({ length: size }, (_, at) => {
    const timestamp = new Date(Date.UTC(2026, 0, 1) + order * STREAM_EVENTS + at).toISOString()
    const data = Buffer.from(JSON.stringify({ order_id: `o-${order}`, at, total: 1999 }))
    return serializedEvent('OrderPlaced.v1', data, {
      correlationId: `c-${order}`,
      causationId: `${order}/${at}`,
      timestamp,
    })
  })
