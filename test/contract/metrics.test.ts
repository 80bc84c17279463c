import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, test } from 'vitest'
import type { EventBus } from '../../src/bus/event-bus.ts'
import { EmbeddedEventBus } from '../../src/drivers/embedded/embedded-event-bus.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { lagWindow } from '../../src/operations/lag/window.ts'
import { type Measurement, measure } from '../../src/operations/metrics/measurement.ts'
import { sagaMeter } from '../../src/operations/metrics/sagas.ts'
import { openEventStore, openStoreSetup } from '../../src/store/open.ts'
import { PostgresEventStore } from '../../src/store/postgres/postgres-event-store.ts'
import { formatMetrics } from '../../src/ui/metrics/format-metrics.ts'
import { queriedMetrics } from '../support/metric-names.ts'
import { parseMetrics } from '../support/metrics-text.ts'
import { newTopic, numberedList, uniqueGroup } from './support/harness.ts'
import { newSchema } from './support/postgres-schema.ts'
import { named, one } from './support/store-harness.ts'

const brokers = inject('kafkaBrokers')
const postgres = inject('postgresUrl')
const folder = mkdtempSync(join(tmpdir(), 'crbus-metrics-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Fills a store with a message in the outbox and a due timer, and returns its location. */
async function filledStore(location: string): Promise<string> {
  await using store = await openEventStore(location)
  const timers = [{ id: 't-1', streamId: 'order-1', due: new Date('2020-01-01'), event: named('timer') }]
  const messages = [{ topic: 'order-events', event: named('message') }]
  await store.commit('orders', [one('order-1', 0, 'a', { messages, timers })])
  return location
}

async function newPostgres(): Promise<string> {
  const url = await newSchema(postgres)
  await using store = new PostgresEventStore({ url })
  await store.init()
  return url
}

const sqlite = () => filledStore(join(folder, 'store.db'))

const nothingElse = { events: [], commands: [], compensatedBy: [], stuckBy: [], expects: [], code: undefined }

interface Scene {
  readonly open: () => EventBus
  readonly store: () => Promise<string>
  /** Metrics that the bus does not know. */
  readonly unknown: readonly string[]
}
const scenes: readonly (readonly [string, Scene])[] = [
  [
    'an embedded bus and SQLite',
    {
      open: () => new EmbeddedEventBus({ path: join(folder, 'bus.db') }),
      store: sqlite,
      unknown: ['crbus_topic_size_bytes'],
    },
  ],
  ...(brokers === '' || postgres === ''
    ? []
    : [
        [
          'Kafka and Postgres',
          {
            open: () => new RedpandaEventBus({ brokers }),
            store: async () => filledStore(await newPostgres()),
            unknown: [],
          },
        ] as const,
      ]),
]

describe.each(scenes)('the metrics of %s', (_, { open, store, unknown }) => {
  const text = (measurement: Measurement) => [...formatMetrics(measurement, { version: '0', node: '24' })].join('')

  test('include every metric that the dashboard and the alert rules query', async () => {
    await using bus = open()
    const location = await store()
    const [topic, group] = [await newTopic(bus, 1), uniqueGroup()]
    await bus.publish(topic, numberedList(5))
    const measureLag = lagWindow(bus, { groups: [group], now: Date.now })
    const openStore = () => openStoreSetup(location)
    const definition = { saga: 'checkout', topics: [topic], startedBy: ['A'], completedBy: ['B'], ...nothingElse }
    const files = [{ path: 'sagas/checkout.json', definition }]
    const signal = new AbortController().signal
    const measureSagas = sagaMeter({ bus, files, openStore, now: Date.now, signal })
    const once = () => measure({ bus, topics: [topic], measureLag, openStore, measureSagas })
    await bus.admin.commitOffsets(group, [{ topic, partition: 0, offset: 1n }])
    const first = parseMetrics(text(await once()))
    await bus.admin.commitOffsets(group, [{ topic, partition: 0, offset: 3n }])

    const second = parseMetrics(text(await once()))

    expect(queriedMetrics.length).toBeGreaterThan(15)
    expect(queriedMetrics.filter((name) => !second.has(name))).toEqual(unknown)
    const read = (found: typeof first, name: string, label: string) =>
      found.get(name)?.samples.find(({ labels }) => Object.values(labels).includes(label))?.value
    expect(read(first, 'crbus_group_verdict', 'stopped')).toBe('1')
    expect(read(second, 'crbus_group_verdict', 'stopped')).toBe('0')
    expect(read(second, 'crbus_group_verdict', 'catching-up')).toBe('1')
    expect(read(second, 'crbus_group_committed_offset', group)).toBe('3')
    expect(read(second, 'crbus_topic_offsets_total', topic)).toBe('5')
    expect(read(second, 'crbus_topic_under_replicated_partitions', topic)).toBe('0')
    expect(read(second, 'crbus_topic_leaderless_partitions', topic)).toBe('0')
    expect(read(second, 'crbus_store_outbox_messages', 'orders')).toBe('1')
    expect(read(second, 'crbus_store_due_timers', 'orders')).toBe('1')
    expect(Number(read(second, 'crbus_store_due_timer_age_seconds', 'orders'))).toBeGreaterThan(100_000_000)
    expect(read(second, 'crbus_store_dead_letters', 'failed')).toBe('0')
  })
})

describe.skipIf(brokers === '')('the metrics of a bus that cannot be reached', () => {
  test('say so, and leave nothing of the event store out', async () => {
    await using bus = new RedpandaEventBus({ brokers: '127.0.0.1:1', timeout: 500 })
    const location = await filledStore(join(folder, 'other.db'))
    const measureLag = lagWindow(bus, { now: Date.now })
    const { bus: figures, store } = await measure({ bus, measureLag, openStore: () => openStoreSetup(location) })
    expect(figures).toMatchObject({ ok: false, error: { code: 'CONNECTION_FAILED' } })
    expect(store).toMatchObject({ ok: true, backlog: { owners: [{ owner: 'orders' }] } })
  })
})
