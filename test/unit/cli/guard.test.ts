import { describe, expect, test } from 'vitest'
import { serializedEvent } from '../../../src/bus/event.ts'
import { lockBus } from '../../../src/cli/config/guard.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'

const event = serializedEvent('OrderPlaced.v1', Buffer.from('{}'))
const offset = { topic: 'order-events', partition: 0, offset: 0n }

async function locked() {
  const bus = new InMemoryEventBus({ createTopics: true })
  await bus.publish('order-events', event)
  await bus.admin.commitOffsets('billing', [offset])
  return { own: bus, ...lockBus(bus, () => new Error('locked')) }
}

describe('a locked bus', () => {
  test('a locked bus refuses every change, through the bus, its log and its administration', async () => {
    const { own, bus } = await locked()

    const attempts = [
      () => bus.publish('order-events', event),
      () => bus.subscribe(['order-events'], { group: 'billing' }),
      () => bus.log.append('order-events', []),
      () => bus.admin.createTopic('payment-events'),
      () => bus.admin.deleteTopic('order-events'),
      () => bus.admin.commitOffsets('billing', [{ ...offset, offset: 1n }]),
      () => bus.admin.deleteOffsets('billing', [offset]),
      () => bus.admin.deleteGroup('billing'),
    ]

    for (const attempt of attempts) await expect(attempt()).rejects.toThrow('locked')
    expect(await own.admin.listTopics()).toMatchObject([{ topic: 'order-events' }])
    expect(await own.log.ranges('order-events')).toMatchObject([{ end: 1n }])
    expect(await own.admin.committedOffsets('billing')).toEqual([offset])
  })

  test('a locked bus allows all reads', async () => {
    const { bus } = await locked()

    expect(await bus.admin.listGroups()).toMatchObject([{ group: 'billing' }])
    expect(await bus.admin.describeTopic('order-events')).toMatchObject({ partitions: 1 })
    const slice = { topic: 'order-events', partition: 0, from: 0n, to: 1n }
    const read = []
    for await (const batch of bus.log.read([slice])) read.push(...batch)
    expect(read).toHaveLength(1)
    await bus.close()
  })

  test('a locked bus allows changes once it is unlocked', async () => {
    const { bus, unlock } = await locked()

    unlock()

    expect(await bus.publish('order-events', event)).toMatchObject([{ offset: 1n }])
    await bus.admin.deleteGroup('billing')
  })
})
