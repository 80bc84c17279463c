import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { transportError } from '../../../src/bus/errors.ts'
import { serializedEvent } from '../../../src/bus/event.ts'
import type { EventBus, EventStream } from '../../../src/bus/event-bus.ts'
import {
  diagnostics,
  InMemoryEventBus,
  type Problem,
  runAggregate,
  runSaga,
  SqliteEventStore,
} from '../../../src/index.ts'
import { EventStoreError, versionConflict } from '../../../src/store/errors.ts'
import type { Commit, Committed, EventStore } from '../../../src/store/event-store.ts'
import { makeShop } from '../../support/shop.ts'

const { order, payment, checkout } = makeShop()

function setUp() {
  const bus = new InMemoryEventBus({ createTopics: true })
  const store = new SqliteEventStore({ path: ':memory:' })
  const problems: Problem[] = []
  const shared = { bus, store, onError: (problem: Problem) => problems.push(problem) }
  onTestFinished(async () => {
    await bus.close()
    await store.close()
  })
  const countOn = async (topic: string) =>
    Number((await bus.log.rangesOf([topic])).get(topic)?.reduce((sum, { end }) => sum + end, 0n) ?? 0n)
  return { ...shared, shared, problems, countOn }
}

const place = (order_id: string, total: number) => ({ type: 'PlaceOrder', order_id, total }) as const

/** Returns an object with some parts replaced. */
const changed = <T extends object>(target: T, changes: Partial<T>): T =>
  new Proxy(target, {
    get(object, name) {
      const part: unknown = changes[name as keyof T] ?? Reflect.get(object, name, object)
      return typeof part === 'function' ? part.bind(object) : part
    },
  })

describe('health and metrics', () => {
  test('health and metrics report handled messages, the outbox and the lag of the group', async () => {
    const { shared, bus, store } = setUp()
    await bus.admin.createTopic(order.events)
    await bus.admin.createTopic(order.commands)
    await using strict = new InMemoryEventBus({ broker: bus.broker })
    await using orders = await runAggregate({ ...shared, bus: strict, aggregate: order })
    const command = { ...order.codec.encode(place('o-1', 1)), metadata: { causationId: 'request-1' } }
    await bus.publish(order.commands, [command, command])
    await expect.poll(async () => (await orders.metrics()).published).toBe(1)
    await expect.poll(async () => (await orders.metrics()).lag).toBe(0)

    expect(orders.health()).toEqual({ status: 'ok', waits: [] })
    expect(await orders.metrics()).toEqual({
      name: 'order',
      group: 'order-aggregate',
      handled: { reacted: 1, repeated: 1, nothing: 0, rejected: 0 },
      retried: 0,
      deadLetters: 0,
      published: 1,
      outbox: expect.objectContaining({ messages: expect.any(Number) }),
      timers: 0,
      lag: 0,
    })
    await store.commit('order-aggregate', [{ appends: [], messages: [{ topic: 'missing-events', event: command }] }])
    await expect.poll(() => orders.health().status).toBe('waiting')
    expect(orders.health().waits).toMatchObject([{ for: 'bus (missing-events)' }])
    await bus.admin.createTopic('missing-events')
    await expect.poll(() => orders.health().status, { timeout: 10_000 }).toBe('ok')
  })

  test('health and metrics report that the runtime has stopped, with its error when it could not continue', async () => {
    const { shared, store } = setUp()
    const orders = await runAggregate({ ...shared, aggregate: order })
    await orders.close()
    await orders.done
    expect(orders.health()).toEqual({ status: 'stopped', waits: [], error: undefined })

    const broken = changed<EventStore>(store, {
      timers: changed(store.timers, {
        due: () => Promise.reject(new EventStoreError('STORE_MISMATCH', 'the table is another one')),
      }),
    })
    const failing = await runAggregate({ ...shared, store: broken, aggregate: order })
    await expect(failing.done).rejects.toThrow('the table is another one')
    expect(failing.health()).toEqual({ status: 'stopped', waits: [], error: 'the table is another one' })
  })
})

