import { expect, test } from 'vitest'
import { serializedEvent } from '../../../src/bus/event.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { watchTopics } from '../../../src/operations/topics/watch.ts'

const NOW = Date.UTC(2026, 10, 23, 10)

test('measures the events, the rate and the settings of the topics that match', async () => {
  await using bus = new InMemoryEventBus()
  await bus.admin.createTopic('order-events', { partitions: 2, config: { 'retention.ms': '1000' } })
  await bus.admin.createTopic('order-commands')
  await bus.publish('order-events', serializedEvent('A.v1', Buffer.from('{}')))
  const stop = new AbortController()
  const request = { topics: ['*-events'], interval: 1, now: () => NOW, signal: stop.signal }
  const updates = watchTopics(bus, request)

  const { value: first } = await updates.next()
  expect(first).toMatchObject({ ok: true, time: NOW })
  const measured = { topic: 'order-events', partitionCount: 2, eventCount: 1n, counts: 'records', rate: undefined }
  expect(first?.ok && first.topics).toEqual([{ ...measured, config: new Map([['retention.ms', '1000']]) }])

  await bus.publish('order-events', serializedEvent('A.v1', Buffer.from('{}')))
  const { value: second } = await updates.next()
  const [topic] = second?.ok ? second.topics : []
  expect([topic?.eventCount, (topic?.rate ?? 0) > 0]).toEqual([2n, true])
  stop.abort()
  expect(await updates.next()).toEqual({ done: true, value: undefined })
})

test('reports a failure of the bus as an update and tries again', async () => {
  const bus = new InMemoryEventBus()
  const stop = new AbortController()
  const updates = watchTopics(bus, { interval: 1, now: () => NOW, signal: stop.signal })
  expect((await updates.next()).value).toMatchObject({ ok: true, topics: [] })
  await bus.close()
  expect((await updates.next()).value).toMatchObject({ ok: false, time: NOW, reason: expect.any(String) })
  expect((await updates.next()).value).toMatchObject({ ok: false })
  stop.abort()
})
