import { describe, expect, test } from 'vitest'
import { EventBusError } from '../../../../src/bus/errors.ts'
import { serializedEvent } from '../../../../src/bus/event.ts'
import { InMemoryEventBus } from '../../../../src/drivers/memory/in-memory-event-bus.ts'
import type { SagaDefinition } from '../../../../src/operations/sagas/description/definition.ts'
import type { FoundSagas } from '../../../../src/operations/sagas/description/find-sagas.ts'
import { inTurns } from '../../../../src/operations/sagas/in-turns.ts'
import { watchSagas } from '../../../../src/operations/sagas/watch.ts'
import { SqliteEventStore } from '../../../../src/store/sqlite/sqlite-event-store.ts'

const NOW = Date.UTC(2026, 10, 23, 10)
const HOUR = 3_600_000
const definition: SagaDefinition = {
  ...{ saga: 'checkout', topics: ['order-events'], events: [], commands: [], code: undefined },
  ...{ startedBy: ['OrderPlaced'], completedBy: ['CheckoutCompleted'], compensatedBy: [], stuckBy: [], expects: [] },
}
const described: FoundSagas = { ok: true, folder: 'sagas', files: [{ path: 'sagas/checkout.json', definition }] }

const placed = (correlationId: string, hoursAgo: number) =>
  serializedEvent('OrderPlaced.v1', Buffer.from('{}'), {
    ...{ correlationId, timestamp: new Date(NOW - hoursAgo * HOUR).toISOString() },
  })

type Request = Parameters<typeof watchSagas>[1]

function watched(bus: InMemoryEventBus, more: Partial<Request> = {}) {
  const stop = new AbortController()
  const waits: number[] = []
  const updates = watchSagas(bus, {
    findSagas: async () => described,
    openStore: async () => undefined,
    reasonOf: (error) => (error instanceof EventBusError ? error.message : undefined),
    now: () => NOW,
    sleep: async (milliseconds) => void waits.push(milliseconds),
    signal: stop.signal,
    ...more,
  })
  return { updates, waits, stop }
}

async function newBus(): Promise<InMemoryEventBus> {
  const bus = new InMemoryEventBus({ createTopics: true })
  await bus.publish('order-events', [placed('old', 48), placed('today', 5), placed('new', 0.5)])
  return bus
}

const idsOf = (update: unknown) =>
  (update as { report?: { instances: readonly { correlationId: string }[] } }).report?.instances.map(
    ({ correlationId }) => correlationId,
  )

describe('watching the conversations of sagas', () => {
  test('reads again only when the next update is taken, and after some seconds', async () => {
    await using bus = await newBus()
    const { updates, waits, stop } = watched(bus, { interval: 200 })
    const first = (await updates.next()).value
    expect(first).toMatchObject({ kind: 'read', time: NOW, window: undefined })
    expect(idsOf(first)).toEqual(['old', 'today', 'new'])
    await bus.publish('order-events', placed('newest', 0))
    expect(waits).toEqual([])
    expect(idsOf((await updates.next()).value)).toEqual(['old', 'today', 'new', 'newest'])
    expect(waits).toEqual([expect.closeTo(5000, -3)])
    stop.abort()
    expect((await updates.next()).done).toBe(true)
  })

  test('reads a shorter time when a reading takes too long, at once and from then on', async () => {
    await using bus = await newBus()
    let reading = 0
    const limit = () => {
      reading += 1
      return reading <= 1 || reading === 4 ? AbortSignal.abort() : new AbortController().signal
    }
    const { updates, waits } = watched(bus, { limit })
    expect((await updates.next()).value).toEqual({ kind: 'too-slow', time: NOW, window: undefined })
    const second = (await updates.next()).value
    expect(second).toMatchObject({ kind: 'read', window: 24 * HOUR })
    expect(idsOf(second)).toEqual(['today', 'new'])
    expect(waits).toEqual([])
    expect((await updates.next()).value).toMatchObject({ kind: 'read', window: 24 * HOUR })
    expect((await updates.next()).value).toEqual({ kind: 'too-slow', time: NOW, window: 24 * HOUR })
    expect(idsOf((await updates.next()).value)).toEqual(['new'])
    expect(waits).toHaveLength(2)
  })

  test('without descriptions, the report has no sagas, and the store is not opened', async () => {
    await using bus = await newBus()
    const openStore = () => Promise.reject(new Error('opened'))
    const { updates } = watched(bus, { findSagas: async () => ({ ok: true, folder: undefined, files: [] }), openStore })
    expect((await updates.next()).value).toMatchObject({ kind: 'read', report: { sagas: [], instances: [] } })
  })

  test('an invalid description and an error of the store are reported, and an error of the program is thrown', async () => {
    await using bus = await newBus()
    const failures: (() => Promise<undefined>)[] = [
      () => Promise.reject(new EventBusError('REFUSED', 'no store')),
      () => Promise.reject(new TypeError('a mistake')),
    ]
    let isInvalid = true
    const { updates } = watched(bus, {
      findSagas: async () => (isInvalid ? { ok: false, reason: 'checkout.json is not a description' } : described),
      openStore: () => (failures.shift() as () => Promise<undefined>)(),
    })
    const reason = 'checkout.json is not a description'
    expect((await updates.next()).value).toEqual({ kind: 'failed', time: NOW, reason })
    isInvalid = false
    expect((await updates.next()).value).toEqual({ kind: 'failed', time: NOW, reason: 'no store' })
    await expect(updates.next()).rejects.toThrow('a mistake')
  })

  test('names the correlation id of the messages if the streams of a saga are named by another value', async () => {
    await using bus = await newBus()
    await using store = new SqliteEventStore({ path: ':memory:' })
    const commit = async (id: string, correlationId: string) => {
      const appends = [{ streamId: `checkout-saga-${id}`, expectedVersion: 0, events: [placed(correlationId, 1)] }]
      await store.commit('checkout-saga', [{ appends }])
    }
    await commit('o-1', 'c-1')
    await commit('c-2', 'c-2')
    const opened = { store, hasOutbox: false, hasDeadLetters: false, [Symbol.asyncDispose]: async () => {} }
    const { updates } = watched(bus, { openStore: async () => opened })
    const { value } = await updates.next()
    const instances = value?.kind === 'read' ? value.report.instances : []
    expect(instances.map(({ correlationId, messagesId }) => [correlationId, messagesId]).sort()).toEqual([
      ['c-2', undefined],
      ['o-1', 'c-1'],
    ])
  })
})

test('batches that come without waiting leave turns to the event loop, and end after an abort', async () => {
  async function* endless() {
    for (;;) yield 0
  }
  const stop = new AbortController()
  setImmediate(() => stop.abort())
  for await (const _ of inTurns(endless(), stop.signal));
  expect(stop.signal.aborted).toBe(true)
})