test('an outage of publishing is logged once when it begins and once when it ends, even when the bus has the same logger', async () => {
  const lines: string[] = []
  let onLine = () => {}
  const log = (level: string) => (fields: object, message: string) => {
    lines.push(`${level} ${message} ${JSON.stringify(fields)}`)
    onLine()
  }
  const logger = { debug: () => {}, info: log('info'), warn: log('warn'), error: log('error') }
  const { store } = setUp()
  await using bus = new InMemoryEventBus({ logger })
  for (const topic of [order.events, order.commands]) await bus.admin.createTopic(topic)
  await using orders = await runAggregate({ bus, store, logger, aggregate: order })
  const before = lines.length
  const thirdFailure = Promise.withResolvers<void>()
  let failures = 0
  const onFailure = () => {
    failures += 1
    if (failures === 3) thirdFailure.resolve()
  }
  diagnostics.publish.subscribe({ error: onFailure } as never)
  onTestFinished(() => void diagnostics.publish.unsubscribe({ error: onFailure } as never))
  const event = { ...order.codec.encode(place('o-1', 1)), metadata: {} }
  await store.commit('order-aggregate', [{ appends: [], messages: [{ topic: 'missing-events', event }] }])
  await thirdFailure.promise
  const restored = new Promise<void>((resolve) => {
    onLine = resolve
  })
  await bus.admin.createTopic('missing-events')
  await restored

  expect(orders.health().status).toBe('ok')
  expect(lines.slice(before)).toEqual([
    expect.stringMatching(/^warn messages for missing-events wait: .*"name":"order"/),
    expect.stringMatching(/^info the outage is over .*"waited_for":"bus \(missing-events\)"/),
  ])
})

describe('two aggregates and a saga', () => {
  test('two aggregates and a saga complete every checkout that a command on the bus begins', async () => {
    const { shared, bus, store, countOn, problems } = setUp()
    await using orders = await runAggregate({ ...shared, aggregate: order })
    await using payments = await runAggregate({ ...shared, aggregate: payment })
    await using saga = await runSaga({ ...shared, saga: checkout })

    for (let n = 0; n < 30; n += 1) {
      const command = { ...order.codec.encode(place(`o-${n}`, n)), metadata: { correlationId: `c-${n}` } }
      await bus.publish('order-commands', command)
    }
    await expect.poll(() => countOn('order-events'), { timeout: 10_000 }).toBe(60)
    await Promise.all([orders, payments, saga].map((running) => running.close()))

    for (let n = 0; n < 30; n += 1) {
      const stored = await store.readStream(`checkout-saga-c-${n}`)
      const last =
        n % 3 === 0 ? ['PaymentFailed.v1', 'OrderCancelled.v1'] : ['PaymentCompleted.v1', 'OrderConfirmed.v1']
      expect(stored.map(({ event }) => event.eventType)).toEqual(['OrderPlaced.v1', ...last])
    }
    expect(problems).toEqual([])
    await Promise.all([orders.done, payments.done, saga.done])
  })

  test('two aggregates and a saga begin a conversation for a command without a correlation id', async () => {
    const { shared, bus, store } = setUp()
    await using _orders = await runAggregate({ ...shared, aggregate: order })
    await using _saga = await runSaga({ ...shared, saga: checkout })

    await bus.publish('order-commands', { ...order.codec.encode(place('o-1', 1)), metadata: null })

    await expect.poll(async () => (await store.readStream('order-o-1')).length).toBe(1)
    const [placed] = await store.readStream('order-o-1')
    const correlationId = placed?.event.metadata?.correlationId
    await expect.poll(async () => (await store.readStream(`checkout-saga-${correlationId}`)).length).toBe(1)
  })
})

describe('RunningAggregate.send', () => {
  test('resolves with the stream, its version and the appended events', async () => {
    const { shared } = setUp()
    await using orders = await runAggregate({ ...shared, aggregate: order })

    expect(await orders.send(place('o-1', 1))).toEqual({
      streamId: 'order-o-1',
      version: 1,
      events: [{ type: 'OrderPlaced', order_id: 'o-1', total: 1 }],
    })
    // The reducer only publishes this event, and the runtime appends it.
    expect(await orders.send(place('o-1', 2))).toMatchObject({ version: 2, events: [{ type: 'OrderRejected' }] })
  })

  test('handles a command with the same causation id once', async () => {
    const { shared } = setUp()
    await using orders = await runAggregate({ ...shared, aggregate: order })
    const metadata = { causationId: 'request-7', correlationId: 'c-1' }

    const first = await orders.send(place('o-1', 1), metadata)
    const again = await orders.send(place('o-1', 1), metadata)

    expect(first.events).toHaveLength(1)
    expect(again).toEqual({ streamId: 'order-o-1', version: 1, events: [] })
  })

  test('rejects an unknown command, and any command after close', async () => {
    const { shared } = setUp()
    const orders = await runAggregate({ ...shared, aggregate: order })

    await expect(orders.send({ type: 'Dance' } as never)).rejects.toThrow(
      'the codec of order does not know the command Dance',
    )
    await orders.close()
    await expect(orders.send(place('o-1', 1))).rejects.toThrow('order was closed')
  })
})

