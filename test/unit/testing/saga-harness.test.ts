import { describe, expect, test } from 'vitest'
import type { SerializedEvent } from '../../../src/bus/event.ts'
import { decodeEnvelope } from '../../../src/codecs/envelope.ts'
import { messageId } from '../../../src/codecs/message-id.ts'
import { cborCodec, delay, dispatch, type Saga } from '../../../src/index.ts'
import { type Faults, type SagaHarness, type Said, sagaHarness } from '../../../src/testing.ts'
import { makeShop, paymentFails } from '../../support/shop.ts'

const { order, payment, checkout } = makeShop()

const shopOf = (seed: number, faults: Faults = {}) =>
  sagaHarness({ saga: checkout, aggregates: [order, payment], seed, faults })

async function placeOrders(shop: SagaHarness<unknown>, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) {
    await shop.publish(
      'order-commands',
      { type: 'PlaceOrder', order_id: `o-${n}`, total: n },
      { correlationId: `c-${n}` },
    )
  }
}

/** Returns the events on a topic without copies. */
async function eventsOn({ bus }: SagaHarness<unknown>, topic: string): Promise<SerializedEvent[]> {
  const ranges = (await bus.log.rangesOf([topic])).get(topic) ?? []
  const slices = ranges.map(({ partition, end }) => ({ topic, partition, from: 0n, to: end }))
  const events = new Map<string, SerializedEvent>()
  for await (const records of bus.log.read(slices)) {
    for (const { value } of records) {
      const decoded = decodeEnvelope(value ?? new Uint8Array())
      if (decoded.ok) events.set(messageId(decoded.event), decoded.event)
    }
  }
  return [...events.values()]
}

async function storedOf({ store }: SagaHarness<unknown>, streamPrefix: string): Promise<SerializedEvent[]> {
  const events: SerializedEvent[] = []
  for await (const batch of store.readAll({ streamPrefix })) for (const { event } of batch) events.push(event)
  return events
}

const multiset = (events: readonly SerializedEvent[]): string[] => events.map(messageId).sort()

async function expectExactlyOnce(shop: SagaHarness<unknown>, count: number): Promise<void> {
  const outcomes = await Promise.all(Array.from({ length: count }, (_, n) => shop.stateOf(`c-${n}`)))
  expect(outcomes).toEqual(
    Array.from({ length: count }, (_, n) => ({
      status: paymentFails(n) ? 'compensated' : 'completed',
      order_id: `o-${n}`,
    })),
  )
  const happened = (await shop.sent('order-events')).map(
    (event) => `${(event as { order_id?: string }).order_id} ${event.type}`,
  )
  const expected = Array.from({ length: count }, (_, n) => [
    `o-${n} OrderPlaced`,
    `o-${n} ${paymentFails(n) ? 'OrderCancelled' : 'OrderConfirmed'}`,
  ])
  expect(happened.sort()).toEqual(expected.flat().sort())
  // The published events equal the stored events, byte for byte.
  for (const [topic, prefix] of [
    ['order-events', 'order-'],
    ['payment-events', 'payment-'],
  ] as const) {
    const [onTopic, stored] = [await eventsOn(shop, topic), await storedOf(shop, prefix)]
    expect(multiset(onTopic)).toEqual(multiset(stored))
  }
  for (const topic of ['order-events', 'order-commands', 'payment-events', 'payment-commands'])
    expect(await eventsOn(shop, topic)).toHaveLength(
      topic === 'order-events' || topic === 'order-commands' ? 2 * count : count,
    )
}

// Each test runs hundreds of checkouts.
describe('checkouts in the harness', { timeout: 60_000 }, () => {
  const faultsByName: [string, Faults][] = [
    ['no faults', {}],
    ['duplicates', { duplicate: 0.5 }],
    ['reordered records', { reorder: 0.5 }],
    ['dropped deliveries', { drop: 0.5 }],
    ['crashes', { crash: 0.08 }],
    ['all faults', { duplicate: 0.3, reorder: 0.3, drop: 0.3, crash: 0.05 }],
  ]

  test.each(faultsByName)('checkouts in the harness end exactly once with %s', async (_, faults) => {
    for (let seed = 1; seed <= 25; seed += 1) {
      await using shop = shopOf(seed, faults)
      await placeOrders(shop, 9)
      await shop.settle()
      await expectExactlyOnce(shop, 9)
    }
  })

  test('checkouts in the harness end exactly once when 150 run at a time with all faults', async () => {
    await using shop = shopOf(7, { duplicate: 0.2, reorder: 0.2, drop: 0.2, crash: 0.02 })
    await placeOrders(shop, 150)
    await shop.settle()
    await expectExactlyOnce(shop, 150)
  })
})

