import { expect, onTestFinished, test } from 'vitest'
import { connectionFailed, publishFailed, topicNotFound } from '../../../src/bus/errors.ts'
import { type SerializedEvent, serializedEvent } from '../../../src/bus/event.ts'
import type { EventBus } from '../../../src/bus/event-bus.ts'
import type { MonotonicClock } from '../../../src/bus/time/monotonic-clock.ts'
import { decodeEnvelope } from '../../../src/codecs/envelope.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import type { Problem } from '../../../src/saga/reports/problem.ts'
import { Watch } from '../../../src/saga/reports/watch.ts'
import { Relay } from '../../../src/saga/runtime/relay.ts'
import { storeUnavailable } from '../../../src/store/errors.ts'
import type { EventStore, OutgoingMessage } from '../../../src/store/event-store.ts'
import { SqliteEventStore } from '../../../src/store/sqlite/sqlite-event-store.ts'

const OWNER = 'order-aggregate'
const event = (number: number, more: Partial<SerializedEvent> = {}): SerializedEvent => ({
  ...serializedEvent('OrderPlaced.v1', Uint8Array.of(number & 255, number >> 8)),
  ...more,
})
const message = (topic: string, number: number): OutgoingMessage => ({ topic, event: event(number) })

type Publish = EventBus['publish']

function setUp({
  publish,
  outbox = {},
  clock,
}: {
  publish?: (real: Publish) => Publish
  outbox?: Partial<EventStore['outbox']>
  clock?: MonotonicClock
} = {}) {
  const bus = new InMemoryEventBus({ createTopics: true })
  const store = new SqliteEventStore({ path: ':memory:' })
  onTestFinished(async () => {
    await bus.close()
    await store.close()
  })
  const real: Publish = (topic, events) => bus.publish(topic, events)
  const wrappedBus = new Proxy(bus, {
    get: (target, name) => (name === 'publish' ? (publish?.(real) ?? real) : Reflect.get(target, name, target)),
  })
  const wrappedStore = new Proxy<EventStore>(store, {
    get: (target, name) => (name === 'outbox' ? { ...target.outbox, ...outbox } : Reflect.get(target, name, target)),
  })
  const problems: Problem[] = []
  let time = 0
  const instantClock: MonotonicClock = {
    now: () => time,
    after(milliseconds, wake) {
      time += milliseconds
      const turn = setImmediate(wake)
      return () => clearImmediate(turn)
    },
  }
  const watch = new Watch({ name: OWNER, group: OWNER, onError: (problem) => problems.push(problem) })
  const relay = new Relay({
    bus: wrappedBus,
    store: wrappedStore,
    owner: OWNER,
    clock: clock ?? instantClock,
    watch,
  })
  return {
    bus,
    store,
    relay,
    watch,
    problems,
    pass: async () => {
      time += 10_000
      return relay.pass()
    },
    keep: async (...messages: OutgoingMessage[]) => {
      await store.commit(OWNER, [{ appends: [], messages }])
    },
    async numbersOn(topic: string) {
      const ranges = (await bus.log.rangesOf([topic])).get(topic) ?? []
      const numbers: number[] = []
      const slices = ranges.map(({ partition, end }) => ({ topic, partition, from: 0n, to: end }))
      for await (const records of bus.log.read(slices)) {
        for (const { value } of records) {
          const decoded = decodeEnvelope(value ?? new Uint8Array())
          if (decoded.ok) numbers.push((decoded.event.data[0] ?? 0) + ((decoded.event.data[1] ?? 0) << 8))
        }
      }
      return numbers
    },
  }
}

const failing =
  (error: () => Error, isAtFault: (topic: string, events: readonly SerializedEvent[]) => boolean) =>
  (real: Publish): Publish =>
  async (topic, events) => {
    if (isAtFault(topic, events as readonly SerializedEvent[])) throw error()
    return real(topic, events)
  }

const holds = (number: number) => (_: string, events: readonly SerializedEvent[]) =>
  events.some(({ data }) => data[0] === number)

test('publishes stored messages in their order and deletes them', async () => {
  const { relay, keep, store, numbersOn } = setUp()
  await keep(message('a', 1), message('b', 2), message('a', 3))
  await keep(message('a', 4))

  expect(await relay.pass()).toBe(4)

  expect([await numbersOn('a'), await numbersOn('b')]).toEqual([[1, 3, 4], [2]])
  expect(await store.outbox.pending(OWNER, 10)).toEqual([])
  expect(await relay.pass()).toBe(0)
})

