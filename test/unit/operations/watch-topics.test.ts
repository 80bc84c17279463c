import { expect, test } from 'vitest'
import type { BusAdmin } from '../../../src/bus/admin.ts'
import { EventBusError } from '../../../src/bus/errors.ts'
import { serializedEvent } from '../../../src/bus/event.ts'
import type { EventBus } from '../../../src/bus/event-bus.ts'
import { wakeableSleep } from '../../../src/bus/time/wakeable-sleep.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { watchTopics } from '../../../src/operations/topics/watch.ts'

const NOW = Date.UTC(2026, 10, 23, 10)

/** A bus with some other methods of its administration. */
const withAdmin = (bus: EventBus, admin: Partial<BusAdmin>): EventBus =>
  Object.assign(Object.create(bus) as EventBus, { admin: { ...bus.admin, ...admin }, log: bus.log })

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
  const measured = {
    topic: 'order-events',
    partitionCount: 2,
    eventCount: 1n,
    counts: 'records',
    rate: undefined,
    bytes: undefined,
  }
  expect(first?.ok && first.topics).toEqual([{ ...measured, config: new Map([['retention.ms', '1000']]) }])

  await bus.publish('order-events', serializedEvent('A.v1', Buffer.from('{}')))
  const { value: second } = await updates.next()
  const [topic] = second?.ok ? second.topics : []
  expect([topic?.eventCount, (topic?.rate ?? 0) > 0]).toEqual([2n, true])
  stop.abort()
  expect(await updates.next()).toEqual({ done: true, value: undefined })
})

test('reads changed settings again after five updates, and those of a topic that was created again at once', async () => {
  await using bus = new InMemoryEventBus()
  await bus.admin.createTopic('a', { config: { 'retention.ms': '1000' } })
  const stop = new AbortController()
  const updates = watchTopics(bus, { interval: 0, now: () => NOW, signal: stop.signal })
  const retentions = async (count: number) => {
    const found: (string | undefined)[] = []
    for (let at = 0; at < count; at += 1) {
      const { value } = await updates.next()
      if (value?.ok) for (const { config } of value.topics) found.push(config?.get('retention.ms'))
    }
    return found
  }
  expect(await retentions(1)).toEqual(['1000'])
  await bus.admin.setTopicConfig('a', { 'retention.ms': '2000' })
  expect(await retentions(5)).toEqual(['1000', '1000', '1000', '1000', '2000'])
  await bus.admin.deleteTopic('a')
  expect(await retentions(1)).toEqual([])
  await bus.admin.createTopic('a', { config: { 'retention.ms': '3000' } })
  expect(await retentions(1)).toEqual(['3000'])
  stop.abort()
})

test('reads the settings of all topics in turn, also if those of the first ones cannot be read', async () => {
  await using bus = new InMemoryEventBus()
  const names = Array.from({ length: 50 }, (_, at) => `topic-${String(at).padStart(2, '0')}`)
  for (const topic of names) await bus.admin.createTopic(topic, { partitions: 1 })
  const isSecret = (topic: string) => topic < 'topic-25'
  const guarded = withAdmin(bus, {
    describeTopic: async (topic) => {
      if (isSecret(topic)) throw new EventBusError('AUTHENTICATION_FAILED', `topic '${topic}' is secret`)
      return bus.admin.describeTopic(topic)
    },
  })
  const stop = new AbortController()
  const updates = watchTopics(guarded, { interval: 0, now: () => NOW, signal: stop.signal })
  const known: number[] = []
  for (let at = 0; at < 3; at += 1) {
    const { value } = await updates.next()
    if (value?.ok) known.push(value.topics.filter(({ config }) => config !== undefined).length)
  }
  expect(known).toEqual([0, 15, 25])
  stop.abort()
})

test('measures the other topics if one has a partition without a leader', async () => {
  await using bus = new InMemoryEventBus()
  await bus.admin.createTopic('a-events', { partitions: 1 })
  const [led] = await bus.admin.listTopics()
  if (led === undefined) throw new Error('there is a topic')
  const listTopics = async () => [led, { ...led, topic: 'b-events', leaderless: 1 }]
  const stop = new AbortController()
  const updates = watchTopics(withAdmin(bus, { listTopics }), { interval: 0, now: () => NOW, signal: stop.signal })
  const { value } = await updates.next()
  expect(value?.ok && value.topics.map(({ topic, eventCount }) => [topic, eventCount])).toEqual([
    ['a-events', 0n],
    ['b-events', undefined],
  ])
  stop.abort()
})

test('waits between two updates with the given sleep', async () => {
  await using bus = new InMemoryEventBus()
  const stop = new AbortController()
  const { sleep, wake } = wakeableSleep()
  const updates = watchTopics(bus, { interval: 3_600_000, now: () => NOW, sleep, signal: stop.signal })
  await updates.next()
  const next = updates.next()
  wake()
  expect((await next).value).toMatchObject({ ok: true })
  stop.abort()
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
