import { tmpdir } from 'node:os'
import { expect } from 'vitest'
import type { SerializedEvent } from '../../../src/bus/event.ts'
import type { EventBus } from '../../../src/bus/event-bus.ts'
import type { BusRecord } from '../../../src/bus/record.ts'
import { decodeEnvelope } from '../../../src/codecs/envelope.ts'
import { messageId } from '../../../src/codecs/message-id.ts'
import { audit } from '../../../src/operations/audit/audit.ts'
import { streamsOfTopic } from '../../../src/operations/audit/streams-of-topics.ts'
import { fold } from '../../../src/saga/engine/stream-handler.ts'
import { sagaHandler } from '../../../src/saga/saga.ts'
import type { EventStore, StoredEvent } from '../../../src/store/event-store.ts'
import { makeShop, paymentFails, shopGroup } from '../../support/shop.ts'

/** The bus and the store of a shop, for the checks after a test. */
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

/** Reads all records of a topic. */
export async function recordsOn(bus: EventBus, topic: string): Promise<BusRecord[]> {
  const ranges = (await bus.log.rangesOf([topic])).get(topic) ?? []
  const slices = ranges.map(({ partition, start, end }) => ({ topic, partition, from: start, to: end }))
  const records: BusRecord[] = []
  for await (const batch of bus.log.read(slices)) for (const record of batch) records.push(record)
  return records
}

/** Reads the events of a topic without copies, in the order of the log within a partition. */
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

/** Reads streams by id, each in version order. */
export async function streamsOf(store: EventStore, streamPrefix: string): Promise<Map<string, StoredEvent[]>> {
  const all: StoredEvent[] = []
  for await (const batch of store.readAll({ streamPrefix })) for (const stored of batch) all.push(stored)
  const streams = Map.groupBy(all, ({ streamId }) => streamId)
  for (const stream of streams.values()) stream.sort((a, b) => a.version - b.version)
  return streams
}

const typesOf = (stream: readonly StoredEvent[] = []) => stream.map(({ event }) => event.eventType)
const multiset = (events: readonly SerializedEvent[]) => events.map(messageId).sort()

/** Expects a topic to hold the events of the streams, each once apart from copies. */
async function expectPublished(bus: EventBus, topic: string, streams: ReadonlyMap<string, readonly StoredEvent[]>) {
  const stored = [...streams.values()].flat().map(({ event }) => event)
  expect(multiset(await eventsOn(bus, topic))).toEqual(multiset(stored))
}

/** Expects that an audit of the store against the bus finds nothing but copies, which at-least-once delivery allows. */
async function expectAuditClean({ bus, store, prefix }: Books): Promise<void> {
  const { order, payment } = makeShop(prefix)
  const { report } = await audit(bus, store, {
    topics: [streamsOfTopic(order.events, [], 'order-'), streamsOfTopic(payment.events, [], 'payment-')],
    grace: 0,
    owners: async () => ['order', 'payment', 'checkout'].map((role) => shopGroup(prefix, role)),
    // A second later than now, because events that were stored in this millisecond would not be judged.
    storeTime: async () => Date.now() + 1000,
    folder: tmpdir(),
    signal: new AbortController().signal,
    onProgress: () => {},
  })
  expect(report.findings.filter(({ code }) => code !== 'published-twice')).toEqual([])
  for (const { stored, matched } of report.topics) expect(matched).toBe(stored)
}

/** Expects no dead letter and an empty outbox. */
async function expectNothingLeft({ store, prefix }: Books): Promise<void> {
  expect(await store.deadLetters.count()).toBe(0)
  for (const role of ['order', 'payment', 'checkout']) {
    expect(await store.outbox.pending(shopGroup(prefix, role), 1)).toEqual([])
  }
}

/** Counts the checkouts that have ended. */
export async function endedOf({ store, prefix }: Books): Promise<number> {
  const { checkout } = makeShop(prefix)
  const handler = sagaHandler(checkout, undefined)
  const streams = await streamsOf(store, handler.prefix)
  const states = [...streams].map(([streamId, stream]) => fold(handler, streamId, stream).state.status)
  return states.filter((status) => status === 'completed' || status === 'compensated').length
}

/** Expects every checkout to have ended once, completed or compensated, and the topics to equal the store byte for byte. */
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
  // Each checkout has one command of each kind, PlaceOrder included.
  expect(await eventsOn(bus, order.commands)).toHaveLength(2 * count)
  expect(await eventsOn(bus, payment.commands)).toHaveLength(count)
  await expectNothingLeft({ bus, store, prefix })
  await expectAuditClean({ bus, store, prefix })
}

/**
 * Expects every checkout to have ended: its order was confirmed or cancelled once, its payment was made at most once, and the
 * payment of a cancelled order was refunded. The topics equal the store, and the outbox is empty.
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
  await expectAuditClean(books)
}
