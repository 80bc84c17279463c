import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import Metrics from '../../src/commands/metrics.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import { parseMetrics } from '../support/metrics-text.ts'
import { runCli } from './run-cli.ts'

const NOW = Date.UTC(2026, 10, 23, 10)

let broker: MemoryBroker
let bus: InMemoryEventBus
let folder: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crbus-metrics-'))
  broker = new MemoryBroker({ now: () => NOW - 90_000 })
  bus = new InMemoryEventBus({ broker, createTopics: true })
  const event = serializedEvent('OrderPlaced.v1', Buffer.from('{}'))
  await bus.publish('order-events', [event, event, event, event, event])
  await bus.admin.commitOffsets('billing', [{ topic: 'order-events', partition: 0, offset: 2n }])
})
afterEach(() => {
  rmSync(folder, { recursive: true })
  return bus.close()
})

const metrics = async (...argv: string[]) => {
  const { stdout, stderr, exitCode } = await runCli(Metrics, argv, { broker })
  return { found: parseMetrics(stdout), stderr, exitCode }
}

describe('metrics', () => {
  test('prints the lag of groups and the ends of topics, which a parser of Prometheus reads', async () => {
    await bus.admin.commitOffsets('a"b\\', [{ topic: 'order-events', partition: 0, offset: 5n }])

    const { found, exitCode } = await metrics()

    expect(exitCode).toBe(0)
    const partition = { group: 'billing', topic: 'order-events', partition: '0' }
    const read = (name: string, labels: Readonly<Record<string, string>> = {}) =>
      found
        .get(name)
        ?.samples.find((sample) => Object.entries(labels).every(([key, text]) => sample.labels[key] === text))?.value
    expect(read('crbus_up')).toBe('1')
    expect(read('crbus_build_info', { node: process.versions.node })).toBe('1')
    expect(read('crbus_group_committed_offset', partition)).toBe('2')
    expect(read('crbus_group_lag_events', partition)).toBe('3')
    expect(read('crbus_group_lag_seconds', partition)).toBe('90')
    expect(read('crbus_group_lag_seconds', { ...partition, group: 'a"b\\' })).toBe('0')
    expect(read('crbus_topic_offsets_total', { topic: 'order-events', partition: '0' })).toBe('5')
    expect(read('crbus_topic_partitions', { topic: 'order-events' })).toBe('1')
    expect(read('crbus_topic_under_replicated_partitions', { topic: 'order-events' })).toBe('0')
    expect(read('crbus_topic_size_bytes', { topic: 'order-events' })).toBeUndefined()
    expect(found.get('crbus_topic_offsets_total')?.type).toBe('COUNTER')
    expect([...found.keys()].filter((name) => name.startsWith('crbus_store'))).toEqual([])
  })

  test('exports exactly one verdict of a group as 1, and all others as 0', async () => {
    const samples = (await metrics()).found.get('crbus_group_verdict')?.samples ?? []
    expect(samples.map(({ labels, value }) => [labels.verdict, value])).toEqual([
      ['beyond-the-log', '0'],
      ['stopped', '1'],
      ['stalled', '0'],
      ['rewound', '0'],
      ['held-back', '0'],
      ['falling-behind', '0'],
      ['never-committed', '0'],
      ['catching-up', '0'],
      ['ok', '0'],
      ['unknown', '0'],
    ])
  })

  test('--topic and --group leave out other topics and groups', async () => {
    await bus.publish('payment-events', serializedEvent('A', Buffer.from('{}')))
    const { found } = await metrics('--topic', 'payment-*')
    expect(found.get('crbus_topic_partitions')?.samples).toEqual([{ labels: { topic: 'payment-events' }, value: '1' }])
    expect(found.has('crbus_group_members')).toBe(false)
  })

  test('measures an event store: the outbox, due timers and dead letters', async () => {
    const path = join(folder, 'store.db')
    await using store = new SqliteEventStore({ path })
    const event = serializedEvent('OrderPlaced.v1', Buffer.from('{}'))
    await store.commit('order', [{ appends: [], messages: [{ topic: 'order-events', event }] }])

    const { found, stderr } = await metrics('--store', path)

    expect(stderr).toBe('')
    expect(found.get('crbus_store_up')?.samples).toEqual([{ labels: {}, value: '1' }])
    expect(found.get('crbus_store_outbox_messages')?.samples).toEqual([{ labels: { owner: 'order' }, value: '1' }])
    expect(found.get('crbus_store_dead_letters')?.samples).toEqual([
      { labels: { kind: 'failed' }, value: '0' },
      { labels: { kind: 'rejected' }, value: '0' },
    ])
  })

  test('--sagas counts the conversations of described sagas by state, with the age of the first stuck one', async () => {
    const description = {
      ...{ crbus_saga: 1, saga: 'checkout', topics: ['order-events'], startedBy: ['Placed'], completedBy: ['Paid'] },
      expects: [{ after: 'Placed', oneOf: ['Paid'], within: '1m' }],
    }
    mkdirSync(join(folder, 'sagas'))
    writeFileSync(join(folder, 'sagas/checkout.json'), JSON.stringify(description))
    // The clock of command tests is at 10:00.
    for (const [type, correlationId, minute] of [
      ['Placed.v1', 'stuck', 50],
      ['Placed.v1', 'ended', 50],
      ['Paid.v1', 'ended', 51],
    ] as const) {
      const metadata = { correlationId, timestamp: `2026-11-23T09:${minute}:00Z` }
      await bus.publish('order-events', serializedEvent(type, Buffer.from('{}'), metadata))
    }
    const { found, stderr } = await metrics('--sagas', '--descriptions', join(folder, 'sagas'))
    expect(stderr).toBe('')
    const counts = found.get('crbus_saga_instances')?.samples.map(({ labels, value }) => [labels.state, value])
    expect(counts?.filter(([, value]) => value !== '0')).toEqual([
      ['stuck', '1'],
      ['completed', '1'],
    ])
    expect(found.get('crbus_saga_stuck_age_seconds')?.samples).toEqual([{ labels: { saga: 'checkout' }, value: '540' }])
  })

  test('says why an event store cannot be measured, and prints the metrics of the bus', async () => {
    const { found, stderr, exitCode } = await metrics('--store', join(folder, 'none.db'))
    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('cannot measure the event store: ')])
    expect(found.get('crbus_store_up')?.samples).toEqual([{ labels: {}, value: '0' }])
    expect(found.get('crbus_up')?.samples).toEqual([{ labels: {}, value: '1' }])
  })
})
