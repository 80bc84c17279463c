import { randomUUID } from 'node:crypto'
import { serializedEvent } from '../../../../src/bus/event.ts'
import type { EventBus } from '../../../../src/bus/event-bus.ts'
import { positionName } from '../../../../src/bus/names/names.ts'
import type { BusRecord, Header, NewRecord } from '../../../../src/bus/record.ts'
import { thisOperator } from '../../../../src/cli/dead-letters/operator.ts'
import { decodeRecord } from '../../../../src/codecs/event-record.ts'
import { openBoxes } from '../../../../src/operations/dead-letters/boxes/open-boxes.ts'
import { OPEN } from '../../../../src/operations/dead-letters/letter.ts'
import { applyRetry } from '../../../../src/operations/dead-letters/sending/retry.ts'
import { buildTrace } from '../../../../src/operations/trace/build-trace.ts'
import { gatherConversation } from '../../../../src/operations/trace/gather.ts'
import type { Message } from '../../../../src/operations/trace/message.ts'
import type { EventStore } from '../../../../src/store/event-store.ts'
import { type Fault, faults, type History, independent, makeHistory } from '../../../support/conversations.ts'
import { testSignal } from '../harness.ts'
import type { BusAndStore } from './bus-and-store.ts'
import type { FaultTable } from './fault-table.ts'

/** Histories begin so long ago that their last message is in the past, and that no broker has deleted the first one. */
const AGE_MS = 3 * 24 * 3_600_000
const HISTORIES_OF_FAULT = 4
/** A trace context, as producers with OpenTelemetry write it. It does not belong to the message. */
const TRACE_HEADER: Header = ['traceparent', Buffer.from('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')]
const DLQ = 'order-commands-dlq'

const names: Readonly<Record<Fault, string>> = {
  none: 'none',
  'no-causation-ids': 'none: no causation ids',
  'no-metadata': 'record without metadata',
  timer: 'orphan: its cause is on no topic',
  duplicate: 'duplicate',
  redelivered: 'redelivered',
  'lost-event': 'lost publish of an event',
  'lost-command': 'lost publish of a command',
  'lost-root': 'lost publish of the first command',
  unanswered: 'unanswered command',
  'clock-skew': 'clock skew between producers',
  'several-conversations': 'two conversations, one correlation id',
  damaged: 'damaged record',
  'dead-letter': 'dead letter',
}

/** A history, and how it is written. */
interface Scene {
  readonly history: History
  readonly fault: string
  /** Whether its records are written in random order, not by time. */
  readonly isReordered?: boolean
  /** `store`: the dead letter is in the event store. `retried`: it is retried, and fails again. Default: it is in its topic. */
  readonly deadLetter?: 'store' | 'retried'
  /** The cause that is on no topic is a timer of the saga `checkout`, which stored it. */
  readonly isTimerStored?: boolean
}

/** Finds the first history from a seed on that has room for the faults. */
function historyFrom(seed: number, fault: Fault, start: number, second?: Fault): History {
  for (let at = seed; at < seed + 100; at += 1) {
    const history = makeHistory(at, fault, start, second)
    if (history !== undefined) return history
  }
  throw new Error(`no history for ${fault} and ${second}`)
}

function makeScenes(): readonly Scene[] {
  const start = Date.now() - AGE_MS
  let seed = 0
  // Correlation ids are made of seeds, so that no two histories have the same one.
  const next = (fault: Fault, second?: Fault) => {
    seed += 100
    return historyFrom(seed, fault, start, second)
  }
  const repeated = (make: () => Scene) => Array.from({ length: HISTORIES_OF_FAULT }, make)
  return [
    ...faults.flatMap((fault) => repeated(() => ({ history: next(fault), fault: names[fault] }))),
    ...repeated(() => ({ history: next('none'), fault: 'none: records out of order', isReordered: true })),
    ...repeated(() => {
      const { expected, ...history } = next('timer')
      return {
        history: { ...history, expected: expected.filter((line) => !line.startsWith('orphan ')) },
        fault: 'none: its cause is a timer of a saga',
        isTimerStored: true,
      }
    }),
    ...repeated(() => ({ history: next('dead-letter'), fault: 'dead letter in the store', deadLetter: 'store' })),
    ...repeated(() => {
      return {
        history: next('dead-letter'),
        fault: 'dead letter that failed again after a retry',
        deadLetter: 'retried',
      }
    }),
    ...independent.flatMap((first) =>
      independent
        // One finding lists all dead letters with the same reason.
        .filter((second) => first !== 'dead-letter' || second !== first)
        .map((second, at) => {
          return {
            history: next(first, second),
            fault: 'two of these faults in one history',
            isReordered: at % 2 === 1,
          }
        }),
    ),
  ]
}

