import { expect, test, vi } from 'vitest'
import type { BusDriver, GroupBatch, GroupMember } from '../../../src/bus/driver-port.ts'
import { transportError } from '../../../src/bus/errors.ts'
import { serializedEvent } from '../../../src/bus/event.ts'
import type { BusRecord } from '../../../src/bus/record.ts'
import { encodeEnvelope } from '../../../src/codecs/envelope.ts'
import { DriverEventBus } from '../../../src/drivers/event-bus.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { Subscription } from '../../../src/drivers/subscription.ts'

const done = { done: true, value: undefined }

function records(count: number): BusRecord[] {
  const encoded = encodeEnvelope(serializedEvent('A', Uint8Array.of(1)), 'bincode')
  if (!encoded.ok) throw new Error(encoded.reason)
  const common = { topic: 'a-events', partition: 0, timestamp: 0n, key: null, value: encoded.bytes, headers: [] }
  return Array.from({ length: count }, (_, offset) => ({ ...common, offset: BigInt(offset) }))
}

/** A batch that logs its calls. */
function batchOf(count: number, log: string[], name = 'batch') {
  const state = { revoked: false }
  const batch: GroupBatch = {
    records: records(count),
    get revoked() {
      return state.revoked
    },
    acknowledge: (index) => void log.push(`${name} acknowledged ${index}`),
    finish: () => void log.push(`${name} finished`),
  }
  const revoke = () => {
    state.revoked = true
  }
  return { batch, revoke }
}

/** A member whose calls of `next` are answered by the test. */
function memberOf(log: string[] = []) {
  const waiting: PromiseWithResolvers<GroupBatch | undefined>[] = []
  const member: GroupMember = {
    next() {
      log.push('asked')
      const answer = Promise.withResolvers<GroupBatch | undefined>()
      waiting.push(answer)
      return answer.promise
    },
    async close() {
      log.push('closed')
    },
  }
  const answer = async (batch: GroupBatch | undefined) => {
    await vi.waitFor(() => expect(waiting.length).toBeGreaterThan(0))
    waiting.shift()?.resolve(batch)
  }
  const fail = async (error: Error) => {
    await vi.waitFor(() => expect(waiting.length).toBeGreaterThan(0))
    waiting.shift()?.reject(error)
  }
  return { member, answer, fail }
}

test('requests a batch only after the previous one is finished', async () => {
  const log: string[] = []
  const { member, answer } = memberOf(log)
  const stream = new Subscription(member)
  const first = stream.next()
  await answer(batchOf(2, log, 'first').batch)
  await first

  await stream.next()
  expect(log).toEqual(['asked', 'first acknowledged 0'])
  const third = stream.next()
  await answer(batchOf(1, log, 'second').batch)
  await third

  expect(log).toEqual(['asked', 'first acknowledged 0', 'first acknowledged 1', 'first finished', 'asked'])
})

test('acknowledges before it waits, so the last event of a quiet topic is committed', async () => {
  const log: string[] = []
  const { member, answer } = memberOf(log)
  const stream = new Subscription(member)
  const first = stream.next()
  await answer(batchOf(1, log).batch)
  await first

  void stream.next()

  expect(log).toContain('batch acknowledged 0')
})

test('resolves concurrent calls in order, including a call made while another resolves', async () => {
  const log: string[] = []
  const { member, answer } = memberOf(log)
  const stream = new Subscription(member)
  const order: string[] = []
  const note = (name: string) => (item: IteratorResult<{ record: BusRecord }, undefined>) =>
    order.push(`${name} ${item.value?.record.offset}`)
  const first = stream.next().then(note('first'))
  const second = stream.next().then(note('second'))
  const third = first.then(() => stream.next()).then(note('third'))

  await answer(batchOf(3, log).batch)
  await Promise.all([first, second, third])

  expect(order).toEqual(['first 0', 'second 1', 'third 2'])
})

test('delivers no more of a revoked batch and does not acknowledge it', async () => {
  const log: string[] = []
  const { member, answer } = memberOf(log)
  const stream = new Subscription(member)
  const taken = batchOf(3, log, 'taken')
  const first = stream.next()
  await answer(taken.batch)
  await first

  taken.revoke()
  const second = stream.next()
  await answer(batchOf(1, log, 'own').batch)
  await second

  expect(log).toEqual(['asked', 'taken finished', 'asked'])
})

