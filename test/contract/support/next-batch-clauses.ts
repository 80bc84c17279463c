import { expect, test } from 'vitest'
import type { EventStream } from '../../../src/bus/event-bus.ts'
import type { Contract } from '../bus-contract.ts'
import {
  eventually,
  newTopic,
  nextOffset,
  numbered,
  numberedList,
  numberOf,
  offsetOf,
  take,
  takeBatches,
  text,
  uniqueGroup,
} from './harness.ts'

/** Subscriptions by `nextBatch`, which acknowledges the previous batch. */
export function nextBatchClauses({ bus, open }: Contract): void {
  const earliest = () => ({ group: uniqueGroup(), autoOffsetReset: 'earliest' }) as const

  const takeEvents = (stream: EventStream, count: number) =>
    takeBatches(
      () => stream.nextBatch(),
      count,
      ({ length }) => length,
    )

  test('delivers the available events in order, at most the buffer size at a time', async () => {
    const topic = await newTopic(bus())
    await bus().publish(topic, numberedList(10))

    const batches = await takeEvents(await bus().subscribe([topic], { ...earliest(), bufferSize: 4 }), 10)

    expect(batches.flat().map(numberOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    for (const batch of batches) {
      expect(batch.length).toBeGreaterThan(0)
      expect(batch.length).toBeLessThanOrEqual(4)
    }
  })

  test('delivers batches of one partition each, and all records', async () => {
    const topic = await newTopic(bus(), 3)
    await bus().log.append(
      topic,
      Array.from({ length: 30 }, (_, number) => ({ key: null, value: text('x'), partition: number % 3 })),
    )

    const batches = await takeEvents(await bus().subscribe([topic], earliest()), 30)

    for (const batch of batches) expect(new Set(batch.map(({ record }) => record.partition)).size).toBe(1)
    for (const partition of [0, 1, 2]) {
      const offsets = batches
        .flat()
        .filter(({ record }) => record.partition === partition)
        .map(offsetOf)
      expect(offsets).toEqual(Array.from({ length: 10 }, (_, offset) => BigInt(offset)))
    }
  })

  test('acknowledges a whole batch at the next call of nextBatch and not before', async () => {
    const topic = await newTopic(bus())
    const options = earliest()
    await bus().publish(topic, numberedList(3))
    const held = await bus().subscribe([topic], options)
    await takeEvents(held, 3)
    await held.close()
    const before = await nextOffset(bus(), options.group, topic)
    expect(before).toBeLessThan(3n)

    const stream = await bus().subscribe([topic], options)
    await takeEvents(stream, 3 - Number(before))
    void stream.nextBatch()

    await eventually(async () => expect(await nextOffset(bus(), options.group, topic)).toBe(3n))
  })

  test('acknowledges a batch when nextBatch is called again, even if the stream is closed right after', async () => {
    const topic = await newTopic(bus())
    const options = earliest()
    await bus().publish(topic, numberedList(3))
    const stream = await bus().subscribe([topic], options)
    await takeEvents(stream, 3)

    const waiting = stream.nextBatch()
    await stream.close()

    expect(await waiting).toBeUndefined()
    expect(await nextOffset(bus(), options.group, topic)).toBe(3n)
  })

  test('waits for an event that another bus publishes', async () => {
    const topic = await newTopic(bus())
    const stream = await bus().subscribe([topic], earliest())

    const waiting = stream.nextBatch()
    await (await open()).publish(topic, numbered(7))

    expect((await waiting)?.map(numberOf)).toEqual([7])
  })

  test('delivers each event once and in order when next and nextBatch alternate', async () => {
    const topic = await newTopic(bus())
    await bus().publish(topic, numberedList(4))
    const stream = await bus().subscribe([topic], earliest())

    const [first] = await take(stream, 1)
    const rest = await takeEvents(stream, 3)
    await bus().publish(topic, numbered(4))
    const [last] = await take(stream, 1)

    expect([first, ...rest.flat(), last].map((item) => item && numberOf(item))).toEqual([0, 1, 2, 3, 4])
  })

  test('delivers undecodable records as errors among the other events', async () => {
    const topic = await newTopic(bus())
    await bus().publish(topic, numbered(0))
    await bus().log.append(topic, [{ key: null, value: text('no envelope') }])
    await bus().publish(topic, numbered(2))

    const batches = await takeEvents(await bus().subscribe([topic], earliest()), 3)

    expect(batches.flat().map(({ ok }) => ok)).toEqual([true, false, true])
  })

  test('ends a waiting nextBatch when the stream is closed, and every later call', async () => {
    const topic = await newTopic(bus())
    const stream = await bus().subscribe([topic], earliest())
    const waiting = stream.nextBatch()

    await stream.close()

    expect(await waiting).toBeUndefined()
    expect(await stream.nextBatch()).toBeUndefined()
  })
}
