import { expect, test } from 'vitest'
import type { Contract } from '../bus-contract.ts'
import { newTopic, numbered, numberedList, take, uniqueGroup, uniqueTopic } from './harness.ts'

/** Recent, because a broker deletes records that are older than its retention. */
const recent = BigInt(Date.now()) - 1000n

/** Queries about many topics, partitions and groups at once, as `crbus lag` makes them. */
export function batchClauses({ bus, open }: Contract): void {
  test('returns the ranges of several topics and leaves out missing topics', async () => {
    const [first, second] = [await newTopic(bus(), 2), await newTopic(bus())]
    await bus().publish(second, numberedList(3))

    const ranges = await (await open()).log.rangesOf([first, uniqueTopic(), second, first])

    expect(Object.fromEntries(ranges)).toEqual({
      [first]: [0, 1].map((partition) => ({ partition, start: 0n, end: 0n })),
      [second]: [{ partition: 0, start: 0n, end: 3n }],
    })
    expect(await bus().log.rangesOf([])).toEqual(new Map())
  })

  test('returns the first record of each slice, in request order, without waiting for records', async () => {
    const [topic, empty] = [await newTopic(bus()), await newTopic(bus())]
    await bus().log.append(
      topic,
      [10n, 20n, 30n].map((later) => ({ key: null, value: Buffer.from('x'), timestamp: recent + later })),
    )
    const slice = (from: bigint, to?: bigint, of = topic) => ({ topic: of, partition: 0, from, to })

    const found = await (await open()).log.firstRecords([
      slice(2n, 3n),
      slice(0n, 3n),
      slice(1n, 1n),
      slice(1n),
      slice(0n, 3n),
      slice(9n, 12n),
      slice(0n, undefined, empty),
      slice(0n, 1n, uniqueTopic()),
      { topic, partition: 7, from: 0n, to: 1n },
    ])

    expect(found.map((record) => record && [record.topic, record.offset, record.timestamp - recent])).toEqual([
      [topic, 2n, 30n],
      [topic, 0n, 10n],
      undefined,
      [topic, 1n, 20n],
      [topic, 0n, 10n],
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })

  test('returns the first records of partitions with large batches', async () => {
    const topic = await newTopic(bus(), 4)
    const value = Buffer.alloc(200_000, 'x')
    for (const partition of [0, 1, 2, 3]) {
      await bus().log.append(
        topic,
        [0, 1, 2].map((step) => ({
          key: null,
          value,
          partition,
          timestamp: recent + BigInt(partition * 10 + step + 1),
        })),
      )
    }
    const slices = [0, 1, 2, 3].map((partition) => ({ topic, partition, from: 1n, to: 3n }))

    const found = await bus().log.firstRecords(slices)

    expect(found.map((record) => record && record.timestamp - recent)).toEqual([2n, 12n, 22n, 32n])
  })

  test('describes several groups, including unknown ones', async () => {
    const topic = await newTopic(bus())
    const [running, stopped, unknown] = [uniqueGroup(), uniqueGroup(), uniqueGroup()]
    await bus().publish(topic, numbered(1))
    await take(await (await open()).subscribe([topic], { group: running, autoOffsetReset: 'earliest' }), 1)
    await bus().admin.commitOffsets(stopped, [{ topic, partition: 0, offset: 0n }])

    const described = await (await open()).admin.describeGroups([unknown, running, stopped])

    expect(described).toMatchObject([
      { group: unknown, state: 'Dead', members: [] },
      { group: running, state: 'Stable', members: [{ assignment: [{ topic, partition: 0 }] }] },
      { group: stopped, state: 'Empty', members: [] },
    ])
    expect(described[1]).toEqual(await bus().admin.describeGroup(running))
  })

  test('returns the committed offsets of several groups', async () => {
    const topic = await newTopic(bus(), 2)
    const [first, second] = [uniqueGroup(), uniqueGroup()]
    const place = (partition: number, offset: bigint) => ({ topic, partition, offset })
    await bus().admin.commitOffsets(first, [place(1, 0n), place(0, 0n)])
    await bus().admin.commitOffsets(second, [place(1, 5n)])

    const committed = await (await open()).admin.committedOffsetsOf([second, uniqueGroup(), first])

    expect(committed).toEqual([[place(1, 5n)], [], [place(0, 0n), place(1, 0n)]])
  })
}