test('acknowledges the last record of a whole batch, and nothing of a revoked one', async () => {
  const log: string[] = []
  const { member, answer } = memberOf(log)
  const stream = new Subscription(member)
  const first = stream.nextBatch()
  await answer(batchOf(3, log, 'first').batch)
  expect(await first).toHaveLength(3)
  const taken = batchOf(2, log, 'second')
  const second = stream.nextBatch()
  await answer(taken.batch)
  await second

  taken.revoke()
  const third = stream.nextBatch()
  await answer(undefined)

  expect(await third).toBeUndefined()
  expect(log).toEqual([
    'asked',
    'first acknowledged 2',
    'first finished',
    'asked',
    'second finished',
    'asked',
    'closed',
  ])
})

test('acknowledges the batches of a partition in the order of delivery', async () => {
  const log: string[] = []
  const { member, answer } = memberOf()
  const stream = new Subscription(member)
  const [first, second, third] = [stream.takeBatch(), stream.takeBatch(), stream.takeBatch()]
  for (const name of ['first', 'second', 'third']) await answer(batchOf(2, log, name).batch)

  ;(await second)?.acknowledge()
  expect(log).toEqual([])
  ;(await first)?.acknowledge()
  expect(log).toEqual(['first acknowledged 1', 'first finished', 'second acknowledged 1', 'second finished'])
  ;(await second)?.acknowledge()
  await stream.close()
  ;(await third)?.acknowledge()

  expect(log.slice(4)).toEqual(['third finished'])
})

test('gives back unacknowledged batches when it is closed, newest first', async () => {
  const log: string[] = []
  const { member, answer } = memberOf()
  const stream = new Subscription(member)
  const taken = [stream.takeBatch(), stream.takeBatch()]
  for (const name of ['first', 'second']) await answer(batchOf(1, log, name).batch)
  await Promise.all(taken)

  await stream.close()

  expect(log).toEqual(['second finished', 'first finished'])
})

test('does not acknowledge a batch of a lost partition, nor let it block later batches', async () => {
  const log: string[] = []
  const { member, answer } = memberOf()
  const stream = new Subscription(member)
  const lost = batchOf(1, log, 'lost')
  const taken = [stream.takeBatch(), stream.takeBatch()] as const
  for (const { batch } of [lost, batchOf(1, log, 'own')]) await answer(batch)
  const [, own] = await Promise.all(taken)

  lost.revoke()
  own?.acknowledge()

  expect(log).toEqual(['own acknowledged 0', 'own finished', 'lost finished'])
})

test('gives back a batch that arrives while it is closing', async () => {
  const log: string[] = []
  const { member, answer } = memberOf(log)
  const finished = Promise.withResolvers<void>()
  const { batch } = batchOf(1, log)
  const late: GroupBatch = { ...batch, finish: finished.resolve }
  // A member with a fetch in flight waits until that batch is finished before it leaves.
  const slow: GroupMember = { next: () => member.next(), close: () => finished.promise }
  const stream = new Subscription(slow)
  const waiting = stream.next()
  const closing = stream.close()

  await answer(late)

  expect(await waiting).toEqual(done)
  await closing
})

test('skips a batch without records', async () => {
  const log: string[] = []
  const { member, answer } = memberOf(log)
  const stream = new Subscription(member)
  const first = stream.next()

  await answer(batchOf(0, log, 'empty').batch)
  await answer(batchOf(1, log, 'full').batch)

  expect((await first).value?.record.offset).toBe(0n)
  expect(log).toEqual(['asked', 'empty finished', 'asked'])
})

test('leaves the group when its member fails, reports the failure once and ends', async () => {
  const log: string[] = []
  const { member, fail } = memberOf(log)
  const onClose = vi.fn()
  const stream = new Subscription(member, { onClose })
  const failing = stream.next()
  const after = stream.next()

  await fail(transportError('gone'))

  await expect(failing).rejects.toMatchObject({ code: 'TRANSPORT_ERROR' })
  expect(await after).toEqual(done)
  expect(await stream.next()).toEqual(done)
  expect(log).toEqual(['asked', 'closed'])
  expect(onClose).toHaveBeenCalledOnce()
})

test('reports why its member failed even if leaving fails too', async () => {
  const { member, fail } = memberOf()
  const stream = new Subscription({ ...member, close: () => Promise.reject(new Error('second')) })
  const failing = stream.next()

  await fail(transportError('first'))

  await expect(failing).rejects.toThrow('first')
})

test('ends when its member ends', async () => {
  const log: string[] = []
  const { member, answer } = memberOf(log)
  const onClose = vi.fn()
  const stream = new Subscription(member, { onClose })
  const waiting = stream.next()

  await answer(undefined)

  expect(await waiting).toEqual(done)
  expect(await stream.next()).toEqual(done)
  expect(log).toEqual(['asked', 'closed'])
  expect(onClose).toHaveBeenCalledOnce()
})

