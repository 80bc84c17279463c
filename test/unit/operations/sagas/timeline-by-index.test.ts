import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { UnreadableError } from '../../../../src/bus/errors.ts'
import { serializedEvent } from '../../../../src/bus/event.ts'
import type { EventBus } from '../../../../src/bus/event-bus.ts'
import { InMemoryEventBus } from '../../../../src/drivers/memory/in-memory-event-bus.ts'
import type { SagaDefinition } from '../../../../src/operations/sagas/description/definition.ts'
import type { IndexNotice } from '../../../../src/operations/sagas/find-messages.ts'
import { readTimeline, type TimelineRequest } from '../../../../src/operations/sagas/timeline.ts'
import { SqliteEventStore } from '../../../../src/store/sqlite/sqlite-event-store.ts'
import { withAdmin } from '../../../support/with-admin.ts'
import { indexTopics, newFolder } from '../../event-index/support/index-topics.ts'
import { applySteps, historySteps } from '../../event-index/support/random-history.ts'
import { correlationIds } from '../../event-index/support/random-records.ts'

const definition: SagaDefinition = {
  ...{ saga: 'checkout', topics: ['order-events'], events: ['payment-events'], commands: [], code: undefined },
  ...{ startedBy: ['OrderPlaced', 'PaymentMade'], completedBy: ['Größe.v2'], compensatedBy: [], stuckBy: [] },
  expects: [{ after: 'OrderPlaced', oneOf: ['PaymentMade'], within: 1 }],
}
const file = { path: 'sagas/checkout.json', definition }
const NOW = 1_700_000_000_010

const request = (correlationId: string, more: Partial<TimelineRequest> = {}): TimelineRequest => ({
  ...{ correlationId, store: undefined, now: NOW, signal: new AbortController().signal },
  ...more,
})

test('a conversation of a saga is the same with an index, without it, and where it reaches a part of the records', {
  timeout: 60_000,
}, async () => {
  const folder = newFolder()
  await using store = new SqliteEventStore({ path: ':memory:' })
  // One conversation has a stream, so that the topics are read from its begin on.
  const timestamp = new Date(NOW).toISOString()
  const events = [serializedEvent('OrderPlaced.v1', Buffer.from('{}'), { correlationId: 'c-1', timestamp })]
  await store.commit('checkout-saga', [{ appends: [{ streamId: 'checkout-saga-c-1', expectedVersion: 0, events }] }])
  const opened = { store, hasOutbox: false, hasDeadLetters: false, [Symbol.asyncDispose]: async () => {} }
  let run = 0
  let [found, covered] = [0, 0n]
  await fc.assert(
    fc.asyncProperty(historySteps, async (steps) => {
      await using bus = new InMemoryEventBus()
      run += 1
      const indexPath = join(folder, `${run}.db`)
      await applySteps(bus, indexPath, steps)
      for (const correlationId of correlationIds) {
        const own = request(correlationId, { store: opened })
        const onIndex = (notice: IndexNotice) => {
          if (notice.code === 'index-used') covered += notice.indexed
        }
        const without = await readTimeline(bus, file, own)
        expect(await readTimeline(bus, file, { ...own, indexPath, onIndex })).toEqual(without)
        found += without?.transitions.length ?? 0
      }
    }),
    { numRuns: 60 },
  )
  expect(found).toBeGreaterThan(100)
  expect(covered).toBeGreaterThan(100n)
})

const placed = (correlationId: string, at: number) =>
  serializedEvent('OrderPlaced.v1', Buffer.from(String(at)), { correlationId })

test('a conversation of a saga is read by the index, and the notice says how far the index reaches', async () => {
  await using bus = new InMemoryEventBus({ createTopics: true })
  const indexPath = join(newFolder(), 'index.db')
  await bus.publish('order-events', ['a', 'b', 'c'].map(placed))
  await indexTopics(bus, indexPath, { topics: ['order-events'] })
  await bus.publish('order-events', placed('b', 3))
  const notices: IndexNotice[] = []
  const totals: unknown[] = []
  const onIndex = (notice: IndexNotice) => notices.push(notice)
  const onProgress = (read: number, total: number | undefined) => totals.push([read, total])
  const timeline = await readTimeline(bus, file, request('b', { indexPath, onIndex, onProgress }))
  expect(timeline?.transitions).toHaveLength(2)
  expect(notices).toEqual([{ code: 'index-used', indexed: 3n, scanned: 1n }])
  expect(totals).toEqual([[1, 1]])
})

test('a batch that was damaged after it was indexed is noted once, and the other events are shown', async () => {
  await using bus = new InMemoryEventBus()
  await bus.admin.createTopic('order-events', { partitions: 1 })
  const indexPath = join(newFolder(), 'index.db')
  const ids = Array.from({ length: 60 }, (_, at) => (at % 20 === 0 || at === 21 ? 'b' : 'a'))
  await bus.publish('order-events', ids.map(placed))
  await indexTopics(bus, indexPath, { topics: ['order-events'] })
  const broken = damaged(bus, 20n, 24n)
  const timeline = await readTimeline(broken, file, request('b', { indexPath }))
  expect(timeline?.transitions.map(({ position }) => position?.offset)).toEqual([0n, 40n])
  expect(timeline?.notes.filter(({ code }) => code === 'unreadable')).toHaveLength(1)
})

/** Returns the bus with a damaged batch of `order-events` from one offset to before another. */
function damaged(bus: EventBus, from: bigint, next: bigint): EventBus {
  const range = { topic: 'order-events', partition: 0, offset: from, next }
  const error = new UnreadableError('TRANSPORT_ERROR', 'order-events[0] is damaged', range, {})
  const touches = (slice: { readonly from: bigint; readonly to?: bigint | undefined }) =>
    slice.from < next && (slice.to ?? next) > from
  return {
    ...withAdmin(bus, {}),
    log: {
      append: (topic, records) => bus.log.append(topic, records),
      ranges: (topic) => bus.log.ranges(topic),
      rangesOf: (topics) => bus.log.rangesOf(topics),
      offsetsAt: (topic, timestamp) => bus.log.offsetsAt(topic, timestamp),
      async firstRecords(slices) {
        if (slices.some(touches)) throw error
        return await bus.log.firstRecords(slices)
      },
      async *read(slices, options) {
        if (slices.some(touches)) throw error
        yield* bus.log.read(slices, options)
      },
    },
  }
}