describe('stopping', () => {
  test('close finishes and acknowledges messages in flight, and publishes the outbox', async () => {
    const { shared, bus, store, countOn } = setUp()
    const orders = await runAggregate({ ...shared, aggregate: order })
    const commands = Array.from({ length: 200 }, (_, n) => ({
      ...order.codec.encode(place(`o-${n}`, n)),
      metadata: null,
    }))
    await bus.publish('order-commands', commands)
    await expect.poll(async () => (await store.readStream('order-o-0')).length).toBe(1)

    await orders.close()
    await orders.close()
    await orders.done

    const done = await countOn('order-events')
    const [committed] = await bus.admin.committedOffsets('order-aggregate')
    expect(done).toBe(Number(committed?.offset))
    expect(await store.outbox.pending('order-aggregate', 1)).toEqual([])
  })

  test.each(['before', 'after'])('an aggregate stops by a signal that is aborted %s it starts', async (when) => {
    const { shared, bus } = setUp()
    const controller = new AbortController()
    if (when === 'before') controller.abort()
    const orders = await runAggregate({ ...shared, aggregate: order, signal: controller.signal })

    controller.abort()

    await expect(orders.done).resolves.toBeUndefined()
    expect(orders.health()).toEqual({ status: 'stopped', waits: [], error: undefined })
    expect(await bus.admin.describeGroup('order-aggregate')).toMatchObject({ members: [] })
  })

  test('an aggregate stops without an error when its bus is closed', async () => {
    const { shared, bus } = setUp()
    const orders = await runAggregate({ ...shared, aggregate: order })

    await bus.close()

    await expect(orders.done).resolves.toBeUndefined()
    expect(orders.health()).toEqual({ status: 'stopped', waits: [], error: undefined })
  })
})

describe('groups', () => {
  test('groups begin at the oldest event, or at the position that autoOffsetReset names', async () => {
    const { shared, bus, store } = setUp()
    await bus.publish('order-commands', { ...order.codec.encode(place('old', 1)), metadata: null })
    await using _late = await runAggregate({ ...shared, aggregate: order, group: 'late', autoOffsetReset: 'latest' })
    await bus.publish('order-commands', { ...order.codec.encode(place('new', 1)), metadata: null })
    await expect.poll(async () => (await store.readStream('order-new')).length).toBe(1)
    expect(await store.readStream('order-old')).toEqual([])

    await using _early = await runAggregate({ ...shared, aggregate: order })

    await expect.poll(async () => (await store.readStream('order-old')).length).toBe(1)
    expect((await bus.admin.listGroups()).map(({ group }) => group)).toEqual(['late', 'order-aggregate'])
  })
})

describe('timers', () => {
  test('timers fire when they are due by the given clock', async () => {
    const { shared, store } = setUp()
    const start = Date.now()
    let isLater = false
    const clock = { now: () => new Date(start + (isLater ? 31 * 60_000 : 0)) }
    await using orders = await runAggregate({ ...shared, aggregate: order, clock })
    await using _saga = await runSaga({ ...shared, saga: checkout, clock })
    await orders.send(place('o-1', 1), { correlationId: 'c-1' })
    const types = async () => (await store.readStream('checkout-saga-c-1')).map(({ event }) => event.eventType)
    await expect.poll(types).toEqual(['OrderPlaced.v1'])

    isLater = true

    await expect.poll(types, { timeout: 10_000 }).toEqual(['OrderPlaced.v1', 'PaymentTimedOut.v1', 'OrderCancelled.v1'])
    expect(await store.timers.next('checkout-saga')).toBeUndefined()
  })

  test('timers fire at once when they are due at the start', async () => {
    const { shared, store } = setUp()
    const early = { now: () => new Date(Date.now() - 3_600_000) }
    const orders = await runAggregate({ ...shared, aggregate: order })
    const first = await runSaga({ ...shared, saga: checkout, clock: early })
    await orders.send(place('o-1', 1), { correlationId: 'c-1' })
    await expect.poll(async () => (await store.readStream('checkout-saga-c-1')).length).toBe(1)
    await first.close()

    await using _second = await runSaga({ ...shared, saga: checkout })

    await expect.poll(async () => (await store.readStream('checkout-saga-c-1')).length).toBe(3)
    await orders.close()
  })
})

