import { describe, expect, test } from 'vitest'
import { type SerializedEvent, serializedEvent } from '../../../src/bus/event.ts'
import { InMemoryEventBus, MemoryBroker } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { MemoryDriver } from '../../../src/drivers/memory/memory-driver.ts'

const event = (number: number): SerializedEvent => serializedEvent('OrderPlaced.v1', Uint8Array.of(number))

// The unit test of Composable Rust's event bus guide, line by line: publish, then subscribe, then receive.
test('publishes, subscribes and receives as in the event bus guide', async () => {
  const eventBus = new InMemoryEventBus({ createTopics: true })

  const placed = serializedEvent('OrderPlaced', Uint8Array.of(1, 2, 3), null)
  await eventBus.publish('order-events', placed)

  const stream = await eventBus.subscribe(['order-events'])
  const { value: received } = await stream.next()

  expect(received?.ok && received.event.eventType).toBe('OrderPlaced')
  expect(received?.ok && [...received.event.data]).toEqual([1, 2, 3])
})

test('every subscriber without a group gets every event', async () => {
  await using bus = new InMemoryEventBus({ createTopics: true })
  const streams = [await bus.subscribe(['order-events']), await bus.subscribe(['order-events'])]
  await bus.publish('order-events', [event(1), event(2)])
  const late = await bus.subscribe(['order-events'])

  for (const stream of [...streams, late]) {
    const received = [await stream.next(), await stream.next()]
    expect(received.map(({ value }) => value?.ok && value.event.data[0])).toEqual([1, 2])
  }
})

test('a private group is deleted when its subscriber leaves, and a named group is kept', async () => {
  await using bus = new InMemoryEventBus({ createTopics: true })
  const groups = async () => (await bus.admin.listGroups()).map(({ group }) => group)
  const named = await bus.subscribe(['order-events'], { group: 'subscriber-2' })
  const one = await bus.subscribe(['order-events'])
  const two = await bus.subscribe(['order-events'])

  // A private group does not get a name that is in use.
  expect(await groups()).toEqual(['subscriber-1', 'subscriber-2', 'subscriber-3'])
  await Promise.all([named, one, two].map((stream) => stream.close()))

  expect(await groups()).toEqual(['subscriber-2'])
})

test('a topic created by its first event or subscriber has one partition', async () => {
  await using bus = new InMemoryEventBus({ createTopics: true })
  await bus.publish('order-events', event(1))
  await bus.subscribe(['payment-events'])

  const topics = await bus.admin.listTopics()

  expect(topics.map(({ topic, partitions }) => [topic, partitions])).toEqual([
    ['order-events', 1],
    ['payment-events', 1],
  ])
})

test('takes timestamps from the given clock', async () => {
  await using bus = new InMemoryEventBus({ now: () => 1_700_000_000_123, createTopics: true })
  await bus.publish('order-events', event(1))

  const { value } = await (await bus.subscribe(['order-events'])).next()

  expect(value?.record.timestamp).toBe(1_700_000_000_123n)
})

test('counts topics and running subscribers, and deletes everything on reset', async () => {
  const broker = new MemoryBroker()
  await using bus = new InMemoryEventBus({ broker, createTopics: true })
  await using other = new InMemoryEventBus({ broker, createTopics: true })
  const stream = await bus.subscribe(['order-events', 'payment-events'])
  await other.subscribe(['order-events'])

  expect(bus.topicCount()).toBe(2)
  expect(['order-events', 'payment-events', 'unread'].map((topic) => bus.subscriberCount(topic))).toEqual([2, 1, 0])

  const waiting = stream.next()
  bus.reset()

  expect(await waiting).toEqual({ done: true, value: undefined })
  expect([bus.topicCount(), bus.subscriberCount('order-events')]).toEqual([0, 0])
  expect(await bus.admin.listGroups()).toEqual([])
  expect(await bus.publish('order-events', event(1))).toEqual([{ topic: 'order-events', partition: 0, offset: 0n }])
})

test('does not count a subscriber that has left', async () => {
  await using bus = new InMemoryEventBus({ createTopics: true })
  const stream = await bus.subscribe(['order-events'])

  await stream.close()

  expect(bus.subscriberCount('order-events')).toBe(0)
})

