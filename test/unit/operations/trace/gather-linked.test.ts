import { expect, test } from 'vitest'
import { serializedEvent } from '../../../../src/bus/event.ts'
import type { EventBus } from '../../../../src/bus/event-bus.ts'
import { encodeRecord } from '../../../../src/codecs/event-record.ts'
import { messageId } from '../../../../src/codecs/message-id.ts'
import { InMemoryEventBus } from '../../../../src/drivers/memory/in-memory-event-bus.ts'
import { gatherConversation } from '../../../../src/operations/trace/gather.ts'

const HOUR = 3_600_000
const NOON = Date.UTC(2026, 10, 23, 12)

async function append(bus: EventBus, topic: string, event: Parameters<typeof encodeRecord>[0], time: number) {
  const encoded = encodeRecord(event, 'bincode')
  if (!encoded.ok) throw new Error(encoded.reason)
  await bus.log.append(topic, [{ key: null, ...encoded, timestamp: BigInt(time) }])
}

const placed = serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-1"}'))
const reserve = serializedEvent('ReserveStock.v1', Buffer.from('{"order_id":"o-1"}'), {
  correlationId: 'checkout-1',
  causationId: messageId(placed),
})

async function topicsOfCheckout(bus: EventBus): Promise<readonly string[]> {
  const { messages } = await gatherConversation(bus, {
    ...{ correlationId: 'checkout-1', limit: 100, reading: {}, onNotice: () => {} },
    signal: new AbortController().signal,
  })
  return messages.map(({ topic, offset }) => `${topic}@${offset}`).sort()
}

test('finds a cause without metadata behind a record of a producer whose clock is an hour ahead', async () => {
  await using bus = new InMemoryEventBus()
  for (const topic of ['order-events', 'inventory-commands']) await bus.admin.createTopic(topic, { partitions: 1 })
  await append(bus, 'order-events', serializedEvent('OrderPlaced.v1', Buffer.from('{"order_id":"o-2"}')), NOON + HOUR)
  await append(bus, 'order-events', placed, NOON)
  await append(bus, 'inventory-commands', reserve, NOON + 10)

  expect(await topicsOfCheckout(bus)).toEqual(['inventory-commands@0', 'order-events@1'])
})

test('finds a cause without metadata an hour before the first message with the correlation id', async () => {
  await using bus = new InMemoryEventBus()
  for (const topic of ['order-events', 'inventory-commands']) await bus.admin.createTopic(topic, { partitions: 1 })
  await append(bus, 'order-events', placed, NOON)
  await append(bus, 'inventory-commands', reserve, NOON + HOUR)

  expect(await topicsOfCheckout(bus)).toEqual(['inventory-commands@0', 'order-events@0'])
})
