import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import type { EventBus } from '../../src/bus/event-bus.ts'
import { EmbeddedEventBus } from '../../src/drivers/embedded/embedded-event-bus.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { audit } from '../../src/operations/audit/audit.ts'
import { applyRepair } from '../../src/operations/audit/repair.ts'
import { streamsOfTopic } from '../../src/operations/audit/streams-of-topics.ts'
import type { EventStore } from '../../src/store/event-store.ts'
import { openEventStore, openStoreSetup } from '../../src/store/open.ts'
import { PostgresEventStore } from '../../src/store/postgres/postgres-event-store.ts'
import { foundLines, writeAuditedHistory } from '../support/audited-history.ts'
import { askPostgres, newSchema } from './support/postgres-schema.ts'
import { rustTables } from './support/rust-tables.ts'

// The audit of a store against a bus, on histories with known faults.

const brokers = inject('kafkaBrokers')
const postgres = inject('postgresUrl')

interface Pair {
  readonly bus: EventBus
  readonly store: EventStore
  /** The address of the store. */
  readonly location: string
}

async function embeddedPair(): Promise<Pair> {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-audit-'))
  const location = join(folder, 'store.db')
  const pair = {
    bus: new EmbeddedEventBus({ path: join(folder, 'bus.db') }),
    store: await openEventStore(location),
    location,
  }
  onTestFinished(async () => {
    await pair.bus.close()
    await pair.store.close()
    rmSync(folder, { recursive: true })
  })
  return pair
}

async function serverPair(): Promise<Pair> {
  const location = await newSchema(postgres)
  const store = new PostgresEventStore({ url: location })
  await store.init()
  const bus = new RedpandaEventBus({ brokers })
  onTestFinished(async () => {
    await bus.close()
    await store.close()
  })
  return { bus, store, location }
}

const requestFor = (topic: string, location: string) => ({
  topics: [streamsOfTopic(topic, [topic], 'order-')],
  grace: 0,
  owners: async () => {
    await using setup = await openStoreSetup(location)
    return (await setup.backlog()).owners.map(({ owner }) => owner)
  },
  // A second later than now, because events that were stored in this millisecond would not be judged.
  storeTime: async () => Date.now() + 1000,
  folder: tmpdir(),
  signal: new AbortController().signal,
  onProgress: () => {},
})

async function findsEveryFault({ bus, store, location }: Pair): Promise<void> {
  const topic = `audit-${randomUUID()}-events`
  await bus.admin.createTopic(topic, { partitions: 3 })
  const history = await writeAuditedHistory(bus, store, topic, { seed: 7, streams: 20, eventsOfStream: 8, faulty: 0.1 })
  const request = requestFor(topic, location)
  const result = await audit(bus, store, request)
  const found = foundLines(result.report)
  const wrong = found.filter((line) => !history.seeded.includes(line))
  console.log(
    `audit on ${(await bus.admin.describeCluster()).kind.split(' ')[0]}: ${history.seeded.length} faults seeded, ${found.length - wrong.length} found, ${wrong.length} false`,
  )
  expect(found).toEqual(history.seeded)
  expect(result.report.topics).toMatchObject([{ stored: history.stored, waitingCount: history.waiting }])

  const repaired = await applyRepair(bus, store, result, {
    formOf: () => ({ envelope: 'bincode', isKeyedById: false }),
    idOf: ({ streamId }) => streamId,
    signal: request.signal,
  })
  expect(repaired.positions).toHaveLength(history.seeded.filter((line) => line.startsWith('never-published')).length)
  const after = await audit(bus, store, request)
  expect(foundLines(after.report).filter((line) => line.startsWith('never-published'))).toEqual([])

  // A repair of the first audit again finds that everything was published since.
  const again = await applyRepair(bus, store, result, {
    formOf: () => ({ envelope: 'bincode', isKeyedById: false }),
    idOf: ({ streamId }) => streamId,
    signal: request.signal,
  })
  expect(again.positions).toEqual([])
  expect(again.skipped).toBe(repaired.positions.length)
}

test('finds and repairs every fault on the embedded bus with a file', async () => {
  await findsEveryFault(await embeddedPair())
})

describe.skipIf(brokers === '' || postgres === '')('on Kafka and Postgres', () => {
  test('finds and repairs every fault', async () => {
    await findsEveryFault(await serverPair())
  })

  test('compares the tables of a Rust service, which have no outbox', async () => {
    const location = await newSchema(postgres)
    await askPostgres(location, rustTables)
    const store = new PostgresEventStore({ url: location })
    const bus = new RedpandaEventBus({ brokers })
    onTestFinished(async () => {
      await bus.close()
      await store.close()
    })
    const topic = `audit-${randomUUID()}-events`
    await bus.admin.createTopic(topic, { partitions: 1 })
    const history = await writeAuditedHistory(bus, store, topic, {
      ...{ seed: 3, streams: 5, eventsOfStream: 4, faulty: 0.3 },
      withOutbox: false,
    })
    const { report } = await audit(bus, store, { ...requestFor(topic, location), owners: async () => [] })
    expect(foundLines(report)).toEqual(history.seeded)
  })
})