/** Writes conversations with faults to topics of a bus, and compares the findings of a trace of each with its faults. */
export async function compareTraces({ bus, store }: BusAndStore, table: FaultTable): Promise<void> {
  const prefix = `f-${randomUUID()}-`
  const scenes = makeScenes()
  const places = await writeScenes(bus, store, prefix, scenes)
  await failAgain(bus, prefix, scenes, places)
  for (const { history, fault, deadLetter } of scenes) {
    const { correlationId, now } = history
    const topics = history.topics.map((topic) => `${prefix}${topic}`)
    const gathered = await gatherConversation(bus, {
      ...{ correlationId, topics, limit: 10_000, reading: {}, signal: testSignal(), onNotice: () => {} },
      store,
    })
    const options = { correlationId, topics, now, overdue: 60_000, isComplete: gathered.isComplete }
    const { messages, findings } = buildTrace(gathered.messages, options)
    const nameOf = ({ topic, partition, offset, deadLetter: dead }: Message): string =>
      places.get(dead?.stored === undefined ? positionName({ topic, partition, offset }) : `store/${dead.stored.id}`) ??
      'unknown'
    const found = findings.map(({ code, messages: own }) =>
      [code, ...own.map((at) => nameOf((messages[at] as (typeof messages)[number]).message)).sort()].join(' '),
    )
    const withoutMetadata = gathered.messages.filter(({ event }) => event?.metadata === null)
    found.push(...withoutMetadata.map((message) => `without metadata ${nameOf(message)}`))
    const seeded = [
      ...history.expected.map((line) =>
        deadLetter === 'retried' ? line.replace(/^dead-letter (.+)$/, '$& $1 again') : line,
      ),
      ...history.withoutMetadata.map((place) => `without metadata ${place}`),
    ]
    table.compare('trace', { [fault]: seeded }, found)
  }
}

/**
 * Writes the records of histories to topics with a prefix, each topic with the records of all histories. Returns the positions in
 * their histories by the positions on the bus.
 */
async function writeScenes(
  bus: EventBus,
  store: EventStore,
  prefix: string,
  scenes: readonly Scene[],
): Promise<Map<string, string>> {
  const places = new Map<string, string>()
  const written = new Map<string, { place: string; record: NewRecord; at: number }[]>()
  for (const [number, { history, isReordered, deadLetter, isTimerStored }] of scenes.entries()) {
    const { records } = history
    if (isTimerStored) await storeTimer(store, prefix, history)
    const ordered = isReordered ? records : records.toSorted((a, b) => Number(a.timestamp - b.timestamp))
    for (const [at, record] of ordered.entries()) {
      const { topic, key, value, headers, timestamp } = record
      const place = `${topic}@${record.offset}`
      const origin = topic === DLQ ? `${prefix}${originOf(record, records)}` : undefined
      if (origin !== undefined && deadLetter === 'store') {
        places.set(`store/${await addToStore(store, record, origin)}`, place)
        continue
      }
      const all = [
        ...headers,
        ...(number % 2 === 0 ? [] : [TRACE_HEADER]),
        ...(origin === undefined ? [] : [['x-original-topic', Buffer.from(origin)] as const]),
      ]
      const own = written.get(topic) ?? []
      written.set(topic, own)
      own.push({ place, record: { key, value, headers: all, timestamp }, at })
    }
  }
  await Promise.all(
    (scenes[0]?.history.topics ?? []).map(async (name) => {
      const topic = `${prefix}${name}`
      await bus.admin.createTopic(topic, { partitions: 3 })
      // The records of all histories alternate.
      const own = (written.get(name) ?? []).sort((a, b) => a.at - b.at)
      const positions = await bus.log.append(
        topic,
        own.map(({ record }) => record),
      )
      for (const [at, position] of positions.entries()) places.set(positionName(position), own[at]?.place ?? '')
    }),
  )
  return places
}

