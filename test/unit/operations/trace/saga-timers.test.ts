import { expect, test } from 'vitest'
import { checkoutSaga } from '../../../../src/demo/checkout/saga.ts'
import { inventoryAggregate } from '../../../../src/demo/inventory/aggregate.ts'
import { orderAggregate } from '../../../../src/demo/order/aggregate.ts'
import { buildTrace } from '../../../../src/operations/trace/build-trace.ts'
import { gatherConversation } from '../../../../src/operations/trace/gather.ts'
import { firedTimers } from '../../../../src/operations/trace/stored/saga-timers.ts'
import { sagaHarness } from '../../../../src/testing.ts'
import { formatTrace } from '../../../../src/ui/trace/format-trace.ts'
import { traceDocument } from '../../../../src/ui/trace/trace-document.ts'

const START = Date.UTC(2026, 10, 23, 9)

/** A checkout whose payment never answers, so that its saga gives up after an hour and undoes the steps before. */
async function timedOutCheckout() {
  const harness = sagaHarness({
    saga: checkoutSaga,
    aggregates: [orderAggregate, inventoryAggregate],
    start: new Date(START),
  })
  const order = { type: 'PlaceOrder', order_id: 'o-1', item: 'book', total: 100 }
  await harness.publish('order-commands', order, { correlationId: 'c-1', timestamp: new Date(START).toISOString() })
  await harness.settle()
  await harness.advance('2h')
  return harness
}

async function traceOf({ bus, store }: Awaited<ReturnType<typeof timedOutCheckout>>, hasStore: boolean) {
  const gathered = await gatherConversation(bus, {
    ...{ correlationId: 'c-1', limit: 1000, reading: {}, signal: new AbortController().signal, onNotice: () => {} },
    ...(hasStore && { store }),
  })
  const { topics } = gathered.read
  const options = { correlationId: 'c-1', topics, isComplete: true, now: START, overdue: 60_000 }
  return { trace: buildTrace(gathered.messages, options), read: gathered.read }
}

test('a timer that fired is a message of the conversation, with what the saga sent because of it below', async () => {
  await using harness = await timedOutCheckout()
  const { trace, read } = await traceOf(harness, true)
  const timers = trace.messages.filter(({ message }) => message.kind === 'timer')
  expect(timers).toMatchObject([
    {
      ...{ from: 'checkout', to: 'checkout', time: START + 3_600_000 },
      message: {
        topic: 'checkout-saga-c-1',
        event: { eventType: 'CheckoutTimedOut.v1' },
        payload: { value: { step: 'payment' } },
      },
    },
  ])
  const effects = trace.messages.filter(({ cause }) => cause === timers[0]?.index)
  expect(effects.map(({ from, message }) => `${from} ${message.event?.eventType}`).sort()).toEqual([
    'checkout CancelOrder.v1',
    'checkout ReleaseStock.v1',
  ])
  expect(trace.findings).toEqual([])
  const text = [...formatTrace(traceDocument(trace, read), { color: false, timeZone: 'utc', suggestionText: () => '' })]
  expect(text.join('')).toMatch(/^10:00:00\.000 CheckoutTimedOut\.v1 timer of checkout \{"step":"payment"\}$/m)
})

test.each(['c\0', 'c\ud800'])('a correlation id that no stream can have (%j) has no timers', async (correlationId) => {
  await using harness = await timedOutCheckout()
  const search = { correlationId, topics: ['checkout-events'], reading: {} }
  expect(await firedTimers(harness.store, search)).toEqual([])
})

test('without the event store, the effects of a timer have no known cause', async () => {
  await using harness = await timedOutCheckout()
  const { trace } = await traceOf(harness, false)
  expect(trace.messages.filter(({ message }) => message.kind === 'timer')).toEqual([])
  expect(trace.findings).toMatchObject([{ code: 'orphan' }])
})