describe('a bus that crashed', () => {
  test('a bus that crashed acknowledges nothing after another bus has taken its partitions', async () => {
    const broker = new MemoryBroker()
    const zombie = new InMemoryEventBus({ broker, createTopics: true })
    await using survivor = new InMemoryEventBus({ broker, createTopics: true })
    await survivor.publish('order-events', [event(0), event(1), event(2)])
    const stream = await zombie.subscribe(['order-events'], { group: 'billing' })
    await stream.next()

    broker.disconnect(zombie)

    // Requesting the next event would acknowledge the current one.
    expect(await stream.next()).toEqual({ done: true, value: undefined })
    expect(await survivor.admin.committedOffsets('billing')).toEqual([])
    const { value } = await (await survivor.subscribe(['order-events'], { group: 'billing' })).next()
    expect(value?.record.offset).toBe(0n)
  })

  test('a bus that crashed is refused every call', async () => {
    const bus = new InMemoryEventBus({ createTopics: true })
    bus.crash()

    const refused = { code: 'CONNECTION_FAILED' }
    await expect(bus.publish('order-events', event(1))).rejects.toMatchObject(refused)
    await expect(bus.subscribe(['order-events'])).rejects.toMatchObject(refused)
    await expect(bus.admin.listTopics()).rejects.toMatchObject(refused)
    await expect(bus.log.ranges('order-events')).rejects.toMatchObject(refused)
  })
})

describe('a member', () => {
  const request = { topics: ['order-events'], group: 'billing', offsetReset: 'earliest', bufferSize: 2 } as const
  const record = (partition: number) => ({ key: null, value: Uint8Array.of(1), partition })

  test('a member gets at most bufferSize records, and unacknowledged records again', async () => {
    const driver = new MemoryDriver(new MemoryBroker())
    await driver.admin.createTopic('order-events')
    await driver.log.append('order-events', [0, 0, 0].map(record))
    const member = await driver.join(request)

    const first = await member.next()
    expect(first?.records.map(({ offset }) => offset)).toEqual([0n, 1n])
    first?.acknowledge(0)
    first?.finish()

    expect((await member.next())?.records.map(({ offset }) => offset)).toEqual([1n, 2n])
  })

  test('a member has its batch revoked when the partition moves, and cannot acknowledge it', async () => {
    const driver = new MemoryDriver(new MemoryBroker())
    await driver.admin.createTopic('order-events', { partitions: 2 })
    await driver.log.append('order-events', [1, 1].map(record))
    const member = await driver.join(request)
    const batch = await member.next()

    const other = await driver.join(request)

    expect(batch?.revoked).toBe(true)
    batch?.acknowledge(1)
    batch?.finish()
    expect(await driver.admin.committedOffsets('billing')).toEqual([])
    expect((await other.next())?.records.map(({ partition, offset }) => [partition, offset])).toEqual([
      [1, 0n],
      [1, 1n],
    ])
  })

  test('a member continues a partition that it keeps in a rebalance', async () => {
    const driver = new MemoryDriver(new MemoryBroker())
    await driver.admin.createTopic('order-events', { partitions: 2 })
    await driver.log.append('order-events', [0, 0, 0].map(record))
    const member = await driver.join(request)
    const batch = await member.next()

    await driver.join(request)

    expect(batch?.revoked).toBe(false)
    batch?.acknowledge(1)
    batch?.finish()
    expect((await member.next())?.records.map(({ offset }) => offset)).toEqual([2n])
  })
})

test('a reader fails and a member continues when a topic is deleted and created again', async () => {
  await using bus = new InMemoryEventBus({ createTopics: true })
  await bus.publish('order-events', [event(0), event(1)])
  const stream = await bus.subscribe(['order-events'], { group: 'billing' })
  await stream.next()
  const reading = bus.log.read([{ topic: 'order-events', partition: 0, from: 2n }])[Symbol.asyncIterator]()
  const following = reading.next()
  following.catch(() => undefined)

  await bus.admin.deleteTopic('order-events')

  await expect(following).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND' })
  const waiting = stream.next()
  await bus.publish('order-events', event(9))
  const { value } = await waiting
  expect(value?.ok && [value.event.data[0], value.record.offset]).toEqual([9, 0n])
  await stream.close()
  // The event of the old topic must not be committed on the new one.
  expect(await bus.admin.committedOffsets('billing')).toEqual([])
})
