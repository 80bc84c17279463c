import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, inject, test } from 'vitest'
import { serializedEvent } from '../../src/bus/event.ts'
import type { EventBus } from '../../src/bus/event-bus.ts'
import { messageId } from '../../src/codecs/message-id.ts'
import { EmbeddedEventBus } from '../../src/drivers/embedded/embedded-event-bus.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import type { SagaDefinition } from '../../src/operations/sagas/description/definition.ts'
import { listSagas } from '../../src/operations/sagas/list.ts'
import { openSagaStore } from '../../src/operations/sagas/saga-store.ts'
import { readTimeline } from '../../src/operations/sagas/timeline.ts'
import type { EventStore } from '../../src/store/event-store.ts'
import { openEventStore, openStoreSetup } from '../../src/store/open.ts'
import { PostgresEventStore } from '../../src/store/postgres/postgres-event-store.ts'
import { indexTopics, newFolder } from '../unit/event-index/support/index-topics.ts'
import { newTopic } from './support/harness.ts'
import { newSchema } from './support/postgres-schema.ts'

const brokers = inject('kafkaBrokers')
const postgres = inject('postgresUrl')
const folder = mkdtempSync(join(tmpdir(), 'crbus-sagas-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Scene {
  readonly open: () => EventBus
  /** Creates an event store, and returns its location. */
  readonly location: () => Promise<string>
}
const scenes: readonly (readonly [string, Scene])[] = [
  [
    'an embedded bus and SQLite',
    {
      open: () => new EmbeddedEventBus({ path: join(folder, 'bus.db') }),
      location: async () => join(folder, 'store.db'),
    },
  ],
  ...(brokers === '' || postgres === ''
    ? []
    : [
        [
          'Kafka and Postgres',
          {
            open: () => new RedpandaEventBus({ brokers }),
            async location() {
              const url = await newSchema(postgres)
              await using store = new PostgresEventStore({ url })
              await store.init()
              return url
            },
          },
        ] as const,
      ]),
]

const MINUTE = 60_000
/** Recent, because a broker deletes records older than its retention. */
const START = Date.now() - 10 * MINUTE
const at = (minutes: number) => new Date(START + minutes * MINUTE).toISOString()
const event = (type: string, correlationId: string, minutes: number, causationId?: string) =>
  serializedEvent(type, Buffer.from('{}'), {
    correlationId,
    timestamp: at(minutes),
    ...(causationId && { causationId }),
  })

describe.each(scenes)('the conversations of sagas on %s', (_, { open, location }) => {
  test('are judged by streams, outbox, dead letters and topics', async () => {
    await using bus = open()
    const [orders, commands, outcomes] = [await newTopic(bus, 2), await newTopic(bus, 2), await newTopic(bus, 2)]
    const definition: SagaDefinition = {
      ...{ saga: 'checkout', topics: [orders], events: [outcomes], commands: [commands], code: undefined },
      ...{ startedBy: ['OrderPlaced'], completedBy: ['Completed'], compensatedBy: ['Failed'], stuckBy: [] },
      expects: [{ after: 'OrderPlaced', oneOf: ['Paid'], within: 5 * MINUTE }],
    }
    const place = await location()
    await using store = await openEventStore(place)
    const begin = (store: EventStore, id: string, minutes: number) => {
      const placed = event('OrderPlaced.v1', id, minutes)
      const cause = messageId(placed)
      const reacted = event('OrderPlaced.v1', id, minutes, cause)
      const asked = event('Pay.v1', id, minutes, cause)
      const appends = [{ streamId: `checkout-saga-${id}`, expectedVersion: 0, events: [reacted] }]
      return { placed, asked, commit: store.commit('checkout-saga', [{ appends }]) }
    }
    for (const id of ['published', 'late', 'failed']) {
      const { placed, asked, commit } = begin(store, id, 0)
      await commit
      await bus.publish(orders, placed)
      await bus.publish(commands, asked)
    }
    await begin(store, 'waiting', 0).commit
    await begin(store, 'young', 9).commit
    await bus.publish(outcomes, event('Completed.v1', 'published', 2))
    const messages = [{ topic: outcomes, event: event('Completed.v1', 'waiting', 2) }]
    await store.commit('checkout-saga', [{ appends: [], messages }])
    await store.deadLetters.add({
      ...{
        streamId: 'payment-1',
        event: event('Pay.v1', 'failed', 1),
        error: 'no',
        originalTimestamp: new Date(START),
      },
    })

    await using setup = await openStoreSetup(place)
    await using opened = await openSagaStore(setup)
    const file = { path: 'sagas/checkout.json', definition }
    const request = { store: opened, now: START + 10 * MINUTE, signal: new AbortController().signal }
    const { instances, notes } = await listSagas(bus, { ...request, files: [file] })

    expect(notes).toEqual([])
    expect(instances.map(({ correlationId, state }) => [correlationId, state]).sort()).toEqual([
      ['failed', 'failed'],
      ['late', 'stuck'],
      ['published', 'completed'],
      ['waiting', 'completed'],
      ['young', 'running'],
    ])
    const timeline = await readTimeline(bus, file, { ...request, correlationId: 'late' })
    expect(timeline?.status).toMatchObject({ state: 'stuck', since: START + 5 * MINUTE })
    expect(timeline?.transitions).toMatchObject([
      { version: 1, eventType: 'OrderPlaced.v1', sent: [{ topic: commands, eventType: 'Pay.v1' }] },
    ])
    const indexPath = join(newFolder(), 'index.db')
    await indexTopics(bus, indexPath, { topics: [orders, commands] })
    expect(await readTimeline(bus, file, { ...request, correlationId: 'late', indexPath })).toEqual(timeline)
  })

  test('are expired, not stuck, if the topic no longer has the events that may have ended them', async () => {
    await using bus = open()
    const [orders, outcomes] = [await newTopic(bus, 1), await newTopic(bus, 1)]
    const definition: SagaDefinition = {
      ...{ saga: 'refund', topics: [orders], events: [outcomes], commands: [], code: undefined },
      ...{ startedBy: ['Asked'], completedBy: ['Completed'], compensatedBy: [], stuckBy: [] },
      expects: [{ after: 'Asked', oneOf: ['Completed'], within: MINUTE }],
    }
    for (const [id, minutes] of [
      ['old', 0],
      ['newer', 6],
    ] as const) {
      await bus.publish(orders, event('Asked.v1', id, minutes))
    }
    const record = (id: string, minutes: number) => ({
      ...{ key: null, value: Buffer.from(id), timestamp: BigInt(START + minutes * MINUTE) },
    })
    await bus.log.append(outcomes, [record('a', 1), record('b', 5)])
    await bus.admin.deleteRecords(outcomes, new Map([[0, 1n]]))
    const file = { path: 'sagas/refund.json', definition }
    const request = { store: undefined, now: START + 10 * MINUTE, signal: new AbortController().signal }
    const { instances, notes } = await listSagas(bus, { ...request, files: [file] })
    expect(instances.map(({ correlationId, state }) => [correlationId, state])).toEqual([
      ['newer', 'stuck'],
      ['old', 'expired'],
    ])
    expect(notes).toEqual([{ code: 'end-unknown', saga: 'refund', count: 1 }])
  })
})
