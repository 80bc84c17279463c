import { beforeEach, describe, expect, test } from 'vitest'
import NewAggregate from '../../src/commands/new/aggregate.ts'
import NewSaga from '../../src/commands/new/saga.ts'
import { CHECKOUT_TIMEOUT, checkoutSaga } from '../../src/demo/checkout/saga.ts'
import { inventoryAggregate } from '../../src/demo/inventory/aggregate.ts'
import { orderAggregate } from '../../src/demo/order/aggregate.ts'
import { paymentAggregate } from '../../src/demo/payment/aggregate.ts'
import { findSagas } from '../../src/operations/sagas/description/find-sagas.ts'
import { listSagas } from '../../src/operations/sagas/list.ts'
import { toMilliseconds } from '../../src/saga/duration.ts'
import { sagaHarness } from '../../src/testing.ts'
import { seededRandom } from '../unit/schema/support/random.ts'
import { createShop, run, shop } from './new-shop.ts'

beforeEach(createShop)

/** Generates the saga of the demo, and reads its description. */
async function describedCheckout() {
  const aggregates = [
    ['order', 'OrderPlaced:order_id=uuid,item=string,total=money', 'OrderCancelled:order_id=uuid,reason=string'],
    ['inventory', 'StockReserved:order_id=uuid,item=string', 'StockReleased:order_id=uuid,item=string'],
    [
      'payment',
      'PaymentCompleted:order_id=uuid,amount=money',
      'PaymentFailed:order_id=uuid,amount=money,reason=string',
    ],
  ] as const
  for (const [name, ...events] of aggregates) {
    const made = await run(NewAggregate, [name, ...events.flatMap((event) => ['--event', event]), '--no-install'])
    expect(made.exitCode, made.stderr).toBe(0)
  }
  const on = 'order-events,inventory-events,payment-events'
  const words = ['--on', on, '--field', 'CompletePayment.amount=total', '--timeout', CHECKOUT_TIMEOUT, '--no-install']
  const made = await run(NewSaga, ['checkout', ...words])
  expect(made.exitCode, made.stderr).toBe(0)
  const found = await findSagas({ cwd: shop })
  if (!found.ok) throw new Error(found.reason)
  return found.files
}

/** The state that crbus should find, by the state of the saga itself. Without a saga, an open conversation gets stuck. */
const expectedOf = (status: string, isAbandoned: boolean): string => {
  const ended: Readonly<Record<string, string>> = { completed: 'completed', failed: 'compensated', stuck: 'stuck' }
  return ended[status] ?? (isAbandoned ? 'stuck' : 'running')
}

const RUNS = 40
const START = Date.UTC(2026, 0, 1)
/** How far the clock of the saga advances before its conversations are judged, in time-outs of a step. */
const ADVANCES = [0, 0.3, 1.5, 2.5, 10, 30, 120]
const TIMEOUT_SECONDS = toMilliseconds(CHECKOUT_TIMEOUT) / 1000
/** How far it advances afterwards, without the saga. */
const ABANDONED_MS = 240 * toMilliseconds(CHECKOUT_TIMEOUT)

describe('the description that new saga writes', () => {
  test('names the code, and only events of the topics and the saga', async () => {
    const [file] = await describedCheckout()
    expect(file?.definition).toMatchObject({
      ...{ saga: 'checkout', startedBy: ['OrderPlaced'], code: 'src/checkout/saga.ts#checkoutSaga' },
      commands: ['order-commands', 'inventory-commands', 'payment-commands'],
    })
    const types = new Set(file?.definition.expects.flatMap(({ after, oneOf }) => [after, ...oneOf]))
    expect([...types].sort()).toEqual([
      ...['CheckoutCompleted', 'CheckoutFailed', 'CheckoutStuck', 'CheckoutTimedOut', 'OrderCancelled', 'OrderPlaced'],
      ...['PaymentCompleted', 'PaymentFailed', 'StockReleased', 'StockReserved'],
    ])
  })

  test('judges seeded runs with faults as the saga itself does, and finds every conversation that it abandons', {
    timeout: 60_000,
  }, async () => {
    const files = await describedCheckout()
    const random = seededRandom(15)
    const wrong: unknown[] = []
    const counts = new Map<string, { right: number; found: number; expected: number }>()
    const countsOf = (state: string) => {
      const own = counts.get(state) ?? { right: 0, found: 0, expected: 0 }
      counts.set(state, own)
      return own
    }
    for (let seed = 1; seed <= RUNS; seed += 1) {
      await using harness = sagaHarness({
        saga: checkoutSaga,
        aggregates: [orderAggregate, inventoryAggregate, paymentAggregate],
        ...{ seed, start: new Date(START) },
        faults: { duplicate: 0.2, reorder: 0.2, drop: 0.2, lose: random.pick([0, 0.2, 0.6]), crash: 0.02 },
      })
      const ids = ['c-1', 'c-2', 'c-3', 'c-4']
      for (const [at, id] of ids.entries()) {
        const order = { order_id: `${id}-${seed}`, item: 'book', total: at === 3 ? 900_000 : 100 }
        const metadata = { correlationId: id, timestamp: new Date(START).toISOString() }
        await harness.publish('order-commands', { type: 'PlaceOrder', ...order }, metadata)
      }
      await harness.settle()
      const seconds = random.pick(ADVANCES) * TIMEOUT_SECONDS
      if (seconds > 0) await harness.advance(`${seconds}s`)
      const store = {
        store: harness.store,
        hasOutbox: true,
        hasDeadLetters: true,
        [Symbol.asyncDispose]: async () => {},
      }
      for (const later of [0, ABANDONED_MS]) {
        const now = START + seconds * 1000 + later
        const request = { files, now, signal: new AbortController().signal }
        const { instances } = await listSagas(harness.bus, { ...request, store })
        for (const id of ids) {
          const { status } = await harness.stateOf(id)
          // The saga never heard of the conversation, because its first event was lost.
          if (status === 'new') continue
          const expected = expectedOf(status, later > 0)
          const found = instances.find(({ correlationId }) => correlationId === id)?.state ?? 'missing'
          countsOf(found).found += 1
          countsOf(expected).expected += 1
          if (found === expected) countsOf(expected).right += 1
          else wrong.push({ seed, id, seconds, later, status, expected, found })
        }
      }
    }
    for (const [state, { right, found, expected }] of counts) {
      process.stdout.write(
        `${state}: precision ${(right / found).toFixed(3)}, recall ${(right / expected).toFixed(3)} of ${expected}\n`,
      )
    }
    expect(wrong).toEqual([])
    expect([...counts.keys()].sort()).toEqual(['compensated', 'completed', 'running', 'stuck'])
  })
})
