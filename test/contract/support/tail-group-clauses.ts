import { expect, test } from 'vitest'
import type { EventView } from '../../../src/operations/events/event-view.ts'
import { readGroupPosition } from '../../../src/operations/tail/group-position.ts'
import { planJoin, readAsMember } from '../../../src/operations/tail/read-as-member.ts'
import type { Contract } from '../bus-contract.ts'
import { eventually, newTopic, text, uniqueGroup } from './harness.ts'

/** `tail --group` and `tail --group-position`. */
export function tailGroupClauses({ bus, open }: Contract): void {
  const signal = new AbortController().signal
  const onNotice = () => {}

  /** Creates a topic with two partitions of five events, and a group that has committed 3 and 4. */
  async function prepare() {
    const topic = await newTopic(bus(), 2)
    const group = uniqueGroup()
    // Kafka deletes records with a time before its retention.
    const now = Date.now()
    const records = Array.from({ length: 10 }, (_, index) => ({
      ...{ key: null, value: text('x'), partition: index % 2, timestamp: BigInt(now - 100 + index) },
    }))
    await bus().log.append(topic, records)
    await bus().admin.commitOffsets(group, [
      { topic, partition: 0, offset: 3n },
      { topic, partition: 1, offset: 4n },
    ])
    return { topic, group }
  }

  const committed = async (group: string) =>
    (await bus().admin.committedOffsets(group)).map(({ partition, offset }) => `${partition}@${offset}`)

  const nameOf = ({ record }: EventView) => `${record.partition}@${record.offset}`

  async function readAs(topic: string, group: string, commits: boolean, limit?: number): Promise<string[]> {
    const plan = await planJoin(bus(), { topics: [topic], group, commits, signal, onNotice })
    const seen: string[] = []
    for await (const views of readAsMember(bus(), plan, { follow: false, signal, limit }))
      seen.push(...views.map(nameOf))
    return seen.sort()
  }

  test('a member reads from the committed offsets to the end, and commits only on request', async () => {
    const { topic, group } = await prepare()

    expect(await readAs(topic, group, false)).toEqual(['0@3', '0@4', '1@4'])
    expect(await committed(group)).toEqual(['0@3', '1@4'])
    expect(await readAs(topic, group, true)).toEqual(['0@3', '0@4', '1@4'])
    expect(await committed(group)).toEqual(['0@5', '1@5'])
    expect(await readAs(topic, group, true)).toEqual([])
  })

  test('a member commits no event after the last one that it shows', async () => {
    const { topic, group } = await prepare()
    await bus().admin.commitOffsets(group, [
      { topic, partition: 0, offset: 0n },
      { topic, partition: 1, offset: 5n },
    ])

    expect(await readAs(topic, group, true, 2)).toEqual(['0@0', '0@1'])
    expect(await committed(group)).toEqual(['0@2', '1@5'])
  })

  test('a member ends at the ends of its own partitions while another member has the others', async () => {
    const { topic, group } = await prepare()
    const other = await open()
    const stream = await other.subscribe([topic], { group, autoOffsetReset: 'earliest' })
    await eventually(async () => {
      const { members } = await bus().admin.describeGroup(group)
      expect(members.flatMap(({ assignment }) => assignment)).toHaveLength(2)
    })
    const plan = await planJoin(bus(), { topics: [topic], group, commits: false, signal, onNotice })
    expect(plan.memberIds).toHaveLength(1)

    const seen = await readAs(topic, group, false)

    expect([['0@3', '0@4'], ['1@4']]).toContainEqual(seen)
    await stream.close()
  })

  test('the position of a group is the first event after its committed offsets, which joins no group', async () => {
    const { topic, group } = await prepare()
    const request = { topics: [topic], group, signal, onNotice }

    const next = await readGroupPosition(bus(), { ...request, count: 1 })

    expect(next.map(nameOf)).toEqual(['0@3', '1@4'])
    expect((await readGroupPosition(bus(), { ...request, count: 5 })).map(nameOf)).toEqual(['0@3', '0@4', '1@4'])
    expect((await bus().admin.describeGroup(group)).state).toBe('Empty')
    await expect(readGroupPosition(bus(), { ...request, group: uniqueGroup(), count: 1 })).rejects.toMatchObject({
      code: 'GROUP_NOT_FOUND',
    })
    const elsewhere = await newTopic(bus())
    await expect(readGroupPosition(bus(), { ...request, topics: [elsewhere], count: 1 })).rejects.toMatchObject({
      code: 'REFUSED',
      message: `group '${group}' has committed nothing on ${elsewhere}`,
    })
  })
}
