import { randomUUID } from 'node:crypto'
import { serializedEvent } from '../../../../src/bus/event.ts'
import { positionName } from '../../../../src/bus/names/names.ts'
import type { BusRecord, Header, NewRecord } from '../../../../src/bus/record.ts'
import { thisOperator } from '../../../../src/cli/dead-letters/operator.ts'
import { decodeRecord, encodeRecord } from '../../../../src/codecs/event-record.ts'
import { openBoxes } from '../../../../src/operations/dead-letters/boxes/open-boxes.ts'
import { type Letter, OPEN } from '../../../../src/operations/dead-letters/letter.ts'
import { listLetters } from '../../../../src/operations/dead-letters/list-letters.ts'
import { applyRetry, planRetry } from '../../../../src/operations/dead-letters/sending/retry.ts'
import { openStoreSetup } from '../../../../src/store/open.ts'
import { testSignal } from '../harness.ts'
import type { BusAndStore } from './bus-and-store.ts'
import type { FaultTable } from './fault-table.ts'

const LETTERS = 20
/** The letters that are retried. Half of them fail again; no more than a plan names, which is five. */
const RETRIED = 10

const faults = {
  store: 'dead letter in the store',
  topic: 'dead letter in a topic',
  again: 'dead letter that failed again after a retry',
  resolved: 'none: resolved by a retry',
} as const

/** The number in the payload of a record. */
function numberIn({ value, headers }: Pick<BusRecord, 'value' | 'headers'>): number {
  const decoded = decodeRecord({ value: value ?? new Uint8Array(), headers })
  if (!decoded.ok) throw new Error(decoded.reason)
  return JSON.parse(Buffer.from(decoded.event.data).toString()).n
}

const reasonOf = (number: number): string => `card ${String.fromCharCode(65 + number)} declined`
const lineOf = ({ source, record, reason }: Letter): string => `${source} ${numberIn(record)} ${reason}`

/**
 * Writes dead letters to the event store and to a topic, retries some of them, of which half fail again, and compares the letters
 * that are listed before and after, and those that a retry refuses because they failed again.
 */
export async function compareDeadLetters({ bus, store, location }: BusAndStore, table: FaultTable): Promise<void> {
  table.expectFaults('dlq', Object.values(faults))
  const topic = `f-${randomUUID()}-commands`
  const dlq = `${topic}-dlq`
  for (const name of [topic, dlq]) await bus.admin.createTopic(name, { partitions: 2 })
  const events = Array.from({ length: LETTERS }, (_, n) =>
    serializedEvent('Pay.v1', Buffer.from(JSON.stringify({ n })), { correlationId: `c-${n}` }),
  )
  const records = events.map((event, n): NewRecord => {
    const encoded = encodeRecord(event, 'bincode')
    if (!encoded.ok) throw new Error(encoded.reason)
    return { key: Buffer.from(`k-${n}`), value: encoded.value, headers: encoded.headers }
  })
  const sourceOf = (n: number) => (n % 2 === 0 ? 'store' : 'topic')
  /** Handles a record, and fails. */
  const fail = async (n: number, place: string, { key, value, headers = [] }: NewRecord) => {
    const error = reasonOf(n)
    if (sourceOf(n) === 'store') {
      const event = events[n] as (typeof events)[number]
      const letter = { streamId: `payment-${n}`, topic, event, error, originalTimestamp: new Date() }
      await store.deadLetters.add({ ...letter, details: `${place}\nstack` })
      return
    }
    const reasons: readonly Header[] = [
      ['__connect.errors.topic', Buffer.from(topic)],
      ['__connect.errors.exception.message', Buffer.from(error)],
    ]
    await bus.log.append(dlq, [{ key, value, headers: [...headers, ...reasons] }])
  }
  const positions = await bus.log.append(topic, records)
  for (const [n, record] of records.entries())
    await fail(n, positionName(positions[n] ?? { ...NOWHERE, topic }), record)

  await using setup = await openStoreSetup(location)
  const signal = testSignal()
  const selection = { statuses: OPEN, reading: {}, signal }
  const read = async () => {
    const { boxes } = await openBoxes({ bus, setup, wants: (name) => name === dlq, now: Date.now })
    const { letters } = await listLetters(boxes, selection, Number.MAX_SAFE_INTEGER)
    // The store has letters of other histories.
    return { boxes, letters: letters.filter(({ origin }) => origin.topic === topic) }
  }
  const seeded = (source: 'store' | 'topic', numbers: readonly number[]) =>
    numbers.filter((n) => sourceOf(n) === source).map((n) => `${source} ${n} ${reasonOf(n)}`)
  const [all, retried] = [range(0, LETTERS), range(0, RETRIED)]
  const { boxes, letters } = await read()
  const before = { [faults.store]: seeded('store', all), [faults.topic]: seeded('topic', all) }
  table.compare('dlq', before, letters.map(lineOf), faultOf)

  const ids = letters.filter(({ record }) => retried.includes(numberIn(record))).map(({ id }) => id)
  const operator = thisOperator(process.env)
  const request = { operator, now: Date.now, maxRetries: 1 }
  const { sent } = await applyRetry(bus, { ...request, boxes, selection: { ...selection, ids } })
  const copies = await bus.log.firstRecords(
    sent.map(({ position: { offset, ...partition } }) => ({ ...partition, from: offset, to: offset + 1n })),
  )
  const again = range(0, RETRIED / 2)
  for (const record of copies) {
    const n = record === undefined ? -1 : numberIn(record)
    if (record !== undefined && again.includes(n)) await fail(n, positionName(record), record)
  }

  const after = await read()
  const left = [...again, ...range(RETRIED, LETTERS)]
  table.compare(
    'dlq',
    { [faults.store]: seeded('store', left), [faults.topic]: seeded('topic', left), [faults.resolved]: [] },
    after.letters.map(lineOf),
    faultOf,
  )
  const own = new Map(after.letters.map((letter) => [letter.id, letter]))
  const plan = await planRetry(bus, {
    ...{ ...request, boxes: after.boxes },
    selection: { ...selection, ids: [...own.keys()] },
  })
  const refused = plan.skipped.flatMap(({ code, ids: skipped, count }) => [
    ...skipped.map((id) => `${code} ${numberIn((own.get(id) as Letter).record)}`),
    ...range(skipped.length, count).map(() => `${code} more`),
  ])
  table.compare('dlq', { [faults.again]: again.map((n) => `retried-too-often ${n}`) }, refused)
}

const NOWHERE = { partition: 0, offset: 0n }

const range = (from: number, to: number): readonly number[] => Array.from({ length: to - from }, (_, at) => from + at)

const faultOf = (line: string): string => (line.startsWith('store') ? faults.store : faults.topic)