describe('the clock of the harness', () => {
  test('the clock of the harness moves only by advance, and fires the timers on the way', async () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      await using shop = sagaHarness({ saga: checkout, aggregates: [order], seed, faults: { crash: 0.05 } })
      await placeOrders(shop, 3)
      await shop.advance('29m')
      expect(await shop.stateOf('c-1')).toEqual({ status: 'charging', order_id: 'o-1' })
      await shop.advance('1m')

      // No service handles the payment commands.
      expect(await shop.stateOf('c-1')).toEqual({ status: 'compensated', order_id: 'o-1' })
      expect((await shop.sent('order-events')).filter(({ type }) => type === 'OrderCancelled')).toHaveLength(3)
      await shop.advance('2h')
      expect(await shop.sent('payment-commands')).toHaveLength(3)
    }
  })

  test('a late payment is refunded once', async () => {
    await using shop = sagaHarness({ saga: checkout, aggregates: [order], faults: { duplicate: 0.5 } })
    await placeOrders(shop, 2)
    await shop.advance('30m')

    await shop.publish(
      'payment-events',
      { type: 'PaymentCompleted', order_id: 'o-1', amount: 1 },
      { correlationId: 'c-1' },
    )
    await shop.settle()

    expect((await shop.sent('payment-commands')).slice(2)).toEqual([{ type: 'RefundPayment', order_id: 'o-1' }])
    expect(await shop.stateOf('c-1')).toEqual({ status: 'compensated', order_id: 'o-1' })
  })
})

describe('sagaHarness', () => {
  test('lets the test answer for the aggregates', async () => {
    await using shop = sagaHarness({ saga: checkout })
    await shop.publish('order-events', { type: 'OrderPlaced', order_id: 'o-1', total: 2 }, { correlationId: 'c-1' })
    await shop.settle()
    expect(await shop.sent('payment-commands')).toEqual([{ type: 'ChargePayment', order_id: 'o-1', amount: 2 }])
    await shop.publish(
      'payment-events',
      { type: 'PaymentCompleted', order_id: 'o-1', amount: 2 },
      { correlationId: 'c-1' },
    )
    await shop.settle()

    expect(await shop.stateOf('c-1')).toEqual({ status: 'confirming', order_id: 'o-1' })
    expect(await shop.stateOf('nobody')).toEqual({ status: 'idle' })
  })

  test('repeats the run for the same seed, and makes another run for another seed', async () => {
    const runOf = async (seed: number) => {
      await using shop = shopOf(seed, { duplicate: 0.3, reorder: 0.3, drop: 0.3, crash: 0.05 })
      await placeOrders(shop, 6)
      await shop.settle()
      return JSON.stringify(await shop.sent('payment-commands'))
    }

    expect(await runOf(3)).toBe(await runOf(3))
    expect(new Set([await runOf(1), await runOf(2), await runOf(3), await runOf(4)]).size).toBeGreaterThan(1)
  })

  test('settle rejects with the event and the error of a dead letter', async () => {
    const broken = {
      ...checkout,
      reduce: () => {
        throw new TypeError('a hole in the reducer')
      },
    }
    await using shop = sagaHarness({ saga: broken, aggregates: [order, payment] })
    await placeOrders(shop, 1)

    await expect(shop.settle()).rejects.toThrow('OrderPlaced.v1 became a dead letter: a hole in the reducer')
  })

  test('settle rejects for a saga that answers itself without end', async () => {
    type Ping = { readonly type: 'Ping' }
    const loop: Saga<number, Ping> = {
      name: 'loop',
      topics: ['pings'],
      initial: 0,
      reduce: (count) => ({ state: count + 1, effects: [dispatch('pings', { type: 'Ping' })] }),
      codec: cborCodec<Ping>({ Ping: 1 }),
    }
    await using shop = sagaHarness({ saga: loop, mostSteps: 500 })
    await shop.publish('pings', { type: 'Ping' }, { correlationId: 'c-1' })

    await expect(shop.settle()).rejects.toThrow('messages still wait after')
  })
})