describe('failures', () => {
  test('records that cannot be decoded become dead letters, and the other records are handled', async () => {
    const { shared, bus, store, problems } = setUp()
    await using _orders = await runAggregate({ ...shared, aggregate: order })

    await bus.log.append('order-commands', [
      { key: null, value: Buffer.from('no envelope') },
      { key: null, value: null },
    ])
    await bus.publish('order-commands', serializedEvent('PlaceOrder.v1', Uint8Array.of(0xff)))
    await bus.publish('order-commands', { ...order.codec.encode(place('o-1', 1)), metadata: null })

    await expect.poll(() => store.deadLetters.count(), { timeout: 10_000 }).toBe(3)
    expect((await store.readStream('order-o-1')).length).toBe(1)
    expect((await store.deadLetters.list()).map(({ event, topic }) => [event.eventType, topic])).toEqual([
      ['unreadable', 'order-commands'],
      ['unreadable', 'order-commands'],
      ['PlaceOrder.v1', 'order-commands'],
    ])
    expect(problems.filter(({ message }) => message.includes('dead letter'))).toHaveLength(3)
  })

  /** Wraps a store so that commits to one stream fail with a version conflict until `release` is called. */
  function holding(store: EventStore, streamId: string) {
    let isHeld = true
    const conflicts = vi.fn()
    const held = changed<EventStore>(store, {
      async commit(owner, commits) {
        const isOfStream = (commit: Commit) => isHeld && commit.appends.some((one) => one.streamId === streamId)
        const results = [
          ...(await store.commit(
            owner,
            commits.filter((commit) => !isOfStream(commit)),
          )),
        ]
        return commits.map((commit): Committed => {
          if (!isOfStream(commit)) return results.shift() as Committed
          conflicts()
          return { ok: false, error: versionConflict(streamId, 0, 1) }
        })
      },
    })
    const release = () => {
      isHeld = false
    }
    return { held, conflicts, release }
  }

  test('a retried message delays only its stream, and the group commits no offset behind it', async () => {
    const { shared, bus, store } = setUp()
    const { held, conflicts, release } = holding(store, 'order-held')
    await using _orders = await runAggregate({ ...shared, store: held, aggregate: order })
    const command = (id: string) => ({ ...order.codec.encode(place(id, 1)), metadata: null })
    const isStored = (id: string) => expect.poll(async () => (await store.readStream(`order-${id}`)).length).toBe(1)
    const committed = async () => (await bus.admin.committedOffsets('order-aggregate'))[0]?.offset

    await bus.publish('order-commands', command('before'))
    await isStored('before')
    await bus.publish('order-commands', command('held'))
    await expect.poll(() => conflicts.mock.calls.length).toBeGreaterThan(0)
    // Each is a batch of its own, of the same partition.
    for (let n = 0; n < 5; n += 1) {
      await bus.publish('order-commands', command(`behind-${n}`))
      await isStored(`behind-${n}`)
    }

    expect(await store.readStream('order-held')).toEqual([])
    expect(await committed()).toBe(1n)
    release()
    await expect.poll(committed, { timeout: 10_000 }).toBe(7n)
    await isStored('held')
  })

  test('messages behind a retried one are recognized when they are delivered again after a crash', async () => {
    const { shared, bus, store } = setUp()
    const { held, conflicts } = holding(store, 'order-held')
    const doomed = new InMemoryEventBus({ broker: bus.broker, createTopics: true })
    const first = await runAggregate({ ...shared, bus: doomed, store: held, aggregate: order })
    const command = (id: string) => ({ ...order.codec.encode(place(id, 1)), metadata: null })
    await bus.publish('order-commands', [command('held')])
    await expect.poll(() => conflicts.mock.calls.length).toBeGreaterThan(0)
    await bus.publish('order-commands', [command('behind')])
    await expect.poll(async () => (await store.readStream('order-behind')).length).toBe(1)

    doomed.crash()
    await using _second = await runAggregate({ ...shared, aggregate: order })

    await expect.poll(async () => (await bus.admin.committedOffsets('order-aggregate'))[0]?.offset).toBe(2n)
    expect((await store.readStream('order-behind')).length).toBe(1)
    expect((await store.readStream('order-held')).length).toBe(1)
    await first.close()
  })

  test('the runtime subscribes again after a transient failure of the subscription', async () => {
    const { shared, bus, store, problems } = setUp()
    let failures = 2
    const seen: EventBus = changed<EventBus>(bus, {
      async subscribe(topics, options) {
        const stream = await bus.subscribe(topics, options)
        return changed<EventStream>(stream, {
          async takeBatch() {
            failures -= 1
            if (failures < 0) return stream.takeBatch()
            await stream.close()
            throw transportError('gone')
          },
        })
      },
    })
    await using _orders = await runAggregate({ ...shared, bus: seen, aggregate: order })

    await bus.publish('order-commands', { ...order.codec.encode(place('o-1', 1)), metadata: null })

    await expect.poll(async () => (await store.readStream('order-o-1')).length, { timeout: 10_000 }).toBe(1)
    expect(problems.map(({ message }) => message)).toEqual([
      'the subscription ended, subscribing again: Transport error: gone',
    ])
  })

  test('a subscription that is made again during close is closed at once', async () => {
    const { shared, bus } = setUp()
    const asked = Promise.withResolvers<void>()
    const answer = Promise.withResolvers<void>()
    let isFirst = true
    const seen: EventBus = changed<EventBus>(bus, {
      async subscribe(topics, options) {
        if (!isFirst) {
          asked.resolve()
          await answer.promise
        }
        const stream = await bus.subscribe(topics, options)
        if (!isFirst) return stream
        isFirst = false
        return changed<EventStream>(stream, {
          async takeBatch() {
            await stream.close()
            throw transportError('gone')
          },
        })
      },
    })
    const orders = await runAggregate({ ...shared, bus: seen, aggregate: order })
    await asked.promise

    const closing = orders.close()
    await sleep(20)
    answer.resolve()
    await closing
    await orders.done

    expect(await bus.admin.describeGroup('order-aggregate')).toMatchObject({ members: [] })
  })

  test('done rejects with a permanent failure of the subscription', async () => {
    const { shared, bus } = setUp()
    const seen = changed<EventBus>(bus, {
      subscribe: async (topics, options) =>
        changed<EventStream>(await bus.subscribe(topics, options), {
          takeBatch: () => Promise.reject(new TypeError('broken')),
        }),
    })

    const orders = await runAggregate({ ...shared, bus: seen, aggregate: order })

    await expect(orders.done).rejects.toThrow('broken')
    await expect(orders.send(place('o-1', 1))).rejects.toThrow('order was closed')
  })

  test('runAggregate rejects before it joins its group when the store has no tables', async () => {
    const { shared, bus, store } = setUp()
    const missing = new EventStoreError('STORE_NOT_READY', 'the tables are missing')
    const bare = changed<EventStore>(store, { timers: { ...store.timers, next: () => Promise.reject(missing) } })

    await expect(runAggregate({ ...shared, store: bare, aggregate: order })).rejects.toMatchObject({
      code: 'STORE_NOT_READY',
    })
    expect(await bus.admin.listGroups()).toEqual([])
  })

  test('done rejects when the store loses its tables, and the message is not committed', async () => {
    const { shared, bus, store } = setUp()
    const readStreams = vi.fn(() => Promise.reject(new EventStoreError('STORE_NOT_READY', 'the tables are gone')))
    const orders = await runAggregate({
      ...shared,
      store: changed<EventStore>(store, { readStreams }),
      aggregate: order,
    })

    await bus.publish('order-commands', { ...order.codec.encode(place('o-1', 1)), metadata: null })

    await expect(orders.done).rejects.toThrow('the tables are gone')
    const [committed] = await bus.admin.committedOffsets('order-aggregate')
    expect(committed?.offset ?? 0n).toBe(0n)
  })
})

test('done rejects when the store is closed while the aggregate runs', async () => {
  const { shared, bus, store } = setUp()
  const orders = await runAggregate({ ...shared, aggregate: order })
  await store.close()
  await bus.publish('order-commands', { ...order.codec.encode(place('o-1', 1)), metadata: null })

  await expect(orders.done).rejects.toMatchObject({ code: 'STORE_CLOSED' })
})

test('a command of a saga carries its correlation id, causation id and user id', async () => {
  const { shared, bus } = setUp()
  await using orders = await runAggregate({ ...shared, aggregate: order })
  await using _saga = await runSaga({ ...shared, saga: checkout })
  await orders.send(place('o-1', 5), { correlationId: 'c-1', userId: 'u-1' })

  const [received] = (await (await bus.subscribe(['payment-commands'], { group: 'look' })).nextBatch()) ?? []

  expect(received?.ok && received.event).toMatchObject({
    eventType: 'ChargePayment.v1',
    metadata: { correlationId: 'c-1', userId: 'u-1', causationId: expect.any(String), timestamp: expect.any(String) },
  })
})
