import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { NewRecord } from '../../../src/bus/record.ts'
import { encodeRecord } from '../../../src/codecs/event-record.ts'
import { EmbeddedEventBus, messageId, serializedEvent } from '../../../src/index.ts'
import { compare, timePipeline } from '../measure.ts'
import { formatRate, rateAtLeast } from '../report.ts'
import { crbus, type Row } from '../setting.ts'

const ROUNDS = 3
const PARTITIONS = 3
/** The messages of a conversation: a command and its event, on each of four pairs of topics. */
const LENGTH = 8
const AGGREGATES = ['order', 'inventory', 'payment', 'shipping']
const BATCH = 10_000
const RATE = 300_000
/** The spread of the records: a day. */
const SPREAD_MS = 86_400_000
/** The head, the messages, an empty line and the summary. */
const LINES = LENGTH + 3

export const tracing: Row = {
  name: 'trace',
  note: `the conversation in the middle of conversations of ${LENGTH} messages on ${2 * AGGREGATES.length} topics of ${PARTITIONS} partitions, over a day: every record is read, and those of the time of the conversation once more; from spawn to exit.`,

  async run(setting) {
    const { records, folder } = setting
    const count = Math.floor(records / LENGTH)
    const ownFolder = join(folder, 'trace')
    mkdirSync(ownFolder)
    const prefix = `t${randomUUID().slice(0, 8)}-`
    const { brokers, admin, log } = await setting.bus()
    {
      await using embedded = new EmbeddedEventBus({ path: join(ownFolder, 'bus.db'), createTopics: true })
      for (const bus of [embedded, { admin, log }]) {
        const waiting = new Map<string, NewRecord[]>(topicsOf(prefix).map((topic) => [topic, []]))
        for (const topic of waiting.keys()) await bus.admin.createTopic(topic, { partitions: PARTITIONS })
        for (let number = 0; number < count; number += 1) {
          const time = Date.now() - SPREAD_MS + Math.floor((number / count) * SPREAD_MS)
          for (const { topic, record } of conversation(prefix, number, time)) waiting.get(topic)?.push(record)
          if (number % (BATCH / 2) !== 0 && number !== count - 1) continue
          for (const [topic, batch] of waiting) {
            for (let at = 0; at < batch.length; at += BATCH) await bus.log.append(topic, batch.slice(at, at + BATCH))
            waiting.set(topic, [])
          }
        }
      }
    }
    const line = (...bus: string[]) =>
      crbus('trace', `conversation-${count >> 1}`, '--topic', `${prefix}*`, '-q', ...bus)
    const tracing = (name: string, ...bus: string[]) => ({
      name,
      run: () => timePipeline(line(...bus), { into: '| wc -l' }),
    })
    const [own, kafka] = await compare(
      [tracing('embedded', '--data-dir', ownFolder), tracing('kafka', '-b', brokers)],
      {
        rounds: ROUNDS,
        expected: LINES,
      },
    )
    for (const topic of topicsOf(prefix)) await admin.deleteTopic(topic)
    return [
      {
        name: 'trace, embedded',
        peer: '',
        crbus: formatRate(count * LENGTH, own),
        target: rateAtLeast(RATE, count * LENGTH, own),
      },
      { name: 'trace, Kafka', peer: '', crbus: formatRate(count * LENGTH, kafka) },
    ]
  },
}

const topicsOf = (prefix: string): readonly string[] =>
  AGGREGATES.flatMap((name) => [`${prefix}${name}-commands`, `${prefix}${name}-events`])

/** Yields the messages of a conversation, each caused by the one before. */
function* conversation(
  prefix: string,
  number: number,
  time: number,
): Generator<{ readonly topic: string; readonly record: NewRecord }> {
  let causationId: string | undefined
  for (const [at, topic] of topicsOf(prefix).entries()) {
    const timestamp = new Date(time + at).toISOString()
    const metadata = { correlationId: `conversation-${number}`, timestamp }
    const data = Buffer.from(`{"order_id":"o-${number}","item":"item-${number % 100}","total":${number}}`)
    const event = serializedEvent(
      `Step${at}.v1`,
      data,
      causationId === undefined ? metadata : { ...metadata, causationId },
    )
    const encoded = encodeRecord(event, 'bincode')
    if (!encoded.ok) throw new Error(encoded.reason)
    causationId = messageId(event)
    const key = Buffer.from(`o-${number}`)
    yield { topic, record: { key, value: encoded.value, headers: encoded.headers, timestamp: BigInt(time + at) } }
  }
}
