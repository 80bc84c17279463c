import { expect, test } from 'vitest'
import { conversationUpdates } from '../../../src/cli/screen/conversation-port.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { messageId, serializedEvent } from '../../../src/index.ts'
import type { TailUpdate } from '../../../src/ui/live/ports.ts'

const at = (second: number) => ({ correlationId: 'c-1', timestamp: `2026-11-23T10:00:0${second}.000Z` })
const place = serializedEvent('PlaceOrder.v1', Buffer.from('{"order_id":"o-1"}'), at(0))
const placed = serializedEvent('OrderPlaced.v1', place.data, { ...at(1), causationId: messageId(place) })
const context = {
  reading: {},
  timeZone: 'utc',
  now: Date.now,
  signal: new AbortController().signal,
  indexPath: async () => '/nonexistent/index.db',
} as const
const request = { topics: [], conversation: 'c-1', where: '', grep: '', limit: 500 }

async function updatesOf(bus: InMemoryEventBus, conversation = 'c-1'): Promise<TailUpdate[]> {
  const updates: TailUpdate[] = []
  for await (const update of conversationUpdates(bus, { ...request, conversation }, context)) updates.push(update)
  return updates
}

test('the messages of a conversation are rows in the order of their tree', async () => {
  await using bus = new InMemoryEventBus({ createTopics: true })
  await bus.publish('order-commands', place)
  await bus.publish('order-events', [placed, serializedEvent('Other.v1', Buffer.from('{}'), { correlationId: 'c-2' })])
  const [events, complete] = await updatesOf(bus)
  expect(complete).toEqual({ kind: 'complete' })
  const rows = events?.kind === 'events' ? events.rows : []
  expect(rows.map(({ type, branch, text }) => [`${branch?.lines}${type}`, text])).toEqual([
    ['PlaceOrder.v1', '{"order_id":"o-1"}'],
    ['└─ OrderPlaced.v1', '{"order_id":"o-1"}'],
  ])
  expect(rows[1]?.branch?.after).toMatch(/^[+-]\d+ms$/)
  expect(rows[1]?.detail().join('\n')).toContain('correlation_id: c-1')
})

test('a fault of the conversation is a notice, and its messages are marked', async () => {
  await using bus = new InMemoryEventBus({ createTopics: true })
  await bus.publish('order-commands', place)
  await bus.publish('order-events', [placed, placed])
  const [events, notice] = await updatesOf(bus)
  expect(events?.kind === 'events' && events.rows.map(({ text }) => text)).toEqual([
    '{"order_id":"o-1"}',
    '{"order_id":"o-1"}',
    '[duplicate] {"order_id":"o-1"}',
  ])
  expect(notice).toMatchObject({ kind: 'notice', text: expect.stringContaining('twice') })
})

test('a conversation that is gone has no rows', async () => {
  await using bus = new InMemoryEventBus({ createTopics: true })
  await bus.publish('order-commands', place)
  expect(await updatesOf(bus, 'c-9')).toEqual([{ kind: 'events', rows: [] }, { kind: 'complete' }])
})

test('a bus that fails is a reason', async () => {
  const bus = new InMemoryEventBus({ createTopics: true })
  await bus.close()
  expect(await updatesOf(bus)).toMatchObject([{ kind: 'failed' }])
})
