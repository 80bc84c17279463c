import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { EventBus } from '../../../src/bus/event-bus.ts'
import { EmbeddedEventBus } from '../../../src/drivers/embedded/embedded-event-bus.ts'
import {
  InMemoryEventBus,
  messageId,
  openEventStore,
  runAggregate,
  runSaga,
  serializedEvent,
} from '../../../src/index.ts'
import { expectConversation, traceOf } from '../../../src/testing.ts'
import { makeShop } from '../../support/shop.ts'

function embeddedBus(): EventBus {
  const folder = mkdtempSync(join(tmpdir(), 'crbus-conversation-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  return new EmbeddedEventBus({ path: join(folder, 'bus.db') })
}

/** Runs two aggregates and a saga until the test ends. */
async function openShop(bus: EventBus) {
  const store = await openEventStore(':memory:')
  const { order, payment, checkout } = makeShop()
  for (const { events, commands } of [order, payment]) {
    await bus.admin.createTopic(events)
    await bus.admin.createTopic(commands)
  }
  const onError = ({ message }: { message: string }) => expect.fail(message)
  const running = [
    await runAggregate({ bus, store, aggregate: order, onError }),
    await runAggregate({ bus, store, aggregate: payment, onError }),
    await runSaga({ bus, store, saga: checkout, onError }),
  ]
  onTestFinished(async () => {
    for (const part of running) await part.close()
    await store.close()
    await bus.close()
  })
  const place = (number: number, total: number) =>
    bus.publish(order.commands, {
      ...order.codec.encode({ type: 'PlaceOrder', order_id: `o-${number}`, total }),
      metadata: { correlationId: `c-${number}`, causationId: `request-${number}` },
    })
  return { bus, place }
}

const CONFIRMED = `
  PlaceOrder
    OrderPlaced
      ChargePayment
        PaymentCompleted
          ConfirmOrder
            OrderConfirmed
`

const buses: readonly (readonly [string, () => EventBus])[] = [
  ['in memory', () => new InMemoryEventBus()],
  ['in a file', embeddedBus],
]

describe.each(buses)('on a bus %s', (_, open) => {
  test('expectConversation waits for a service that is still at work', async () => {
    const { bus, place } = await openShop(open())
    await place(1, 100)
    const { messages } = await expectConversation(bus, 'c-1', CONFIRMED)
    expect(messages.map(({ data }) => (data as { order_id: string }).order_id)).toEqual(Array(6).fill('o-1'))
  })

  test('a payment that fails is another conversation', async () => {
    const { bus, place } = await openShop(open())
    await place(2, 99)
    const { faults } = await expectConversation(
      bus,
      'c-2',
      `PlaceOrder
         OrderPlaced
           ChargePayment.v1
             PaymentFailed.v1
               CancelOrder
                 OrderCancelled`,
    )
    expect(faults).toEqual([])
    await expect(expectConversation(bus, 'c-2', CONFIRMED, { within: '1ms' })).rejects.toThrow(
      /conversation 'c-2' is not as expected after 1 ms: its messages differ[\s\S]*PaymentCompleted[\s\S]*found:[\s\S]*PaymentFailed/,
    )
  })
})

async function publishedTwice(): Promise<EventBus> {
  const bus = new InMemoryEventBus({ createTopics: true })
  onTestFinished(() => bus.close())
  const at = (second: number) => ({ correlationId: 'c-1', timestamp: `2026-11-23T10:00:0${second}.000Z` })
  const place = serializedEvent('PlaceOrder.v1', Buffer.from('{"order_id":"o-1"}'), at(0))
  const placed = serializedEvent('OrderPlaced.v2', place.data, { ...at(1), causationId: messageId(place) })
  const shipped = serializedEvent('OrderShipped.v1', place.data, { ...at(2), causationId: messageId(place) })
  await bus.publish('order-commands', place)
  await bus.publish('order-events', [placed, placed, shipped])
  return bus
}

test('a message that was published twice is a fault, unless it is allowed', async () => {
  const bus = await publishedTwice()
  const tree = 'PlaceOrder\n  OrderShipped\n  OrderPlaced'
  await expect(expectConversation(bus, 'c-1', tree, { within: 0 })).rejects.toThrow(
    /it has faults:\n {2}duplicate: OrderPlaced.v2 \(order-events\[\d\]@1\)/,
  )
  const { messages } = await expectConversation(bus, 'c-1', tree, { within: 0, allow: ['duplicate'] })
  expect(messages.map(({ isCopy }) => isCopy)).toEqual([false, false, true, false])
})

test('traceOf links causes and effects', async () => {
  const { messages, tree, faults } = await traceOf(await publishedTwice(), 'c-1')
  const [command, placed] = messages
  expect(command).toMatchObject({ kind: 'command', topic: 'order-commands', data: { order_id: 'o-1' } })
  expect(placed?.cause).toBe(command)
  expect(command?.effects.map(({ eventType }) => eventType)).toEqual([
    'OrderPlaced.v2',
    'OrderPlaced.v2',
    'OrderShipped.v1',
  ])
  expect(tree).toBe('PlaceOrder.v1\n  OrderPlaced.v2\n  OrderShipped.v1')
  expect(faults.map(({ code, messages }) => [code, messages.length])).toEqual([['duplicate', 1]])
})

test('a conversation without messages has an empty tree', async () => {
  const bus = await publishedTwice()
  expect(await traceOf(bus, 'c-9')).toMatchObject({ messages: [], tree: '', faults: [] })
  await expect(expectConversation(bus, 'c-9', 'PlaceOrder', { within: 0 })).rejects.toThrow('its messages differ')
})

test('a version in the expected tree must be that of the message', async () => {
  const bus = await publishedTwice()
  const allow = ['duplicate'] as const
  const tree = (type: string) => `PlaceOrder\n  ${type}\n  OrderShipped`
  await expectConversation(bus, 'c-1', tree('OrderPlaced.v2'), { within: 0, allow })
  await expect(expectConversation(bus, 'c-1', tree('OrderPlaced.v1'), { within: 0, allow })).rejects.toThrow('differ')
})

test('a tree whose lines are not aligned is refused', async () => {
  const bus = await publishedTwice()
  const trees = ['A\n    B\n  C', 'A\n\t B']
  for (const tree of trees) await expect(expectConversation(bus, 'c-1', tree)).rejects.toThrow(TypeError)
})