test('rejects close if leaving failed, and does not report that failure after an abort', async () => {
  const { member } = memberOf()
  const failing: GroupMember = { ...member, close: () => Promise.reject(transportError('not committed')) }
  const onClose = vi.fn()
  const controller = new AbortController()
  const unhandled = vi.fn()
  process.on('unhandledRejection', unhandled)
  const stream = new Subscription(failing, { signal: controller.signal, onClose })

  controller.abort()
  // Node reports an unhandled rejection after the microtasks of the turn.
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', unhandled)

  expect(unhandled).not.toHaveBeenCalled()
  expect(onClose).toHaveBeenCalledOnce()
  await expect(stream.close()).rejects.toThrow('not committed')
})

test('removes its listener from the signal when it is closed', async () => {
  const { member } = memberOf()
  const controller = new AbortController()
  const removed = vi.spyOn(controller.signal, 'removeEventListener')

  await new Subscription(member, { signal: controller.signal }).close()

  expect(removed).toHaveBeenCalledWith('abort', expect.any(Function))
})

/** A bus over a changed memory driver. */
function busWith(changes: Partial<BusDriver>) {
  const { log, admin } = new InMemoryEventBus({ createTopics: true })
  const driver: BusDriver = { log, admin, join: async () => memberOf().member, close: async () => {}, ...changes }
  return new DriverEventBus(
    driver,
    {},
    { kind: 'test', settings: {}, autoOffsetReset: 'earliest', groupFor: () => 'group' },
  )
}

test('a bus closes its connections even if a stream fails to leave its group, and rejects with that failure', async () => {
  const close = vi.fn(async () => {})
  const failing = { ...memberOf().member, close: () => Promise.reject(transportError('not committed')) }
  const bus = busWith({ join: async () => failing, close })
  await bus.subscribe(['a-events'])

  await expect(bus.close()).rejects.toThrow('not committed')
  await expect(bus.close()).rejects.toThrow('not committed')

  expect(close).toHaveBeenCalledOnce()
})

test('a bus that is closed while it joins a group leaves the group', async () => {
  const log: string[] = []
  const joined = Promise.withResolvers<GroupMember>()
  const bus = busWith({ join: () => joined.promise })
  const subscribing = bus.subscribe(['a-events'])

  await bus.close()
  joined.resolve(memberOf(log).member)

  expect(await (await subscribing).next()).toEqual(done)
  expect(log).toEqual(['closed'])
})

test('a bus refuses invalid calls without calling its driver', async () => {
  const append = vi.fn()
  const join = vi.fn()
  const bus = busWith({ join, log: { ...new InMemoryEventBus({ createTopics: true }).log, append } })
  const event = serializedEvent('A', new Uint8Array())

  await expect(bus.publish('a b', event)).rejects.toMatchObject({ code: 'INVALID_TOPIC' })
  await expect(bus.publish('a', { ...event, eventVersion: 0.5 })).rejects.toMatchObject({ code: 'PUBLISH_FAILED' })
  await expect(bus.subscribe(['a b'])).rejects.toMatchObject({ code: 'SUBSCRIPTION_FAILED' })

  expect(append).not.toHaveBeenCalled()
  expect(join).not.toHaveBeenCalled()
})

test('a bus joins with each topic once and with its defaults', async () => {
  const join = vi.fn(async () => memberOf().member)

  await busWith({ join }).subscribe(['b', 'a', 'b'])

  const request = { topics: ['b', 'a'], group: 'group', offsetReset: 'earliest', bufferSize: 1000 }
  expect(join).toHaveBeenCalledWith({ ...request, onOutage: expect.any(Function), outageLimit: undefined })
})

test.each([
  ['a transport error', transportError('timed out'), 'PUBLISH_FAILED'],
  ['an unexpected error', new TypeError('odd'), 'PUBLISH_FAILED'],
])('publish rejects with PUBLISH_FAILED and the topic after %s', async (_, thrown, code) => {
  const log = { ...new InMemoryEventBus({ createTopics: true }).log, append: () => Promise.reject(thrown) }

  await expect(busWith({ log }).publish('a', serializedEvent('A', new Uint8Array()))).rejects.toMatchObject({
    code,
    topic: 'a',
    cause: thrown,
    message: expect.stringMatching(/^Publish failed for topic 'a': /),
  })
})
