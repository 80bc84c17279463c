import { expect, test } from 'vitest'
import type { EventBus } from '../../../src/bus/event-bus.ts'
import type { Contract } from '../bus-contract.ts'
import {
  eventually,
  newTopic,
  nextOffset,
  numbered,
  numberedList,
  numberOf,
  offsetOf,
  pump,
  take,
  text,
  uniqueGroup,
  usedHeap,
} from './harness.ts'

const earliest = (group: string) => ({ group, autoOffsetReset: 'earliest' }) as const

/** A record on a partition of choice. Its value is undecodable, which does not matter to these tests. */
const onPartition = (partition: number) => ({ key: null, value: text('x'), partition })

/** Waits until `count` members own at least one partition each, and all partitions together. */
const sharedBy = (bus: EventBus, group: string, count: number, partitions: number) =>
  eventually(async () => {
    const { state, members } = await bus.admin.describeGroup(group)
    expect(state).toBe('Stable')
    expect(members.filter(({ assignment }) => assignment.length > 0)).toHaveLength(count)
    const owned = members.flatMap(({ assignment }) => assignment.map(({ partition }) => partition))
    expect(owned.sort((a, b) => a - b)).toEqual(Array.from({ length: partitions }, (_, partition) => partition))
  })

export function groupClauses({ bus, open, startMember, takeoverWithin }: Contract): void {
  // Long enough to start a process and to wait until the group notices its death.
  const withDeath = { timeout: takeoverWithin + 60_000 }

  test('delivers every event to every group', async () => {
    const topic = await newTopic(bus())
    await bus().publish(topic, numberedList(3))

    const streams = await Promise.all([
      bus().subscribe([topic], earliest(uniqueGroup())),
      (await open()).subscribe([topic], earliest(uniqueGroup())),
    ])
    const received = await Promise.all(streams.map((stream) => take(stream, 3)))

    expect(received.map((items) => items.map(numberOf))).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ])
  })

  test('shares the partitions among the members of a group and delivers each event to one member', async () => {
    const topic = await newTopic(bus(), 4)
    const group = uniqueGroup()
    const readers = await Promise.all(
      [bus(), await open()].map(async (member) => pump(await member.subscribe([topic], earliest(group)))),
    )
    await sharedBy(bus(), group, 2, 4)

    await bus().log.append(topic, [0, 1, 2, 3, 0, 1, 2, 3].map(onPartition))
    const places = () =>
      readers.map(({ received }) => received.map(({ record }) => `${record.partition}@${record.offset}`))
    await eventually(() => expect(places().flat()).toHaveLength(8))
    await Promise.all(readers.map((reader) => reader.stop()))

    expect(places().flat().sort()).toEqual(['0@0', '0@1', '1@0', '1@1', '2@0', '2@1', '3@0', '3@1'])
    for (const mine of places()) expect(new Set(mine.map((place) => place[0])).size).toBe(2)
  })

  test('loses no event when a member joins and when it leaves', async () => {
    const topic = await newTopic(bus(), 2)
    const group = uniqueGroup()
    const append = async (count: number) => {
      for (let round = 0; round < count; round += 1) await bus().log.append(topic, [0, 1].map(onPartition))
    }
    await append(20)
    const first = pump(await bus().subscribe([topic], { ...earliest(group), bufferSize: 3 }))
    await eventually(() => expect(first.received.length).toBeGreaterThan(0))

    const second = pump(await (await open()).subscribe([topic], { ...earliest(group), bufferSize: 3 }))
    await append(20)
    await sharedBy(bus(), group, 2, 2)
    await append(5)
    await eventually(() => expect(second.received.length).toBeGreaterThan(0))
    await second.stop()
    await append(5)

    const all = [0, 1].flatMap((partition) => Array.from({ length: 50 }, (_, offset) => `${partition}@${offset}`))
    await eventually(() => {
      const items = [...first.received, ...second.received]
      const seen = new Set(items.map(({ record }) => `${record.partition}@${record.offset}`))
      expect(all.filter((place) => !seen.has(place))).toEqual([])
    })
    await first.stop()
    for (const partition of [0, 1]) {
      const offsets = second.received.filter(({ record }) => record.partition === partition).map(offsetOf)
      expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => Number(a - b)))
    }
  })

  test(
    'gives the partitions of a dead member to a new member, which gets the unacknowledged events again',
    withDeath,
    async () => {
      const topic = await newTopic(bus())
      const group = uniqueGroup()
      await bus().publish(topic, numberedList(5))
      const doomed = await startMember({ topic, group, take: 3 })

      await doomed.die()
      const stream = await bus().subscribe([topic], earliest(group))
      const [first] = await take(stream, 1)

      // It held the third event. The first two were acknowledged, but it may have died before they were committed.
      const from = Number(first?.record.offset)
      expect(from).toBeLessThanOrEqual(2)
      const rest = await take(stream, 4 - from)
      expect(rest.map(numberOf)).toEqual(Array.from({ length: 4 - from }, (_, index) => from + 1 + index))
    },
  )

  test('gives the partitions of a dead member to an existing member', withDeath, async () => {
    const topic = await newTopic(bus(), 2)
    const group = uniqueGroup()
    await bus().log.append(topic, [0, 1, 0, 1].map(onPartition))
    const doomed = await startMember({ topic, group, take: 1 })
    const survivor = pump(await bus().subscribe([topic], earliest(group)))

    await doomed.die()

    const places = () => survivor.received.map(({ record }) => `${record.partition}@${record.offset}`).sort()
    await eventually(() => expect(places()).toEqual(['0@0', '0@1', '1@0', '1@1']), takeoverWithin)
    await survivor.stop()
  })

  test('delivers the unacknowledged event again after the stream was closed, and no earlier event', async () => {
    const topic = await newTopic(bus())
    const group = uniqueGroup()
    await bus().publish(topic, numberedList(5))

    const stream = await bus().subscribe([topic], earliest(group))
    await take(stream, 3)
    await stream.close()
    expect(await nextOffset(bus(), group, topic)).toBe(2n)

    const again = await (await open()).subscribe([topic], earliest(group))
    expect((await take(again, 3)).map(numberOf)).toEqual([2, 3, 4])
  })

  test('delivers the event again at which a for await loop was left', async () => {
    const topic = await newTopic(bus())
    const group = uniqueGroup()
    await bus().publish(topic, numberedList(3))

    for await (const received of await bus().subscribe([topic], earliest(group))) if (numberOf(received) === 1) break

    expect(await nextOffset(bus(), group, topic)).toBe(1n)
  })

  test('acknowledges an event when next is called again, even if the stream is closed right after', async () => {
    const topic = await newTopic(bus())
    const group = uniqueGroup()
    await bus().publish(topic, numberedList(1))
    const stream = await bus().subscribe([topic], earliest(group))
    await stream.next()

    const asked = stream.next()
    await stream.close()

    expect(await asked).toEqual({ done: true, value: undefined })
    expect(await nextOffset(bus(), group, topic)).toBe(1n)
  })

  test('commits acknowledged events while the stream runs, and no others', async () => {
    const topic = await newTopic(bus())
    const group = uniqueGroup()
    await bus().publish(topic, numberedList(10))
    const stream = await bus().subscribe([topic], earliest(group))

    await take(stream, 1)
    expect(await nextOffset(bus(), group, topic)).toBe(0n)
    await take(stream, 6)
    await eventually(async () => expect(await nextOffset(await open(), group, topic)).toBe(6n))

    await stream.close()
    expect(await nextOffset(bus(), group, topic)).toBe(6n)
  })

  test('commits each partition separately', async () => {
    const topic = await newTopic(bus(), 2)
    const group = uniqueGroup()
    await bus().log.append(topic, [0, 0, 0, 1, 1].map(onPartition))
    const stream = await bus().subscribe([topic], earliest(group))

    const received = await take(stream, 4)
    await stream.close()

    const acknowledged = received.slice(0, 3)
    for (const partition of [0, 1]) {
      const count = acknowledged.filter(({ record }) => record.partition === partition).length
      expect(await nextOffset(bus(), group, topic, partition)).toBe(BigInt(count))
    }
  })

  test('commits nothing for a subscriber that took no event', async () => {
    const topic = await newTopic(bus())
    const group = uniqueGroup()
    await bus().publish(topic, numberedList(3))
    const stream = await bus().subscribe([topic], earliest(group))

    await stream.close()

    expect(await nextOffset(bus(), group, topic)).toBe(0n)
    const again = await bus().subscribe([topic], earliest(group))
    expect((await take(again, 1)).map(numberOf)).toEqual([0])
  })

  test('continues at the committed offset after the bus was opened again', async () => {
    const topic = await newTopic(bus())
    const group = uniqueGroup()
    await bus().publish(topic, numberedList(4))
    const before = await open()
    const stream = await before.subscribe([topic], earliest(group))
    await take(stream, 3)
    await before.close()

    const after = await (await open()).subscribe([topic], earliest(group))

    expect((await take(after, 2)).map(numberOf)).toEqual([2, 3])
  })

  test('skips no event after the first subscription of a group with autoOffsetReset latest', async () => {
    const topic = await newTopic(bus())
    const latest = { group: uniqueGroup(), autoOffsetReset: 'latest' } as const
    await bus().publish(topic, numbered(0))
    const stream = await bus().subscribe([topic], latest)
    await bus().publish(topic, [numbered(1), numbered(2)])
    expect((await take(stream, 1)).map(numberOf)).toEqual([1])
    await stream.close()

    const again = await (await open()).subscribe([topic], latest)

    expect((await take(again, 2)).map(numberOf)).toEqual([1, 2])
  })

  test('does not leak memory per delivered event', async () => {
    const topic = await newTopic(bus())
    await bus().log.append(
      topic,
      Array.from({ length: 25_000 }, () => onPartition(0)),
    )
    const stream = await bus().subscribe([topic], { ...earliest(uniqueGroup()), bufferSize: 1 })

    for (let count = 0; count < 5000; count += 1) await stream.next()
    const before = usedHeap()
    for (let count = 0; count < 20_000; count += 1) await stream.next()

    // One leaked promise reaction per event, the usual leak, would take 6 MB.
    expect((usedHeap() - before) / 1e6).toBeLessThan(3)
  })

  test('starts at an offset that was committed before the group had members', async () => {
    const topic = await newTopic(bus())
    const group = uniqueGroup()
    await bus().publish(topic, numberedList(5))

    await bus().admin.commitOffsets(group, [{ topic, partition: 0, offset: 3n }])

    const stream = await bus().subscribe([topic], earliest(group))
    expect((await take(stream, 2)).map(numberOf)).toEqual([3, 4])
  })

  test('starts again at an offset that was committed after its members had left', async () => {
    const topic = await newTopic(bus())
    const group = uniqueGroup()
    await bus().publish(topic, numberedList(4))
    const stream = await bus().subscribe([topic], earliest(group))
    await take(stream, 4)
    await stream.close()

    await bus().admin.commitOffsets(group, [{ topic, partition: 0, offset: 1n }])

    const again = await (await open()).subscribe([topic], earliest(group))
    expect((await take(again, 3)).map(numberOf)).toEqual([1, 2, 3])
  })
}
