import { expect, test } from 'vitest'
import { measureLag } from '../../../src/operations/lag/lag.ts'
import { COMMIT_INTERVAL_MS } from '../../../src/operations/lag/verdict.ts'
import { countWaiting } from '../../../src/operations/lag/waiting-by-type.ts'
import type { Contract } from '../bus-contract.ts'
import { eventually, newTopic, numberedList, take, text, uniqueGroup, uniqueTopic } from './harness.ts'

/** A full minute. Recent, because a broker deletes records that are older than its retention. */
const T0 = Math.floor(Date.now() / 60_000) * 60_000 - 3_600_000
const EVERY_MS = 60_000

/** The lag of groups. It relies on nothing but the behavior that every bus shares. */
export function lagClauses({ bus, open }: Contract): void {
  const signal = new AbortController().signal

  const lagOf = async (group: string, more: { readonly topics?: readonly string[]; readonly sample?: number } = {}) => {
    const { groups } = await measureLag(bus(), { groups: [group], now: () => T0 + 10 * EVERY_MS, signal, ...more })
    if (more.topics === undefined) expect(groups).toHaveLength(1)
    return groups[0]
  }

  /** The report on each partition of the group's only topic. */
  const partitionsOf = async (group: string) => (await lagOf(group))?.topics[0]?.partitions

  /** A topic with these values in each partition, a minute apart. */
  async function filled(...partitions: (string | null)[][]): Promise<string> {
    const topic = await newTopic(bus(), partitions.length)
    const records = partitions.flatMap((values, partition) =>
      values.map((value, index) => ({
        key: text('key'),
        value: value === null ? null : text(value),
        partition,
        timestamp: BigInt(T0 + index * EVERY_MS),
      })),
    )
    await bus().log.append(topic, records)
    return topic
  }

  async function groupAt(topic: string, ...offsets: number[]): Promise<string> {
    const group = uniqueGroup()
    const positions = offsets.map((offset, partition) => ({ topic, partition, offset: BigInt(offset) }))
    await bus().admin.commitOffsets(group, positions)
    return group
  }

  test('measures lag in events and in time, by the first unread record', async () => {
    const topic = await filled(['a', 'b', 'c', 'd'], ['a', 'b'], [])
    const group = await groupAt(topic, 1, 2, 0)

    expect(await lagOf(group)).toMatchObject({
      group,
      state: 'Empty',
      memberCount: 0,
      lag: 3n,
      age: 9 * EVERY_MS,
      verdict: 'stopped',
      topics: [
        {
          topic,
          partitions: [
            { partition: 0, committed: 1n, start: 0n, end: 4n, lag: 3n, age: 9 * EVERY_MS, verdict: 'stopped' },
            { partition: 1, committed: 2n, lag: 0n, age: undefined, verdict: 'ok' },
            { partition: 2, committed: 0n, lag: 0n, age: undefined, verdict: 'ok' },
          ],
        },
      ],
    })
  })

  test('counts an unread tombstone like any event', async () => {
    const topic = await filled(['a', null, 'b'])
    const group = await groupAt(topic, 1)

    const report = await measureLag(bus(), { groups: [group], now: () => T0 + 10 * EVERY_MS, signal })

    expect(report.groups).toMatchObject([{ lag: 2n, age: 9 * EVERY_MS, verdict: 'stopped' }])
    expect(await countWaiting(bus(), report, { limit: 10, signal })).toMatchObject([
      {
        lag: 2n,
        sampled: 2,
        types: [
          { eventType: '(tombstone)', count: 1 },
          { eventType: '(undecodable)', count: 1 },
        ],
      },
    ])
  })

  test('reports no lag beyond the end of the log, with a verdict, and unknown lag without a committed offset', async () => {
    const topic = await filled(['a', 'b'], ['a'], [])
    const group = await groupAt(topic, 7)

    expect(await partitionsOf(group)).toMatchObject([
      { committed: 7n, end: 2n, lag: 0n, age: undefined, verdict: 'beyond-the-log' },
      { committed: undefined, end: 1n, lag: undefined, verdict: 'never-committed' },
      { committed: undefined, end: 0n, lag: undefined, verdict: 'ok' },
    ])
    expect(await lagOf(group)).toMatchObject({ lag: 0n, verdict: 'beyond-the-log' })
  })

  test('measures the remaining topics after a topic of the group was deleted', async () => {
    const [gone, kept] = [await filled(['a', 'b']), await filled(['a', 'b'])]
    const stopped = await groupAt(gone, 1)
    await bus().admin.commitOffsets(stopped, [{ topic: kept, partition: 0, offset: 1n }])
    const running = uniqueGroup()
    const member = await open()
    const stream = await member.subscribe([gone, kept], { group: running, autoOffsetReset: 'earliest' })
    await take(stream, 1)

    await bus().admin.deleteTopic(gone)

    // A broker deletes the offsets after a while, and a member drops the topic after a while.
    for (const group of [stopped, running]) {
      const left = (await lagOf(group, { topics: [kept] }))?.topics
      expect(left).toMatchObject([{ topic: kept, partitions: [{ start: 0n, end: 2n }] }])
      for (const { partitions } of (await lagOf(group, { topics: [gone] }))?.topics ?? []) {
        expect(partitions).toMatchObject([{ start: undefined, end: undefined, verdict: 'beyond-the-log' }])
      }
    }
    await eventually(async () =>
      expect(await lagOf(stopped)).toMatchObject({ lag: 1n, verdict: 'stopped', topics: [{ topic: kept }] }),
    )
    await stream.close()
  })

  test('judges a running group by two snapshots at least a commit interval apart, without disturbing it', async () => {
    const topic = await newTopic(bus())
    const group = uniqueGroup()
    await bus().publish(topic, numberedList(5))
    const stream = await (await open()).subscribe([topic], { group, autoOffsetReset: 'earliest' })
    await take(stream, 3)
    await eventually(async () => expect(await bus().admin.committedOffsets(group)).toMatchObject([{ offset: 2n }]))
    const before = await bus().admin.describeGroup(group)

    const once = await lagOf(group)
    const soon = await lagOf(group, { sample: 1 })
    const later = await lagOf(group, { sample: COMMIT_INTERVAL_MS })

    const [member] = before.members
    expect(once).toMatchObject({ state: 'Stable', memberCount: 1, lag: 3n, verdict: undefined })
    expect(once?.topics[0]?.partitions).toMatchObject([{ memberId: member?.memberId, clientId: member?.clientId }])
    const rates = { in: 0, out: 0, catchUp: undefined }
    expect(soon).toMatchObject({ lag: 3n, verdict: undefined, rates })
    expect(later).toMatchObject({ lag: 3n, verdict: 'stalled', rates })
    expect(await bus().admin.describeGroup(group)).toEqual(before)
    await stream.close()
    await eventually(async () => expect(await lagOf(group)).toMatchObject({ state: 'Empty', verdict: 'stopped' }))
  })

  test('reports no time to catch up for a partition without a committed offset', async () => {
    const group = await groupAt(await filled(['a'], ['a']), 1)

    const partitions = (await lagOf(group, { sample: 1 }))?.topics[0]?.partitions

    expect(partitions).toMatchObject([
      { verdict: 'ok', rates: { catchUp: 0 } },
      { verdict: 'never-committed', rates: { catchUp: undefined } },
    ])
  })

  test('leaves out groups without an offset or a member on the requested topics', async () => {
    const group = await groupAt(await filled(['a']), 1)
    expect(await lagOf(group)).toBeDefined()
    expect(await lagOf(group, { topics: [uniqueTopic()] })).toBeUndefined()
  })

  test('sorts the groups of a pattern worst first and rejects the name of a missing group', async () => {
    const topic = await filled(['a', 'b', 'c'])
    const prefix = uniqueGroup()
    for (const [name, offset] of [['done', 3n] as const, ['far', 0n] as const, ['near', 2n] as const]) {
      await bus().admin.commitOffsets(`${prefix}-${name}`, [{ topic, partition: 0, offset }])
    }

    const { groups } = await measureLag(bus(), { groups: [`${prefix}-*`], now: Date.now, signal })

    expect(groups.map(({ group, verdict }) => [group, verdict])).toEqual([
      [`${prefix}-far`, 'stopped'],
      [`${prefix}-near`, 'stopped'],
      [`${prefix}-done`, 'ok'],
    ])
    const missing = measureLag(bus(), { groups: [`${prefix}-*`, prefix], now: Date.now, signal })
    await expect(missing).rejects.toMatchObject({ code: 'GROUP_NOT_FOUND', group: prefix })
  })
}
