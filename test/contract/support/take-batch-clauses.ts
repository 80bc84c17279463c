import { expect, test } from 'vitest'
import type { EventBatch, EventStream } from '../../../src/bus/event-bus.ts'
import type { Contract } from '../bus-contract.ts'
import {
  eventually,
  newTopic,
  nextOffset,
  numbered,
  numberedList,
  numberOf,
  offsetOf,
  takeBatches,
  text,
  uniqueGroup,
} from './harness.ts'

/** Subscriptions by `takeBatch`, where the subscriber acknowledges each batch and may take more meanwhile. */
export function takeBatchClauses({ bus, open }: Contract): void {
  const single = () => ({ group: uniqueGroup(), autoOffsetReset: 'earliest', bufferSize: 1 }) as const

  const takeEach = (stream: EventStream, count: number) => takeBatches(() => stream.takeBatch(), count)

  const numbersOf = (batches: readonly EventBatch[]) => batches.flatMap(({ items }) => items.map(numberOf))

  test('delivers batches of one partition in order while none of them is acknowledged', async () => {
    const topic = await newTopic(bus())
    await bus().publish(topic, numberedList(5))

    const batches = await takeEach(await bus().subscribe([topic], single()), 5)

    expect(numbersOf(batches)).toEqual([0, 1, 2, 3, 4])
    for (const { items } of batches) expect(items).toHaveLength(1)
  })

  test('commits no offset beyond an unacknowledged batch, and all of them once it is acknowledged', async () => {
    const topic = await newTopic(bus())
    const options = single()
    await bus().publish(topic, numberedList(5))
    const stream = await bus().subscribe([topic], options)
    const [first, second, third, fourth] = (await takeEach(stream, 5)) as [
      EventBatch,
      EventBatch,
      EventBatch,
      EventBatch,
    ]

    first.acknowledge()
    third.acknowledge()
    fourth.acknowledge()
    await eventually(async () => expect(await nextOffset(bus(), options.group, topic)).toBe(1n))
    second.acknowledge()
    await eventually(async () => expect(await nextOffset(bus(), options.group, topic)).toBe(4n))

    await stream.close()
    expect(await nextOffset(bus(), options.group, topic)).toBe(4n)
  })

  test('commits the events of a batch that are acknowledged, and delivers the others again', async () => {
    const topic = await newTopic(bus())
    const options = { ...single(), bufferSize: 5 }
    await bus().publish(topic, numberedList(5))
    const stream = await bus().subscribe([topic], options)
    let taken: EventBatch | undefined
    let count = 0
    // A batch may hold fewer events than the buffer.
    while (count < 3) {
      taken = (await stream.takeBatch()) as EventBatch
      const wanted = Math.min(3 - count, taken.items.length)
      taken.acknowledge(wanted)
      taken.acknowledge(wanted - 1)
      count += wanted
    }
    await eventually(async () => expect(await nextOffset(bus(), options.group, topic)).toBe(3n))

    await stream.close()
    expect(await nextOffset(bus(), options.group, topic)).toBe(3n)
    await using rest = await bus().subscribe([topic], options)
    expect(numbersOf([(await rest.takeBatch()) as EventBatch])[0]).toBe(3)
  })

  test('commits nothing without autoCommit, and starts at the committed offset', async () => {
    const topic = await newTopic(bus())
    const { group } = single()
    await bus().publish(topic, numberedList(5))
    await bus().admin.commitOffsets(group, [{ topic, partition: 0, offset: 2n }])
    for (const autoOffsetReset of ['earliest', 'latest'] as const) {
      const stream = await bus().subscribe([topic], { group, autoOffsetReset, autoCommit: false, bufferSize: 1 })
      const batches = await takeEach(stream, 3)
      expect(numbersOf(batches)).toEqual([2, 3, 4])
      for (const batch of batches) batch.acknowledge()
      await stream.close()
      expect(await nextOffset(bus(), group, topic)).toBe(2n)
    }
  })

  test('commits no start without autoCommit', async () => {
    const topic = await newTopic(bus())
    const { group } = single()
    const stream = await bus().subscribe([topic], { group, autoOffsetReset: 'latest', autoCommit: false })
    await bus().publish(topic, numberedList(1))
    const batch = await stream.takeBatch()
    expect(batch?.items.map(numberOf)).toEqual([0])
    batch?.acknowledge()
    await stream.close()
    expect(await bus().admin.committedOffsets(group)).toEqual([])
    await eventually(async () => {
      expect((await bus().admin.describeGroup(group)).members).toEqual([])
    })
  })

  test('delivers new events after earlier batches were acknowledged out of order', async () => {
    const topic = await newTopic(bus())
    const options = single()
    await bus().publish(topic, numberedList(3))
    const stream = await bus().subscribe([topic], options)
    const batches = await takeEach(stream, 3)
    for (const batch of batches.toReversed()) batch.acknowledge()

    const waiting = stream.takeBatch()
    await bus().publish(topic, numbered(3))

    const next = await waiting
    expect(next?.items.map(numberOf)).toEqual([3])
    next?.acknowledge()
    await eventually(async () => expect(await nextOffset(bus(), options.group, topic)).toBe(4n))
  })

  test('commits a partition while a batch of another partition is unacknowledged', async () => {
    const topic = await newTopic(bus(), 2)
    const options = single()
    const records = [0, 0, 1, 1].map((partition) => ({ key: null, value: text('x'), partition }))
    await bus().log.append(topic, records)
    const batches = await takeEach(await bus().subscribe([topic], options), 4)

    for (const batch of batches) if (batch.items[0]?.record.partition === 1) batch.acknowledge()

    await eventually(async () => expect(await nextOffset(bus(), options.group, topic, 1)).toBe(2n))
    expect(await nextOffset(bus(), options.group, topic, 0)).toBe(0n)
  })

  test('delivers again from the oldest unacknowledged batch after the stream was closed', async () => {
    const topic = await newTopic(bus())
    const options = single()
    await bus().publish(topic, numberedList(5))
    const stream = await bus().subscribe([topic], options)
    const [first, , third] = (await takeEach(stream, 4)) as [EventBatch, EventBatch, EventBatch]
    first.acknowledge()
    third.acknowledge()
    await stream.close()
    third.acknowledge()

    const again = await takeEach(await bus().subscribe([topic], options), 4)

    expect(numbersOf(again)).toEqual([1, 2, 3, 4])
  })

  test('delivers unacknowledged batches again to the next owner of a partition, whose offset is not overwritten', async () => {
    const topic = await newTopic(bus(), 2)
    const options = single()
    await bus().log.append(
      topic,
      [0, 0, 1, 1].map((partition) => ({ key: null, value: text('x'), partition })),
    )
    const stream = await bus().subscribe([topic], options)
    const batches = await takeEach(stream, 4)
    const joining = (await open()).subscribe([topic], options)
    // A member takes part in a rebalance while a call is pending.
    const waiting = stream.takeBatch()
    const other = await joining
    const moved = await takeEach(other, 2)

    const [lost] = moved[0]?.items.map(({ record }) => record.partition) ?? []
    const placeOf = ({ items: [item] }: EventBatch) => [item?.record.partition, item && offsetOf(item)]
    expect(moved.map(placeOf)).toEqual([
      [lost, 0n],
      [lost, 1n],
    ])
    moved[0]?.acknowledge()
    for (const batch of batches) batch.acknowledge()
    const kept = lost === 0 ? 1 : 0
    await eventually(async () => expect(await nextOffset(bus(), options.group, topic, kept)).toBe(2n))
    await eventually(async () => expect(await nextOffset(bus(), options.group, topic, lost)).toBe(1n))
    await stream.close()
    expect(await waiting).toBeUndefined()
    expect(await nextOffset(bus(), options.group, topic, lost)).toBe(1n)
  })

  test('ends a waiting takeBatch when the stream is closed, and every later call', async () => {
    const topic = await newTopic(bus())
    const stream = await bus().subscribe([topic], single())
    const waiting = stream.takeBatch()

    await stream.close()

    expect(await waiting).toBeUndefined()
    expect(await stream.takeBatch()).toBeUndefined()
  })
}