// Each test handles thousands of messages.
describe('a conversation without an end', { timeout: 60_000 }, () => {
  type Turn = { readonly type: 'Asked' | 'Answered' | 'Waited' }
  const codec = cborCodec<Turn>({ Asked: 1, Answered: 1, Waited: 1 })
  const asking: Saga<number, Turn> = {
    name: 'asking',
    topics: ['answers'],
    initial: 0,
    reduce: (count) => ({ state: count + 1, effects: [dispatch('questions', { type: 'Asked' })] }),
    codec,
  }
  const waiting: Saga<number, Turn> = {
    ...asking,
    name: 'waiting',
    reduce: (count) => ({ state: count + 1, effects: [delay('1s', { type: 'Waited' })] }),
  }
  const answer = (): Said => ({ topic: 'answers', action: { type: 'Answered' } })

  test('a conversation without an end makes settle reject after 1,000 messages, with its stream id and the repeated event types', async () => {
    await using harness = sagaHarness({ saga: asking, answer })
    await harness.publish('answers', { type: 'Answered' }, { correlationId: 'c-1' })

    await expect(harness.settle()).rejects.toThrow(
      'the conversation asking-saga-c-1 does not end: it handled more than 1000 messages, the last ones Answered.v1; ' +
        'if that is expected, raise mostMessages',
    )
    expect((await harness.sent('questions')).length).toBeLessThanOrEqual(1001)
  })

  test('a conversation without an end makes runOut and advance reject when it only sets timers', async () => {
    await using harness = sagaHarness({ saga: waiting, mostMessages: 20 })
    await harness.publish('answers', { type: 'Answered' }, { correlationId: 'c-1' })

    await expect(harness.advance('1h')).rejects.toThrow('more than 20 messages, the last ones Answered.v1, Waited.v1')
    await expect(harness.runOut()).rejects.toThrow('more than 20 messages, the last ones Waited.v1')
  })

  test('a conversation without an end is not reported when each call handles fewer messages, however many calls there are', async () => {
    await using harness = sagaHarness({ saga: waiting, mostMessages: 20 })
    await harness.publish('answers', { type: 'Answered' }, { correlationId: 'c-1' })
    for (let seconds = 0; seconds < 50; seconds += 10) await harness.advance('10s')

    expect(await harness.stateOf('c-1')).toBe(51)
  })

  test('a conversation without an end is not reported for many conversations that each handle few messages', async () => {
    await using shop = sagaHarness({ saga: checkout, aggregates: [order, payment], mostMessages: 3 })
    await placeOrders(shop, 20)
    await shop.settle()
    await expectExactlyOnce(shop, 20)
  })
})

describe('expectEnded', () => {
  test('passes when answers are lost, since time-outs end the conversations', async () => {
    for (let seed = 1; seed <= 10; seed += 1) {
      await using shop = shopOf(seed, { lose: 0.3, crash: 0.05 })
      await placeOrders(shop, 6)
      await shop.expectEnded((state) =>
        ['completed', 'compensated', 'compensating', 'confirming'].includes(state.status),
      )
    }
  })

  test('names the conversations that have not ended', async () => {
    const { reduce } = checkout
    // Without its time-out, the saga waits for a payment forever.
    const hanging: typeof checkout = {
      ...checkout,
      reduce(state, action, env) {
        const step = reduce(state, action, env)
        return { ...step, effects: step.effects.filter(({ kind }) => kind !== 'delay') }
      },
    }
    await using shop = sagaHarness({ saga: hanging, aggregates: [order] })
    await placeOrders(shop, 1)
    await expect(shop.expectEnded(({ status }) => status === 'compensated')).rejects.toThrow(
      "these conversations have not ended:\ncheckout-saga-c-0 { status: 'charging', order_id: 'o-0' }",
    )
  })

  test('passes the messages of a conversation to the check, including those that answer plays', async () => {
    const answer = ({ type, order_id }: { type: string; order_id?: string }, topic: string) =>
      type === 'ChargePayment' && topic === 'payment-commands'
        ? { topic: 'payment-events', action: { type: 'PaymentFailed', order_id, reason: 'declined' } }
        : undefined
    await using shop = sagaHarness({ saga: checkout, answer, faults: { duplicate: 0.5, crash: 0.1 } })
    await shop.publish('order-events', { type: 'OrderPlaced', order_id: 'o-1', total: 2 }, { correlationId: 'c-1' })
    await shop.expectEnded((state, said) => {
      expect(said.map(({ topic, action }) => `${topic} ${action.type}`).sort()).toEqual([
        'order-commands CancelOrder',
        'payment-commands ChargePayment',
      ])
      return state.status === 'compensating'
    })
  })

  test('rejects for a saga that sets timers without end', async () => {
    type Tick = { readonly type: 'Tick' }
    const ticking: Saga<number, Tick> = {
      name: 'ticking',
      topics: ['ticks'],
      initial: 0,
      reduce: (count) => ({ state: count + 1, effects: [delay('1s', { type: 'Tick' })] }),
      codec: cborCodec<Tick>({ Tick: 1 }),
    }
    await using shop = sagaHarness({ saga: ticking, mostSteps: 50 })
    await shop.publish('ticks', { type: 'Tick' }, { correlationId: 'c-1' })
    await expect(shop.runOut()).rejects.toThrow('timers are still set after 50 timers')
  })
})