test('publishes only the messages of its owner', async () => {
  const { relay, store, numbersOn } = setUp()
  await store.commit('payment-aggregate', [{ appends: [], messages: [message('a', 1)] }])

  expect(await relay.pass()).toBe(0)
  expect(await numbersOn('a')).toEqual([])
})

test('publishes 1,300 messages in their order', async () => {
  const { relay, keep, numbersOn } = setUp()
  const numbers = Array.from({ length: 1300 }, (_, number) => number)
  await keep(...numbers.map((number) => message('a', number)))

  while ((await relay.pass()) > 0);

  expect(await numbersOn('a')).toEqual(numbers)
})

test('retries while the bus is unreachable, without counting attempts', async () => {
  let isAway = true
  const { pass, keep, store, numbersOn, problems } = setUp({
    publish: failing(
      () => connectionFailed('refused'),
      () => isAway,
    ),
  })
  await keep(message('a', 1), message('b', 2))

  for (let attempt = 0; attempt < 20; attempt += 1) expect(await pass()).toBe(0)
  expect(await store.outbox.pending(OWNER, 10)).toMatchObject([{ attempts: 0 }, { attempts: 0 }])
  expect(problems[0]?.message).toBe('messages for a wait: Connection failed: refused')
  isAway = false
  expect(await pass()).toBe(2)

  expect([await numbersOn('a'), await numbersOn('b')]).toEqual([[1], [2]])
})

test('pauses a topic that failed and publishes the messages of other topics', async () => {
  let attempts = 0
  const { relay, keep, numbersOn } = setUp({
    publish: (real) => async (topic, events) => {
      if (topic !== 'bad') return real(topic, events)
      attempts += 1
      throw connectionFailed('refused')
    },
  })
  await keep(message('bad', 1), message('good', 1))
  await relay.pass()
  await keep(message('good', 2))
  await relay.pass()
  await relay.pass()

  expect(await numbersOn('good')).toEqual([1, 2])
  expect(attempts).toBe(1)
})

test('is not blocked by a paused topic whose messages fill a page', async () => {
  const { relay, keep, numbersOn } = setUp({
    publish: failing(
      () => connectionFailed('refused'),
      (topic) => topic === 'bad',
    ),
  })
  await keep(...Array.from({ length: 1200 }, (_, number) => message('bad', number)), message('good', 1))

  for (let pass = 0; pass < 4; pass += 1) await relay.pass()

  expect(await numbersOn('good')).toEqual([1])
})

test.each([
  ['a record that is too large', () => publishFailed('a', 'too large', { isPassing: false })],
  ['a message whose metadata is too large', undefined],
])('moves %s to the dead letters at once and publishes the next message', async (_, error) => {
  const { pass, store, numbersOn, problems } = setUp(error && { publish: failing(error, holds(2)) })
  const odd = error ? event(2) : event(2, { metadata: { extra: { note: 'x'.repeat(70_000) } } })
  await store.commit(OWNER, [
    {
      appends: [{ streamId: 'order-1', expectedVersion: 0, events: [event(1)] }],
      messages: [message('a', 1), { topic: 'a', event: odd }, message('a', 3)],
    },
  ])

  while ((await pass()) > 0);

  expect(await numbersOn('a')).toEqual([1, 3])
  expect(await store.deadLetters.list()).toMatchObject([
    { streamId: 'order-1', topic: 'a', error: expect.stringContaining("Publish failed for topic 'a'") },
  ])
  expect(problems.at(-1)?.message).toMatch(/^moved OrderPlaced.v1 from the outbox to the dead letters: /)
})

test('moves a message with an invalid topic to the dead letters', async () => {
  const { pass, keep, store, numbersOn } = setUp()
  await keep(message('no topic', 1), message('a', 2))

  await pass()

  expect(await numbersOn('a')).toEqual([2])
  expect(await store.deadLetters.list()).toMatchObject([{ topic: 'no topic' }])
})

test('moves a message to the dead letters after ten attempts, during which later messages of the topic wait', async () => {
  const { pass, keep, store, numbersOn } = setUp({ publish: failing(() => topicNotFound('a'), holds(2)) })
  await keep(message('a', 1), message('a', 2), message('a', 3))

  for (let attempt = 1; attempt <= 9; attempt += 1) {
    await pass()
    expect(await numbersOn('a')).toEqual([1])
    expect(await store.outbox.pending(OWNER, 1)).toMatchObject([{ attempts: attempt }])
  }
  while ((await pass()) > 0);

  expect(await numbersOn('a')).toEqual([1, 3])
  expect(await store.deadLetters.list()).toMatchObject([{ retryCount: 9, error: "topic 'a' does not exist" }])
})

