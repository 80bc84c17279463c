import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import type { Position } from '../../src/bus/record.ts'
import { KafkaCluster } from '../../src/drivers/kafka/connection/cluster.ts'
import { WireConnection } from '../../src/drivers/kafka/connection/wire.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { checkLag } from '../../src/operations/check/check-lag.ts'
import { describeGroup, listGroups } from '../../src/operations/groups/groups.ts'
import { measureLag } from '../../src/operations/lag/lag.ts'
import { countWaiting } from '../../src/operations/lag/waiting-by-type.ts'
import { kafkaTool } from '../support/kafka.ts'
import { eventually, newTopic, numberedList, take, uniqueGroup } from './support/harness.ts'
import { addPartitions, deleteRecordsBefore } from './support/kafka-changes.ts'

const brokers = inject('kafkaBrokers')
const signal = new AbortController().signal

function openBus(): RedpandaEventBus {
  const bus = new RedpandaEventBus({ brokers, timeout: 60_000 })
  onTestFinished(() => bus.close())
  return bus
}

const lagOf = async (bus: RedpandaEventBus, ...groups: string[]) =>
  (await measureLag(bus, { groups, now: Date.now, signal })).groups

/** The rows of `kafka-consumer-groups.sh --describe`: committed, end, lag and member by topic and partition. */
async function describeWithKafka(group: string): Promise<Map<string, string[]>> {
  const printed = await kafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', [
    ...['--bootstrap-server', brokers, '--describe', '--group', group],
  ])
  const rows = printed.split('\n').map((line) => line.trim().split(/\s+/))
  return new Map(
    rows
      .filter(([name]) => name === group)
      .map(([, topic, partition, committed = '', end = '', lag = '', member = '']) => [
        `${topic}/${partition}`,
        [committed, end, lag, member],
      ]),
  )
}

