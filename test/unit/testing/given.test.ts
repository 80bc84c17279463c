import { AssertionError } from 'node:assert/strict'
import { describe, expect, test } from 'vitest'
import { append, delay, dispatch, none, publish, type Reducer, reject } from '../../../src/index.ts'
import { given } from '../../../src/testing.ts'
import { makeShop } from '../../support/shop.ts'

const { order, payment, checkout } = makeShop()

const placed = { type: 'OrderPlaced', order_id: 'o-1', total: 5 } as const

describe('given an aggregate', () => {
  test('begins from the initial state', () => {
    given(order)
      .when({ type: 'PlaceOrder', order_id: 'o-1', total: 5 })
      .expect([append(placed), publish('order-events', placed)])
      .expectEvents([placed])
      .expectState({ status: 'placed' })
  })

  test('begins from a list of events', () => {
    given(order, [placed])
      .when({ type: 'ConfirmOrder', order_id: 'o-1' })
      .expectEvents([{ type: 'OrderConfirmed', order_id: 'o-1' }])
  })

  test('begins from a state', () => {
    given(order, { status: 'cancelled' })
      .when({ type: 'ConfirmOrder', order_id: 'o-1' })
      .expect([])
      .expectEvents([])
      .expectState({ status: 'cancelled' })
  })

  test('appends an event that is only published, as the runtime does', () => {
    const rejected = { type: 'OrderRejected', order_id: 'o-1', reason: 'it is placed already' } as const

    given(order, [placed])
      .when({ type: 'PlaceOrder', order_id: 'o-1', total: 5 })
      .expect([publish('order-events', rejected)])
      .expectEvents([rejected])
  })

  test('returns the events of the whole step, and only the effects that the command returned', () => {
    const event = { type: 'PaymentFailed', order_id: 'o-1', reason: 'card declined' } as const

    given(payment)
      .when({ type: 'ChargePayment', order_id: 'o-1', amount: 3 })
      .expect([append(event)])
      .expectState({ status: 'failed' })
    given(payment)
      .when(event)
      .expect([publish('payment-events', event)])
  })
})

describe('given an aggregate that rejects a command', () => {
  const strict: typeof order = {
    ...order,
    reduce: (state, action, env) =>
      action.type === 'CancelOrder' && state.status === 'new'
        ? { state, effects: [reject('the order is not placed')] }
        : order.reduce(state, action, env),
  }
  const cancel = { type: 'CancelOrder', order_id: 'o-1', reason: 'r' } as const

  test('expectRejected checks the reason, and state and events are unchanged', () => {
    given(strict)
      .when(cancel)
      .expectRejected()
      .expectRejected('the order is not placed')
      .expect([reject('the order is not placed')])
      .expectEvents([])
      .expectState({ status: 'new' })
    given(strict.reduce, strict.initial).when(cancel).expectRejected('the order is not placed')
  })

  test('expectRejected fails without a rejection, and for another reason', () => {
    expect(() => given(strict, [placed]).when(cancel).expectRejected()).toThrow('the command was not rejected')
    expect(() => given(strict).when(cancel).expectRejected('it is too late')).toThrow(AssertionError)
    expect(given(strict, [placed]).when(cancel).rejected).toBeUndefined()
  })
})

describe('given a saga', () => {
  test('begins from a list of actions', () => {
    given(checkout)
      .when(placed)
      .expect([
        dispatch('payment-commands', { type: 'ChargePayment', order_id: 'o-1', amount: 5 }),
        delay('30m', { type: 'PaymentTimedOut', order_id: 'o-1' }),
      ])
      .expectState({ status: 'charging', order_id: 'o-1' })
    given(checkout, [placed, { type: 'PaymentFailed', order_id: 'o-1', reason: 'no money' }])
      .when({ type: 'OrderCancelled', order_id: 'o-1', reason: 'no money' })
      .expect([])
      .expectState({ status: 'compensated', order_id: 'o-1' })
    given(checkout, [placed])
      .when({ type: 'PaymentTimedOut', order_id: 'o-1' })
      .expect([
        dispatch('order-commands', { type: 'CancelOrder', order_id: 'o-1', reason: 'the payment took too long' }),
      ])
  })

  test('given a saga has no state after a reducer that returns none', () => {
    const reduce = (() => ({ effects: [] })) as unknown as typeof checkout.reduce

    expect(given({ ...checkout, reduce }).when(placed).state).toBeUndefined()
  })
})

describe('given a reducer', () => {
  test('returns the state and the effects of the reducer', () => {
    given(order.reduce, { status: 'new' })
      .when({ type: 'PlaceOrder', order_id: 'o-1', total: 5 })
      .expectState({ status: 'new' })
      .expectEvents([placed])
  })

  test('throws a TypeError without a state', () => {
    expect(() => given(order.reduce).when(placed)).toThrow('a reducer alone has no initial state')
  })

  test('passes the clock and the environment to the reducer', () => {
    type Env = { readonly rate: number }
    const reduce: Reducer<string, { readonly type: 'Tell' }, Env> = (_, __, { now, rate }) => ({
      state: `${now().toISOString()} ${rate}`,
      effects: [none],
    })

    given(reduce, '').when({ type: 'Tell' }, { rate: 2 }).expect([]).expectState('2025-01-01T00:00:00.000Z 2')
    given(reduce, '')
      .when({ type: 'Tell' }, { rate: 3, now: () => new Date(0) })
      .expectState('1970-01-01T00:00:00.000Z 3')
  })
})

describe('a failed expectation', () => {
  const outcome = given(order).when({ type: 'PlaceOrder', order_id: 'o-1', total: 5 })
  const differs = (work: () => unknown): string => {
    try {
      work()
    } catch (error) {
      expect(error).toBeInstanceOf(AssertionError)
      return (error as Error).message
    }
    throw new Error('it was taken for right')
  }

  test('a failed expectation of effects shows the difference', () => {
    const message = differs(() => outcome.expect([append({ ...placed, total: 6 }), publish('order-events', placed)]))

    expect(message).toMatch(/^\+ +total: 5,$/m)
    expect(message).toMatch(/^- +total: 6,$/m)
  })

  test('a failed expectation of effects shows missing and unexpected effects', () => {
    expect(differs(() => outcome.expect([]))).toMatch(/kind: 'publish'/)
    expect(differs(() => outcome.expect([...outcome.effects, publish('more', placed)]))).toMatch(/^- +topic: 'more'$/m)
  })

  test('a failed expectation of state or events shows both values', () => {
    expect(differs(() => outcome.expectState({ status: 'new' }))).toMatch(/^\+ +status: 'placed'\n- +status: 'new'$/m)
    expect(differs(() => outcome.expectEvents([]))).toMatch(/type: 'OrderPlaced'/)
  })

  test('an expectation fails for effects in another order', () => {
    differs(() => outcome.expect([...outcome.effects].reverse()))
  })
})