/** Stores the timer that caused commands of a history, as the saga `checkout` does when it fires. */
async function storeTimer(store: EventStore, prefix: string, { correlationId, records }: History): Promise<void> {
  const undo = records
    .map(({ value, headers }) => decodeRecord({ value: value ?? new Uint8Array(), headers }))
    .find((decoded) => decoded.ok && decoded.event.eventType === 'Undo.v1')
  if (!undo?.ok) throw new Error('no command was caused by a timer')
  const timer = serializedEvent('TimedOut.v1', Buffer.from('{}'), undo.event.metadata ?? undefined)
  await store.append(`${prefix}checkout-saga-${correlationId}`, 0, [timer])
}

/** Returns the topic of the record that a dead letter is a copy of. */
function originOf(letter: BusRecord, records: readonly BusRecord[]): string {
  const value = Buffer.from(letter.value ?? [])
  const origin = records.find((record) => record !== letter && record.value !== null && value.equals(record.value))
  if (origin === undefined) throw new Error('a dead letter has no original record')
  return origin.topic
}

async function addToStore(store: EventStore, record: BusRecord, topic: string): Promise<string> {
  const decoded = decodeRecord({ value: record.value ?? new Uint8Array(), headers: record.headers })
  if (!decoded.ok) throw new Error(decoded.reason)
  const originalTimestamp = new Date(Number(record.timestamp))
  return store.deadLetters.add({
    streamId: 'order-1',
    topic,
    event: decoded.event,
    error: 'no stock',
    originalTimestamp,
  })
}

/** Retries the dead letters of scenes, and writes a second dead letter for each, as a consumer does that fails again. */
async function failAgain(
  bus: EventBus,
  prefix: string,
  scenes: readonly Scene[],
  places: Map<string, string>,
): Promise<void> {
  const dlq = `${prefix}${DLQ}`
  const retried = new Set(
    scenes.flatMap(({ deadLetter, history }) => (deadLetter === 'retried' ? history.correlationId : [])),
  )
  const { boxes } = await openBoxes({ bus, setup: undefined, wants: (topic) => topic === dlq, now: Date.now })
  const signal = testSignal()
  const ids: string[] = []
  for await (const letters of boxes[0]?.letters(OPEN, signal) ?? []) {
    for (const { id, record } of letters) {
      const decoded = decodeRecord({ value: record.value ?? new Uint8Array(), headers: record.headers })
      if (decoded.ok && retried.has(decoded.event.metadata?.correlationId ?? '')) ids.push(id)
    }
  }
  const { sent } = await applyRetry(bus, {
    ...{ boxes, operator: thisOperator(process.env), now: Date.now, maxRetries: 3 },
    selection: { ids, statuses: OPEN, reading: {}, signal },
  })
  const records = await bus.log.firstRecords(
    sent.map(({ position: { offset, ...partition } }) => ({ ...partition, from: offset, to: offset + 1n })),
  )
  for (const [at, record] of records.entries()) {
    if (record === undefined) throw new Error('a retried record is missing')
    const { key, value, headers, topic } = record
    const again = { key, value, headers: [...headers, ['x-original-topic', Buffer.from(topic)] as const] }
    const [position] = await bus.log.append(dlq, [again])
    if (position !== undefined) places.set(positionName(position), `${places.get(sent[at]?.id ?? '')} again`)
    places.set(positionName(record), `${places.get(sent[at]?.id ?? '')} retried`)
  }
}
