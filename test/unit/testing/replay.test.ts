import { AssertionError } from 'node:assert/strict'
import { describe, expect, test } from 'vitest'
import { cborCodec, type Reducer } from '../../../src/index.ts'
import { replay, sagaHarness } from '../../../src/testing.ts'
import { makeShop } from '../../support/shop.ts'

const { order, payment, checkout } = makeShop()

/** A shop with five completed orders. */
async function recordedShop() {
  const shop = sagaHarness({ saga: checkout, aggregates: [order, payment] })
  for (let n = 0; n < 5; n += 1) {
    const place = { type: 'PlaceOrder', order_id: `o-${n}`, total: n } as const
    await shop.publish('order-commands', place, { correlationId: `c-${n}` })
  }
  await shop.settle()
  return shop
}

type Checkout = typeof checkout
const changed = (reduce: (of: Checkout['reduce']) => Checkout['reduce']): Checkout => ({
  ...checkout,
  reduce: reduce(checkout.reduce),
})

describe('replay', () => {
  test('finds no difference for the same code, and returns the states of the streams', async () => {
    await using shop = await recordedShop()
    const same = await replay({ store: shop.store, streamPrefix: 'checkout-saga-' }, checkout, { before: checkout })
    expect(same.expectSame().differences).toEqual([])
    expect(same.streams).toHaveLength(5)
    expect(same.streams.map(({ state }) => state)).toContainEqual({ status: 'completed', order_id: 'o-1' })
    const orders = await replay({ store: shop.store, streamPrefix: 'order-' }, order, { before: order })
    expect(orders.expectSame().streams).toHaveLength(5)
  })

  test('reports a changed command with its stream and event', async () => {
    await using shop = await recordedShop()
    const other = changed((reduce) => (state, action, env) => {
      const step = reduce(state, action, env)
      return action.type === 'PaymentCompleted' ? { ...step, effects: [] } : step
    })
    const streamIds = ['checkout-saga-c-1']
    const found = await replay({ store: shop.store, streamIds }, other, { before: checkout })
    expect(found.differences).toMatchObject([
      {
        kind: 'effects',
        streamId: 'checkout-saga-c-1',
        version: 2,
        eventType: 'PaymentCompleted.v1',
        before: [{ kind: 'dispatch', topic: 'order-commands', action: { type: 'ConfirmOrder' } }],
        after: [],
      },
    ])
    expect(() => found.expectSame()).toThrow(AssertionError)
    expect(() => found.expectSame()).toThrow('checkout-saga-c-1 2 (PaymentCompleted.v1): effects were')
  })

  test('reports a changed final state', async () => {
    await using shop = await recordedShop()
    const other = changed((reduce) => (state, action, env) => {
      const step = reduce(state, action, env)
      return { ...step, state: step.state === state ? state : ({ ...step.state, extra: 1 } as never) }
    })
    const { differences } = await replay(await shop.store.readStream('checkout-saga-c-1'), other, { before: checkout })
    expect(differences).toMatchObject([
      { kind: 'state', version: 3, before: { status: 'completed' }, after: { status: 'completed', extra: 1 } },
    ])
  })

  test('reports an event that is ignored now, without the code before', async () => {
    await using shop = await recordedShop()
    const deaf = { ...checkout, codec: cborCodec<never>({ OrderPlaced: 1, PaymentCompleted: 1 } as never) }
    const { differences } = await replay({ store: shop.store, streamIds: ['checkout-saga-c-1'] }, deaf as never)
    expect(differences).toEqual([
      { kind: 'ignored', streamId: 'checkout-saga-c-1', version: 3, eventType: 'OrderConfirmed.v1' },
    ])
  })

  test('reports 200,000 ignored events of one stream, without a stack overflow', async () => {
    const event = { eventType: 'Unknown.v1', eventVersion: 1, data: new Uint8Array(), metadata: null }
    const stream = Array.from({ length: 200_000 }, (_, index) => ({
      streamId: 'order-1',
      version: index + 1,
      event,
      createdAt: new Date(0),
    }))

    const { differences } = await replay(stream, order, { before: order })

    expect(differences).toHaveLength(200_000)
  })

  test('reports the event for which the reducer throws, and continues with the next stream', async () => {
    await using shop = await recordedShop()
    const throwing: Reducer<never, never> = () => {
      throw new RangeError('a hole')
    }
    const found = await replay({ store: shop.store, streamPrefix: 'checkout-saga-' }, { ...checkout, reduce: throwing })
    expect(found.differences).toHaveLength(5)
    expect(found.differences[0]).toMatchObject({
      kind: 'error',
      version: 1,
      eventType: 'OrderPlaced.v1',
      error: { message: 'a hole' },
    })
  })

  test('reduces conversations by the version they began with, and returns the commands that a migration sends', async () => {
    await using shop = await recordedShop()
    const recorded = await shop.store.readStream('checkout-saga-c-1')
    const missing = await replay(recorded, { ...checkout, version: 2 })
    expect(missing.differences).toMatchObject([
      { kind: 'error', error: { message: expect.stringContaining('add versions') } },
    ])
    const migrating = {
      ...checkout,
      version: 2,
      versions: { 1: { ...checkout, migrate: (state: object) => ({ ...state, migrated: true }) } },
      resume: () => [{ kind: 'dispatch' as const, topic: 'order-commands', action: { type: 'ConfirmOrder' } }],
    }
    const { streams, differences } = await replay(recorded, migrating as never)
    expect(differences).toEqual([])
    expect(streams).toMatchObject([
      { streamId: 'checkout-saga-c-1', version: 3, state: { migrated: true }, resumed: [{ topic: 'order-commands' }] },
    ])
  })
})
