import { randomUUID } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { NewRecord } from '../../../src/bus/record.ts'
import type { TopicLog } from '../../../src/bus/topic-log.ts'
import { EmbeddedEventBus, encodeEnvelope, serializedEvent } from '../../../src/index.ts'
import { type Contender, compare, type Outcome, timeCommand, timePipeline } from '../measure.ts'
import { PARTITIONS } from '../records.ts'
import { formatRate, formatTime, type Line, rateAtLeast } from '../report.ts'
import { crbus, type Row } from '../setting.ts'

const ROUNDS = 3
const BATCH = 10_000
const EVENTS_OF_CONVERSATION = 10
const INDEX_RATE = 200_000
const LOOKUP_SECONDS = 0.3
const TOPIC = 'checkout-events'

export const indexing: Row = {
  name: 'index',
  note: `crbus index on an empty state folder, from spawn to exit, then tail and trace of one conversation of ${EVENTS_OF_CONVERSATION} events by the index, from spawn to exit. Events have correlation and causation ids; event types are few.`,

  async run(setting) {
    const folder = join(setting.folder, 'index')
    mkdirSync(folder)
    const { brokers, log } = await setting.bus()
    await using embedded = new EmbeddedEventBus({ path: join(folder, 'bus.db') })
    await embedded.admin.createTopic(TOPIC, { partitions: PARTITIONS })
    await using topic = await setting.newTopic()
    await fill(embedded.log, TOPIC, setting.records)
    await fill(log, topic.name, setting.records)
    return [
      ...(await measure('embedded', TOPIC, ['--data-dir', folder], { folder, records: setting.records })),
      ...(await measure('Kafka', topic.name, ['-b', brokers], { folder, records: setting.records })),
    ]
  },
}

/** Appends events with metadata. Their ids differ. */
export async function fill(log: TopicLog, topic: string, count: number): Promise<void> {
  for (let first = 0; first < count; first += BATCH) {
    const size = Math.min(BATCH, count - first)
    await log.append(
      topic,
      Array.from({ length: size }, (_, at) => toRecord(first + at)),
    )
  }
}

function toRecord(number: number): NewRecord {
  const eventType = `Step${number % EVENTS_OF_CONVERSATION}.v1`
  const data = Buffer.from(JSON.stringify({ order_id: `o-${number}`, total: 100, items: ['a', 'b', 'c'] }))
  const correlationId = `checkout-${Math.floor(number / EVENTS_OF_CONVERSATION)}`
  const metadata = { correlationId, causationId: randomUUID(), userId: 'u-1', timestamp: '2026-01-01T00:00:00.000Z' }
  const encoded = encodeEnvelope(serializedEvent(eventType, data, metadata), 'bincode')
  if (!encoded.ok) throw new Error(encoded.reason)
  return { key: Buffer.from(eventType), value: encoded.bytes, partition: number % PARTITIONS }
}

async function measure(
  name: string,
  topic: string,
  busFlags: readonly string[],
  { folder, records }: { readonly folder: string; readonly records: number },
): Promise<readonly Line[]> {
  const state = join(folder, 'state')
  const command = (...words: readonly string[]) => ['env', `XDG_STATE_HOME=${state}`, ...crbus(...words, ...busFlags)]
  const building: Contender = {
    name: 'crbus index',
    async run() {
      rmSync(state, { recursive: true, force: true })
      return await timeCommand(command('index', topic), `indexed ${records} more events`)
    },
  }
  const [built] = await compare([building], { rounds: ROUNDS, expected: 1 })
  const conversation = `checkout-${Math.floor(records / EVENTS_OF_CONVERSATION / 2)}`
  const lookup = command('tail', topic, '-c', conversation, '--from', 'start', '-e', '-o', '%c')
  const finding: Contender = { name: 'crbus tail -c', run: () => timePipeline(lookup, { into: '| wc -l' }) }
  const [found] = await compare([finding], { rounds: ROUNDS, expected: EVENTS_OF_CONVERSATION })
  const trace = command('trace', conversation, '--topic', topic, '-o', 'json')
  const tracing: Contender = { name: 'crbus trace', run: () => timePipeline(trace, { into: '| wc -l' }) }
  const [traced] = await compare([tracing], { rounds: ROUNDS, expected: 1 })
  return [
    {
      name: `index, ${name}`,
      peer: '',
      crbus: formatRate(records, built),
      target: rateAtLeast(INDEX_RATE, records, built),
    },
    { name: `lookup, ${name}`, peer: '', crbus: formatTime(found), target: lookupTarget(found) },
    { name: `trace by the index, ${name}`, peer: '', crbus: formatTime(traced), target: lookupTarget(traced) },
  ]
}

const lookupTarget = ({ seconds }: Outcome) => ({
  says: `≤ ${LOOKUP_SECONDS * 1000} ms`,
  isMet: seconds <= LOOKUP_SECONDS,
})