test('ends the outage of a topic when its last message became a dead letter', async () => {
  const { pass, keep, watch } = setUp({ publish: failing(() => topicNotFound('a'), holds(2)) })
  await keep(message('a', 2))

  await pass()
  expect(watch.health.waits).toMatchObject([{ for: 'bus (a)' }])
  for (let attempt = 2; attempt <= 10; attempt += 1) await pass()

  expect(watch.counts.deadLetters).toBe(1)
  expect(watch.health).toEqual({ status: 'ok', waits: [] })
})

test('publishes messages again, in order, whose acknowledgement was lost', async () => {
  let isLost = true
  const { pass, keep, numbersOn } = setUp({
    publish: (real) => async (topic, events) => {
      const positions = await real(topic, events)
      if (!isLost) return positions
      isLost = false
      throw connectionFailed('no answer')
    },
  })
  await keep(message('a', 1), message('a', 2))
  await pass()
  await keep(message('a', 3))
  await pass()

  expect(await numbersOn('a')).toEqual([1, 2, 1, 2, 3])
})

test('publishes the stored messages before it stops', async () => {
  const { relay, keep, store, numbersOn } = setUp()
  await keep(message('a', 1))
  const running = relay.run()
  await keep(message('a', 2))
  relay.stop()
  await running

  expect(await numbersOn('a')).toEqual([1, 2])
  const lease = await store.outbox.lease(OWNER)
  expect(lease).toBeDefined()
})

test('publishes no message twice while published messages cannot be deleted', async () => {
  let failures = 3
  const away = setUp({
    outbox: {
      published(owner, ids) {
        failures -= 1
        return failures >= 0 ? Promise.reject(storeUnavailable('away')) : away.store.outbox.published(owner, ids)
      },
    },
  })
  const numbers = Array.from({ length: 600 }, (_, number) => number)
  await away.keep(...numbers.map((number) => message('a', number)))
  const running = away.relay.run()
  await expect.poll(() => failures).toBeLessThan(0)
  away.relay.stop()
  await running

  expect(await away.numbersOn('a')).toEqual(numbers)
  expect(await away.store.outbox.pending(OWNER, 1)).toEqual([])
  expect(away.problems).toHaveLength(1)
})

test('waits for messages that are being published when the store fails meanwhile', async () => {
  let isPublishing = false
  let isPublishedTwice = false
  const { relay, keep } = setUp({
    publish: (real) => async (topic, events) => {
      if (topic === 'bad') throw topicNotFound(topic)
      isPublishedTwice ||= isPublishing
      isPublishing = true
      await new Promise((resolve) => setTimeout(resolve, 20))
      isPublishing = false
      return real(topic, events)
    },
    outbox: { failed: () => Promise.reject(storeUnavailable('away')) },
  })
  await keep(message('bad', 1), message('good', 1))

  await expect(relay.pass()).rejects.toThrow('away')
  await expect(relay.pass()).rejects.toThrow('away')
  expect(isPublishedTwice).toBe(false)
})

test('waits while another process has the lease, and takes over when that process is gone', async () => {
  const { relay, keep, store, numbersOn } = setUp()
  const lease = await store.outbox.lease(OWNER)
  await keep(message('a', 1))
  const running = relay.run()
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(await numbersOn('a')).toEqual([])

  await lease?.release()
  await expect.poll(() => numbersOn('a')).toEqual([1])

  relay.stop()
  await running
})

test('does not try to take the lease for every stored message while another process has it', async () => {
  let attempts = 0
  const { relay } = setUp({
    // The clock stands still, so the wait before the next attempt never ends.
    clock: { now: () => 0, after: () => () => undefined },
    outbox: {
      async lease() {
        attempts += 1
        return undefined
      },
    },
  })
  const running = relay.run()
  for (let stored = 0; stored < 50; stored += 1) {
    relay.wake()
    await new Promise((resolve) => setImmediate(resolve))
  }
  relay.stop()
  await running

  expect(attempts).toBe(1)
})

test('retries while the store is unreachable, and rejects with any other error of the store', async () => {
  let failures = 5
  const away = setUp({
    outbox: {
      pending(...asked) {
        failures -= 1
        return failures >= 0 ? Promise.reject(storeUnavailable('away')) : away.store.outbox.pending(...asked)
      },
    },
  })
  await away.keep(message('a', 1))
  const running = away.relay.run()
  await expect.poll(() => away.numbersOn('a')).toEqual([1])
  away.relay.stop()
  await running
  expect(away.problems).toHaveLength(1)

  const broken = setUp({ outbox: { pending: () => Promise.reject(new TypeError('broken')) } })
  await expect(broken.relay.run()).rejects.toThrow('broken')
})
