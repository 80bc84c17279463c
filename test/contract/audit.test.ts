import { randomUUID } from 'node:crypto'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { audit } from '../../src/operations/audit/audit.ts'
import { applyRepair } from '../../src/operations/audit/repair.ts'
import { streamsOfTopic } from '../../src/operations/audit/streams-of-topics.ts'
import { PostgresEventStore } from '../../src/store/postgres/postgres-event-store.ts'
import { foundLines, writeAuditedHistory } from '../support/audited-history.ts'
import { auditRequest } from './support/faults/audit-faults.ts'
import { type BusAndStore, embeddedPair, serverPair } from './support/faults/bus-and-store.ts'
import { askPostgres, newSchema } from './support/postgres-schema.ts'
import { rustTables } from './support/rust-tables.ts'

// The audit of a store against a bus, on histories with known faults, and its repair. faults.test.ts counts what it finds.

const brokers = inject('kafkaBrokers')
const postgres = inject('postgresUrl')

/** Audits the streams of orders against a topic. */
const requestFor = (topic: string, location: string) =>
  auditRequest([streamsOfTopic(topic, [topic], 'order-')], location)

async function findsEveryFault({ bus, store, location }: BusAndStore): Promise<void> {
  const topic = `audit-${randomUUID()}-events`
  await bus.admin.createTopic(topic, { partitions: 3 })
  const history = await writeAuditedHistory(bus, store, topic, { seed: 7, streams: 20, eventsOfStream: 8, faulty: 0.1 })
  const request = requestFor(topic, location)
  const result = await audit(bus, store, request)
  expect(foundLines(result.report)).toEqual(history.seeded)
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
    await findsEveryFault(await serverPair(brokers, postgres))
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