describe.skipIf(brokers === '')('lag on a real Kafka', () => {
  test("reports the same numbers as Kafka's own tool", async () => {
    const bus = openBus()
    const topic = await newTopic(bus, 3)
    const [stopped, running] = [uniqueGroup(), uniqueGroup()]
    const records = [0, 1, 2].flatMap((partition) =>
      Array.from({ length: 10 * (partition + 1) }, () => ({ key: null, value: Buffer.from('x'), partition })),
    )
    await bus.log.append(topic, records)
    const place = (partition: number, offset: bigint): Position => ({ topic, partition, offset })
    await bus.admin.commitOffsets(stopped, [place(0, 4n), place(1, 20n)])
    const stream = await openBus().subscribe([topic], { group: running, autoOffsetReset: 'earliest' })
    await take(stream, 25)
    // Wait for the commit, so that both tools see the same offsets.
    await eventually(async () => {
      const committed = await bus.admin.committedOffsets(running)
      expect(committed.reduce((sum, { offset }) => sum + offset, 0n)).toBe(24n)
    })

    for (const group of [stopped, running]) {
      const [ours] = await lagOf(bus, group)
      const theirs = await describeWithKafka(group)
      const text = (value: bigint | string | undefined) => String(value ?? '-')
      const rows = ours?.topics.flatMap(({ topic: name, partitions }) =>
        partitions.map(({ partition, committed, end, lag, memberId }) => [
          `${name}/${partition}`,
          [text(committed), text(end), text(lag), text(memberId)],
        ]),
      )
      // Only crbus reports partitions without a commit or an owner.
      const shared = rows?.filter(([key]) => theirs.has(key as string))
      expect(new Map(shared as [string, string[]][])).toEqual(theirs)
      expect(theirs.size).toBe(group === stopped ? 2 : 3)
    }
    expect((await lagOf(bus, stopped))[0]).toMatchObject({ state: 'Empty', lag: 6n, verdict: 'stopped' })
    await stream.close()
  })

  test('takes the age from the record at the committed offset, wherever in its batch it is', async () => {
    const bus = new RedpandaEventBus({ brokers, compression: 'gzip' })
    onTestFinished(() => bus.close())
    const topic = await newTopic(bus)
    const groups = [uniqueGroup(), uniqueGroup()] as const
    const now = Date.now()
    await bus.log.append(
      topic,
      [500, 400, 300, 200].map((age) => ({
        key: null,
        value: Buffer.from('x'),
        timestamp: BigInt(now - age * 1000),
      })),
    )
    await bus.admin.commitOffsets(groups[0], [{ topic, partition: 0, offset: 2n }])
    await bus.admin.commitOffsets(groups[1], [{ topic, partition: 0, offset: 3n }])

    const report = await measureLag(bus, { groups, now: () => now, signal })

    expect(Object.fromEntries(report.groups.map(({ group, age }) => [group, age]))).toEqual({
      [groups[0]]: 300_000,
      [groups[1]]: 200_000,
    })
  })

  describe('the number of requests', () => {
    /** Records the names of requests to brokers. */
    function countingRequests() {
      const asked = vi.spyOn(WireConnection.prototype, 'send')
      onTestFinished(() => asked.mockRestore())
      return async (work: () => Promise<unknown>): Promise<string[]> => {
        asked.mockClear()
        await work()
        return asked.mock.calls.map(([{ name }]) => name).sort()
      }
    }

    /** Creates a topic with a record on each partition, and groups that have read none of them. */
    async function behind(bus: RedpandaEventBus, groups: readonly string[], partitions: number): Promise<void> {
      const topic = await newTopic(bus, partitions)
      const all = Array.from({ length: partitions }, (_, partition) => partition)
      await bus.log.append(
        topic,
        all.map((partition) => ({ key: null, value: Buffer.from('x'), partition })),
      )
      for (const group of groups) {
        await bus.admin.commitOffsets(
          group,
          all.map((partition) => ({ topic, partition, offset: 0n })),
        )
      }
    }

    const uniqueGroups = (count: number) => Array.from({ length: count }, uniqueGroup)

    test('is the same for many partitions and topics as for one', async () => {
      const bus = openBus()
      const [small, large] = [uniqueGroup(), uniqueGroup()]
      await behind(bus, [small], 1)
      for (const topics of [1, 2, 3]) await behind(bus, [large], topics * 10)
      const requests = countingRequests()

      const one = await requests(async () => expect(await lagOf(bus, small)).toMatchObject([{ lag: 1n }]))
      const many = await requests(async () => expect(await lagOf(bus, large)).toMatchObject([{ lag: 60n }]))

      expect(many).toEqual(one)
      expect(one.filter((name) => name === 'OffsetFetch' || name === 'Fetch')).toEqual(['Fetch', 'OffsetFetch'])
    })

    test('is the same for many groups as for a few, for lag and for listing', async () => {
      const bus = openBus()
      const [few, many] = [uniqueGroups(3), uniqueGroups(30)]
      await behind(bus, few, 2)
      const requests = countingRequests()
      const listed = (groups: readonly string[]) => async () => {
        const names = (await listGroups(bus)).map(({ group }) => group)
        expect(names).toEqual(expect.arrayContaining([...groups]))
      }
      const measured = (groups: readonly string[]) => async () => {
        const found = await lagOf(bus, ...groups)
        expect(found.map(({ lag }) => lag)).toEqual(groups.map(() => 2n))
      }

      const [lagOfFew, listOfFew] = [await requests(measured(few)), await requests(listed(few))]
      await behind(bus, many, 2)

      expect(await requests(measured(many))).toEqual(lagOfFew)
      expect(await requests(listed(many))).toEqual(listOfFew)
    })

    test('is one per group on older brokers, with the same result', async () => {
      const bus = openBus()
      const groups = uniqueGroups(3)
      await behind(bus, groups, 2)
      const stream = await openBus().subscribe([await newTopic(bus)], { group: groups[0] })
      const now = Date.now()
      const measure = () => measureLag(bus, { groups, now: () => now, signal })
      const newer = await measure()
      const speaks = vi.spyOn(KafkaCluster.prototype, 'speaks').mockResolvedValue(false)
      onTestFinished(() => speaks.mockRestore())
      const requests = countingRequests()

      const asked = await requests(async () => expect(await measure()).toEqual(newer))

      const counted = (name: string) => asked.filter((one) => one === name).length
      expect([counted('OffsetFetch'), counted('DescribeGroups')]).toEqual([3, 1])
      await stream.close()
    })
  })

  test('counts the remaining events of a log with deleted records, and the number of unread ones that were deleted', async () => {
    const bus = openBus()
    const topic = await newTopic(bus, 2)
    const now = Date.now()
    const records = [0, 1].flatMap((partition) =>
      [50, 40, 30, 20, 10].map((age) => ({
        key: null,
        value: Buffer.from('x'),
        partition,
        timestamp: BigInt(now - age * 1000),
      })),
    )
    await bus.log.append(topic, records)
    const group = uniqueGroup()
    await bus.admin.commitOffsets(
      group,
      [1n, 4n].map((offset, partition) => ({ topic, partition, offset })),
    )

    await deleteRecordsBefore(brokers, topic, 0, 3n)
    await deleteRecordsBefore(brokers, topic, 1, 3n)

    const report = await measureLag(bus, { groups: [group], now: () => now, signal })
    expect(report.groups[0]).toMatchObject({ verdict: 'beyond-the-log', age: 20_000 })
    expect(report.groups[0]?.topics[0]?.partitions).toMatchObject([
      { committed: 1n, start: 3n, end: 5n, lag: 2n, gone: 2n, age: 20_000, verdict: 'beyond-the-log' },
      { committed: 4n, start: 3n, end: 5n, lag: 1n, age: 10_000, verdict: 'stopped' },
    ])
    expect(report.groups[0]?.topics[0]?.partitions[1]).not.toHaveProperty('gone')
    expect(report.groups[0]).toMatchObject({ lag: 3n, gone: 2n })
    expect(await countWaiting(bus, report, { limit: 100, signal })).toMatchObject([{ lag: 3n, sampled: 3 }])
    expect(await checkLag(bus, { groups: [group], maxEvents: 3, now: () => now, signal })).toMatchObject({
      status: 'critical',
      findings: [
        { code: 'committed-outside-log', group, partitions: [{ topic, partition: 0 }], gone: 2n },
        { code: 'group-without-members', group, lag: 3n },
      ],
    })
    expect(await describeGroup(bus, group)).toMatchObject({
      lag: 3n,
      offsets: [{ lag: 2n, gone: 2n }, { gone: 0n }],
    })
  })

  test('reports partitions that were added meanwhile and have no reader', async () => {
    const bus = openBus()
    const topic = await newTopic(bus)
    const group = uniqueGroup()
    await bus.admin.commitOffsets(group, [{ topic, partition: 0, offset: 0n }])
    const request = { groups: [group], sample: 1, now: Date.now, signal }
    const before = await measureLag(bus, request)
    expect(before.groups[0]?.topics[0]?.partitions).toHaveLength(1)

    await addPartitions(brokers, topic, 3)
    await openBus().log.append(topic, [{ key: null, value: Buffer.from('x'), partition: 2 }])

    expect((await measureLag(bus, request)).groups[0]?.topics[0]?.partitions).toMatchObject([
      { partition: 0, committed: 0n, verdict: 'ok' },
      { partition: 1, committed: undefined, end: 0n, verdict: 'ok' },
      { partition: 2, committed: undefined, end: 1n, verdict: 'never-committed' },
    ])
  })

  test('does not join the group: a running group keeps its generation', async () => {
    const bus = openBus()
    const topic = await newTopic(bus)
    const group = uniqueGroup()
    await bus.publish(topic, numberedList(3))
    const stream = await openBus().subscribe([topic], { group, autoOffsetReset: 'earliest' })
    await take(stream, 2)
    const before = await bus.admin.describeGroup(group)

    await measureLag(bus, { groups: [group], sample: 50, now: Date.now, signal })

    expect(await bus.admin.describeGroup(group)).toEqual(before)
    await stream.close()
  })
})
