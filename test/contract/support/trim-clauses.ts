import { expect, test } from 'vitest'
import type { Contract } from '../bus-contract.ts'
import {
  newTopic,
  numbered,
  numberedList,
  numberOf,
  readSlices,
  readTopic,
  take,
  uniqueGroup,
  uniqueTopic,
} from './harness.ts'
import { testBut } from './kfake-lacks.ts'

export function trimClauses({ bus, open }: Contract): void {
  const at = (offset: bigint, partition = 0) => new Map([[partition, offset]])

  test('deletes the records before an offset for every client, and keeps the later ones at their offsets', async () => {
    const topic = await newTopic(bus())
    const other = await open()
    await bus().publish(topic, numberedList(5))

    expect(await bus().admin.deleteRecords(topic, at(3n))).toEqual(at(3n))

    expect(await other.log.ranges(topic)).toEqual([{ partition: 0, start: 3n, end: 5n }])
    expect((await other.log.rangesOf([topic])).get(topic)).toEqual([{ partition: 0, start: 3n, end: 5n }])
    expect((await readTopic(other, topic)).map(({ offset }) => offset)).toEqual([3n, 4n])
    expect(await other.publish(topic, numbered(5))).toMatchObject([{ offset: 5n }])
  })

  test('ends the read of a slice whose records are all deleted, also if no record of the partition is left', async () => {
    const topic = await newTopic(bus())
    await bus().publish(topic, numberedList(3))
    await bus().admin.deleteRecords(topic, at(3n))
    expect(await readSlices(bus(), [{ topic, partition: 0, from: 0n, to: 3n }])).toEqual([])
  })

  test('deletes every record, and the next one continues the offsets', async () => {
    const topic = await newTopic(bus())
    await bus().publish(topic, numberedList(3))

    expect(await bus().admin.deleteRecords(topic, at(3n))).toEqual(at(3n))

    expect(await (await open()).log.ranges(topic)).toEqual([{ partition: 0, start: 3n, end: 3n }])
    expect(await bus().log.offsetsAt(topic, 0n)).toEqual(at(3n))
    expect(await bus().publish(topic, numbered(3))).toMatchObject([{ offset: 3n }])
    expect((await readTopic(bus(), topic)).map(({ offset }) => offset)).toEqual([3n])
  })

  testBut('deletion of deleted records')(
    'changes only the given partitions, and nothing at an offset that is deleted already',
    async () => {
      const topic = await newTopic(bus(), 2)
      const records = [0, 0, 1, 1].map((partition) => ({ key: null, value: Buffer.from('x'), partition }))
      await bus().log.append(topic, records)
      await bus().admin.deleteRecords(topic, at(1n, 1))

      expect(await bus().admin.deleteRecords(topic, at(0n, 1))).toEqual(at(1n, 1))

      expect(await bus().log.ranges(topic)).toEqual([
        { partition: 0, start: 0n, end: 2n },
        { partition: 1, start: 1n, end: 2n },
      ])
    },
  )

  test('ends the read of a slice whose records are all deleted', async () => {
    const topic = await newTopic(bus())
    await bus().publish(topic, numberedList(5))
    await bus().admin.deleteRecords(topic, at(4n))

    expect(await readSlices(bus(), [{ topic, partition: 0, from: 0n, to: 2n }])).toEqual([])
    expect(await readSlices(bus(), [{ topic, partition: 0, from: 2n, to: 5n }])).toMatchObject([{ offset: 4n }])
    expect(await bus().log.firstRecords([{ topic, partition: 0, from: 0n }])).toMatchObject([{ offset: 4n }])
  })

  test('a group that has not read the deleted records continues at the oldest one', async () => {
    const topic = await newTopic(bus())
    const group = uniqueGroup()
    await bus().publish(topic, numberedList(5))
    await bus().admin.commitOffsets(group, [{ topic, partition: 0, offset: 1n }])
    await bus().admin.deleteRecords(topic, at(3n))

    const stream = await (await open()).subscribe([topic], { group })

    expect((await take(stream, 2)).map(numberOf)).toEqual([3, 4])
    await stream.close()
  })

  test('refuses an offset after the end, and a partition that does not exist', async () => {
    const topic = await newTopic(bus())
    await bus().publish(topic, numberedList(2))

    await expect(bus().admin.deleteRecords(topic, at(3n))).rejects.toMatchObject({ code: 'REFUSED', topic })
    await expect(bus().admin.deleteRecords(topic, at(0n, 7))).rejects.toMatchObject({ code: 'REFUSED', topic })

    expect(await bus().log.ranges(topic)).toEqual([{ partition: 0, start: 0n, end: 2n }])
  })

  testBut('refuses deletion from compacted topics')(
    'refuses to delete the records of a topic that is only compacted',
    async () => {
      const topic = uniqueTopic()
      await bus().admin.createTopic(topic, { partitions: 1, config: { 'cleanup.policy': 'compact' } })
      await bus().log.append(topic, [{ key: Buffer.from('k'), value: Buffer.from('v') }])

      await expect(bus().admin.deleteRecords(topic, at(1n))).rejects.toMatchObject({ code: 'REFUSED', topic })

      expect(await bus().log.ranges(topic)).toEqual([{ partition: 0, start: 0n, end: 1n }])
    },
  )

  test('reports a missing topic', async () => {
    const topic = uniqueTopic()

    await expect(bus().admin.deleteRecords(topic, at(1n))).rejects.toMatchObject({ code: 'TOPIC_NOT_FOUND', topic })
  })
}
