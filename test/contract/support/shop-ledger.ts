import { expect } from 'vitest'
import type { SerializedEvent } from '../../../src/bus/event.ts'
import type { EventBus } from '../../../src/bus/event-bus.ts'
import type { BusRecord } from '../../../src/bus/record.ts'
import { decodeEnvelope } from '../../../src/codecs/envelope.ts'
import { messageId } from '../../../src/codecs/message-id.ts'
import { fold } from '../../../src/saga/engine/stream-handler.ts'
import { sagaHandler } from '../../../src/saga/saga.ts'
import type { EventStore, StoredEvent } from '../../../src/store/event-store.ts'
import { makeShop, paymentFails, shopGroup } from '../../support/shop.ts'

/** A shop as an auditor sees it. */
export interface Books {
  readonly bus: EventBus
  readonly store: EventStore
  readonly prefix: string
}

const orderId = (number: number): string => `o-${number}`
const correlationOf = (number: number): string => `c-${number}`

export function placeOrder(prefix: string, number: number): SerializedEvent {
  const { codec } = makeShop(prefix).order
  const command = codec.encode({ type: 'PlaceOrder', order_id: orderId(number), total: number })
  return { ...command, metadata: { correlationId: correlationOf(number), causationId: `request-${number}` } }
}

/** Every record there is now. */
export async function recordsOn(bus: EventBus, topic: string): Promise<BusRecord[]> {
  const ranges = (await bus.log.rangesOf([topic])).get(topic) ?? []
  const slices = ranges.map(({ partition, start, end }) => ({ topic, partition, from: start, to: end }))
  const records: BusRecord[] = []
  for await (const batch of bus.log.read(slices)) records.push(...batch)
  return records
}

/** What is on a topic, copies set aside; in the order of the log within a partition. */
export async function eventsOn(bus: EventBus, topic: string): Promise<SerializedEvent[]> {
  const events = new Map<string, SerializedEvent>()
  for (const { value } of await recordsOn(bus, topic)) {
    const decoded = decodeEnvelope(value ?? new Uint8Array())
    if (!decoded.ok) throw new Error(decoded.reason)
    const id = messageId(decoded.event)
    if (!events.has(id)) events.set(id, decoded.event)
  }
  return [...events.values()]
}

/** Streams by id, each in order. */
export async function streamsOf(store: EventStore, streamPrefix: string): Promise<Map<string, StoredEvent[]>> {
  const all: StoredEvent[] = []
  for await (const batch of store.readAll({ streamPrefix })) all.push(...batch)
  const streams = Map.groupBy(all, ({ streamId }) => streamId)
  for (const stream of streams.values()) stream.sort((a, b) => a.version - b.version)
  return streams
}

const typesOf = (stream: readonly StoredEvent[] = []) => stream.map(({ event }) => event.eventType)
const multiset = (events: readonly SerializedEvent[]) => events.map(messageId).sort()

/** A topic holds the events of the streams, each once when copies are set aside. */
async function expectPublished(bus: EventBus, topic: string, streams: ReadonlyMap<string, readonly StoredEvent[]>) {
  const stored = [...streams.values()].flat().map(({ event }) => event)
  expect(multiset(await eventsOn(bus, topic))).toEqual(multiset(stored))
}

/** No message is a dead letter, and none waits to be published. */
async function expectNothingLeft({ store, prefix }: Books): Promise<void> {
  expect(await store.deadLetters.count()).toBe(0)
  for (const role of ['order', 'payment', 'checkout']) {
    expect(await store.outbox.pending(shopGroup(prefix, role), 1)).toEqual([])
  }
}

/** How many checkouts have come to an end. */
export async function endedOf({ store, prefix }: Books): Promise<number> {
  const { checkout } = makeShop(prefix)
  const handler = sagaHandler(checkout, undefined)
  const streams = await streamsOf(store, handler.prefix)
  const states = [...streams].map(([streamId, stream]) => fold(handler, streamId, stream).state.status)
  return states.filter((status) => status === 'completed' || status === 'compensated').length
}

/** Every checkout ended completed or compensated, once, and the topics hold what the store holds, to the byte. */
export async function expectBalanced({ bus, store, prefix }: Books, count: number): Promise<void> {
  const { order, payment } = makeShop(prefix)
  const [orders, payments, sagas] = [
    await streamsOf(store, 'order-'),
    await streamsOf(store, 'payment-'),
    await streamsOf(store, 'checkout-saga-'),
  ]
  const found = Array.from({ length: count }, (_, number) => [
    typesOf(orders.get(`order-${orderId(number)}`)),
    typesOf(payments.get(`payment-${orderId(number)}`)),
    typesOf(sagas.get(`checkout-saga-${correlationOf(number)}`)),
  ])
  const expected = Array.from({ length: count }, (_, number) => {
    const [paid, ended] = paymentFails(number)
      ? ['PaymentFailed.v1', 'OrderCancelled.v1']
      : ['PaymentCompleted.v1', 'OrderConfirmed.v1']
    return [['OrderPlaced.v1', ended], [paid], ['OrderPlaced.v1', paid, ended]]
  })
  expect(found).toEqual(expected)
  expect([orders.size, payments.size, sagas.size]).toEqual([count, count, count])
  await expectPublished(bus, order.events, orders)
  await expectPublished(bus, payment.events, payments)
  // One command of each kind for each checkout, PlaceOrder included.
  expect(await eventsOn(bus, order.commands)).toHaveLength(2 * count)
  expect(await eventsOn(bus, payment.commands)).toHaveLength(count)
  await expectNothingLeft({ bus, store, prefix })
}

/**
 * Every checkout has ended, whichever way: its order was confirmed or cancelled once, a payment was made once, and a
 * payment for a cancelled order was given back. The topics hold what the store holds, and nothing is left to be sent.
 */
export async function expectSettled(books: Books, count: number): Promise<void> {
  const { bus, store, prefix } = books
  const { order, payment } = makeShop(prefix)
  expect(await endedOf(books)).toBe(count)
  const [orders, payments] = [await streamsOf(store, 'order-'), await streamsOf(store, 'payment-')]
  for (let number = 0; number < count; number += 1) {
    const ordered = typesOf(orders.get(`order-${orderId(number)}`))
    const paid = typesOf(payments.get(`payment-${orderId(number)}`))
    const isConfirmed = ordered[1] === 'OrderConfirmed.v1'
    expect(ordered).toEqual(['OrderPlaced.v1', isConfirmed ? 'OrderConfirmed.v1' : 'OrderCancelled.v1'])
    const expected = paymentFails(number)
      ? ['PaymentFailed.v1']
      : ['PaymentCompleted.v1', ...(isConfirmed ? [] : ['PaymentRefunded.v1'])]
    expect(paid).toEqual(expected)
    if (paymentFails(number)) expect(isConfirmed).toBe(false)
  }
  expect([orders.size, payments.size]).toEqual([count, count])
  await expectPublished(bus, order.events, orders)
  await expectPublished(bus, payment.events, payments)
  await expectNothingLeft(books)
}
