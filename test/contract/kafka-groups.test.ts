import { once } from 'node:events'
import { describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { WireConnection } from '../../src/drivers/kafka/connection/wire.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { describeGroup, listGroups } from '../../src/operations/groups/groups.ts'
import { operationHints } from '../../src/operations/hints.ts'
import { applyReset } from '../../src/operations/reset/apply.ts'
import { planReset } from '../../src/operations/reset/make-plan.ts'
import { waitUntilEmpty } from '../../src/operations/reset/preconditions.ts'
import { parseTarget } from '../../src/operations/reset/target.ts'
import { isKafkaSince, isKfake, kafkaTool, kafkaUnavailable, startKafkaTool } from '../support/kafka.ts'
import { eventually, newTopic, text, uniqueGroup } from './support/harness.ts'
import { addPartitions, deleteRecordsBefore } from './support/kafka-changes.ts'
import { testBut } from './support/kfake-lacks.ts'

// Groups as Kafka's own tools see them, and groups of Kafka's newer protocol (KIP-848), which crbus's members do not use.

const brokers = inject('kafkaBrokers')
const hasTools = brokers !== '' && (await kafkaUnavailable()) === undefined && !process.env.CRBUS_TEST_BROKERS

const GROUP_COMMAND = 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand'
const CONSOLE_CONSUMER = 'org.apache.kafka.tools.consumer.ConsoleConsumer'
const SHARE_CONSUMER = 'org.apache.kafka.tools.consumer.ConsoleShareConsumer'
const NEWER_PROTOCOL = ['--consumer-property', 'group.protocol=consumer']
/** Before Kafka 4, the protocol is off by default. */
const hasNewerProtocol = isKfake || isKafkaSince(4, 0)
/** Before Kafka 4.2, share groups are off by default. */
const hasShareGroups = isKafkaSince(4, 2)
const NOW = Date.UTC(2026, 10, 23, 10)
/** A full minute. Recent, because a broker deletes records that are older than its retention. */
const T0 = Math.floor(Date.now() / 60_000) * 60_000 - 6 * 3_600_000
const at = (milliseconds: number) => new Date(milliseconds).toISOString()

describe.skipIf(!hasTools)('together with Kafka’s own tools', () => {
  function openBus(): RedpandaEventBus {
    const bus = new RedpandaEventBus({ brokers, timeout: 60_000 })
    onTestFinished(() => bus.close())
    return bus
  }

  /** Creates three partitions with 12, 7 and 0 records, a minute apart, and a group in the middle of them. */
  async function scene(bus: RedpandaEventBus) {
    const topic = await newTopic(bus, 3)
    const counts = [12, 7]
    const records = counts.flatMap((count, partition) =>
      Array.from({ length: count }, (_, index) => ({
        key: null,
        value: text('x'),
        partition,
        timestamp: BigInt(T0 + index * 60_000),
      })),
    )
    await bus.log.append(topic, records)
    const group = uniqueGroup()
    await bus.admin.commitOffsets(
      group,
      [5n, 3n, 0n].map((offset, partition) => ({ topic, partition, offset })),
    )
    return { topic, group }
  }

  /** The offsets to which Kafka's tool would reset, by partition. */
  async function kafkaPlan(group: string, topic: string, strategy: readonly string[]): Promise<bigint[]> {
    const base = ['--bootstrap-server', brokers, '--group', group, '--topic', topic, '--reset-offsets', '--dry-run']
    // Kafka 3.9 prints the rows without a line break between them.
    const printed = await kafkaTool(GROUP_COMMAND, [...base, ...strategy])
    const rows = [...printed.matchAll(new RegExp(`${group}\\s+${topic}\\s+(\\d+)\\s+(\\d+)`, 'g'))]
    return rows.sort((a, b) => Number(a[1]) - Number(b[1])).map(([, , offset]) => BigInt(offset ?? ''))
  }

  testBut('Java admin')(
    'plans the same offsets for every strategy that both tools have',
    { timeout: 120_000 },
    async () => {
      const bus = openBus()
      const { topic, group } = await scene(bus)

      for (const [to, strategy] of [
        ['start', ['--to-earliest']],
        ['end', ['--to-latest']],
        ['current', ['--to-current']],
        ['+2', ['--shift-by', '2']],
        ['-100', ['--shift-by', '-100']],
        ['+100', ['--shift-by', '100']],
        ['4', ['--to-offset', '4']],
        [`@${at(T0 + 210_000)}`, ['--to-datetime', at(T0 + 210_000)]],
        // After the last event, which means the end.
        [`@${at(T0 + 7_200_000)}`, ['--to-datetime', at(T0 + 7_200_000)]],
      ] as const) {
        const parsed = parseTarget(to, NOW)
        if (!parsed.ok || !('target' in parsed)) throw new Error(`no target: ${to}`)
        const { target } = parsed
        const made = await planReset(bus, { group, scope: [{ topic }], target, to, now: NOW })
        expect({ to, offsets: made.steps.map((step) => step.to) }).toEqual({
          to,
          offsets: await kafkaPlan(group, topic, strategy),
        })
      }
    },
  )

  test('Kafka’s tool describes the offsets of a reset', { timeout: 60_000 }, async () => {
    const bus = openBus()
    const { topic, group } = await scene(bus)
    const target = { kind: 'shift', by: -2n } as const
    const made = await planReset(bus, { group, scope: 'committed', target, to: '-2', now: NOW })
    await applyReset(bus, made, { saveUndo: async () => 'undo', now: NOW })

    const described = await kafkaTool(GROUP_COMMAND, ['--bootstrap-server', brokers, '--describe', '--group', group])
    const rows = described
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([name]) => name === group)
      .sort((a, b) => Number(a[2]) - Number(b[2]))
    const ours = await describeGroup(bus, group)
    expect(
      ours.offsets.map(({ partition, committed, end, lag }) => [topic, partition, committed, end, lag].map(String)),
    ).toEqual(rows.map((columns) => columns.slice(1, 6)))
    expect(ours.offsets.map(({ committed }) => committed)).toEqual([3n, 1n, 0n])
    expect(ours.coordinator).toMatchObject({ host: '127.0.0.1' })
  })

  test('makes a plan stale after records were deleted, and clamps the next plan to the log', async () => {
    const bus = openBus()
    const { topic, group } = await scene(bus)
    const target = { kind: 'position', position: { kind: 'offset', offset: 2n } } as const
    const request = { group, scope: [{ topic, partitions: [0] }], target, to: '2', now: NOW }
    const saveUndo = async () => 'undo'
    const before = await planReset(bus, request)

    await deleteRecordsBefore(brokers, topic, 0, 8n)

    await expect(applyReset(bus, before, { saveUndo, now: NOW })).rejects.toMatchObject({
      code: 'PLAN_STALE',
      message: expect.stringContaining(`${topic}[0] now holds 8 to 12, which does not include 2`),
    })
    const after = await planReset(bus, request)
    expect(after.steps).toMatchObject([
      { from: 5n, to: 8n, clamped: { code: 'before-log-start', wanted: 2n }, eventCount: 0n },
    ])
    expect(after.notes).toEqual([
      { code: 'committed-outside-log', topic, partition: 0, committed: 5n, start: 8n, end: 12n, gone: 3n },
    ])
    await applyReset(bus, after, { saveUndo, now: NOW })
    expect((await bus.admin.committedOffsets(group))[0]).toMatchObject({ offset: 8n })
  })

  if (hasNewerProtocol) {
    const newer = testBut('names of assigned topics')
    newer(
      'lists and describes groups of the newer protocol, refuses to reset them while they run, and resets them after',
      { timeout: 120_000 },
      async () => {
        const bus = openBus()
        const { topic } = await scene(bus)
        const group = uniqueGroup()
        const own = [...NEWER_PROTOCOL, '--consumer-property', 'auto.offset.reset=earliest']
        const consumer = await startKafkaTool(CONSOLE_CONSUMER, [
          ...['--bootstrap-server', brokers, '--topic', topic, '--group', group, ...own],
        ])
        onTestFinished(() => void consumer.kill('SIGKILL'))
        await eventually(async () =>
          expect(await describeGroup(bus, group)).toMatchObject({
            state: 'Stable',
            type: 'consumer',
            protocol: 'uniform',
            topics: [topic],
            lag: 0n,
            offsets: [{ committed: 12n }, { committed: 7n }, {}],
            members: [{ subscription: [topic], assignment: [0, 1, 2].map((partition) => ({ topic, partition })) }],
          }),
        )
        expect((await listGroups(bus)).find((one) => one.group === group)).toMatchObject({
          type: 'consumer',
          memberCount: 1,
        })
        const request = {
          group,
          scope: 'committed',
          target: { kind: 'position', position: { kind: 'start' } },
        } as const
        const live = await planReset(bus, { ...request, to: 'start', now: NOW })
        expect(live).toMatchObject({ replayed: 19n })
        const saveUndo = async () => 'undo'
        const active = { code: 'GROUP_ACTIVE' }
        await expect(applyReset(bus, live, { saveUndo, now: NOW })).rejects.toMatchObject(active)
        await expect(bus.admin.deleteGroup(group)).rejects.toMatchObject(active)

        const gone = once(consumer, 'exit')
        consumer.kill('SIGTERM')
        await gone
        await waitUntilEmpty(bus, group, 60_000)
        const made = await planReset(bus, { ...request, to: 'start', now: NOW })
        await applyReset(bus, made, { saveUndo, now: NOW })
        expect((await bus.admin.committedOffsets(group)).map(({ offset }) => offset)).toEqual([0n, 0n, 0n])
        await bus.admin.deleteGroup(group)
        expect(await bus.admin.describeGroup(group)).toMatchObject({ state: 'Dead' })
      },
    )
  } else {
    test('reports no group of the newer protocol on a broker that has it off', { timeout: 60_000 }, async () => {
      const bus = openBus()
      const { topic } = await scene(bus)
      const group = uniqueGroup()
      const words = ['--bootstrap-server', brokers, '--topic', topic, '--group', group, ...NEWER_PROTOCOL]
      const consumer = await startKafkaTool(CONSOLE_CONSUMER, words)
      onTestFinished(() => void consumer.kill('SIGKILL'))

      await once(consumer, 'exit')

      await expect(describeGroup(bus, group)).rejects.toMatchObject({ code: 'GROUP_NOT_FOUND', group })
      expect((await listGroups(bus)).map((one) => one.group)).not.toContain(group)
    })
  }

  if (hasShareGroups) {
    test('lists share groups, which have no offsets to show or to reset', { timeout: 60_000 }, async () => {
      const bus = openBus()
      const { topic, group } = await scene(bus)
      const share = uniqueGroup()
      const words = ['--bootstrap-server', brokers, '--topic', topic, '--group', share]
      const consumer = await startKafkaTool(SHARE_CONSUMER, words)
      onTestFinished(() => void consumer.kill('SIGKILL'))
      await eventually(async () => expect((await listGroups(bus)).map((one) => one.group)).toContain(share))

      expect((await listGroups(bus)).find((one) => one.group === share)).toMatchObject({
        state: 'Unknown',
        memberCount: 0,
      })
      const [ofShare, ofGroup] = await bus.admin.committedOffsetsOf([share, group])
      expect([ofShare, ofGroup?.map(({ offset }) => offset)]).toEqual([[], [5n, 3n, 0n]])
      await expect(describeGroup(bus, share)).rejects.toMatchObject({ code: 'GROUP_NOT_FOUND', group: share })
      await expect(bus.admin.commitOffsets(share, [{ topic, partition: 0, offset: 0n }])).rejects.toMatchObject({
        code: 'GROUP_NOT_FOUND',
        group: share,
      })
    })
  }

  test('applies a plan after partitions were added, which the next plan includes', async () => {
    const bus = openBus()
    const { topic, group } = await scene(bus)
    const request = { group, scope: [{ topic }], target: { kind: 'position', position: { kind: 'start' } } } as const
    const saveUndo = async () => 'undo'
    const made = await planReset(bus, { ...request, to: 'start', now: NOW })

    await addPartitions(brokers, topic, 5)
    await openBus().log.append(topic, [{ key: null, value: text('x'), partition: 4 }])
    expect(await bus.log.ranges(topic)).toHaveLength(5)
    await applyReset(bus, made, { saveUndo, now: NOW })

    expect((await bus.admin.committedOffsets(group)).map(({ offset }) => offset)).toEqual([0n, 0n, 0n])
    const next = await planReset(bus, { ...request, to: 'start', now: NOW })
    expect(next.steps).toMatchObject([
      ...[0, 1, 2].map((partition) => ({ partition, effect: 'none' })),
      { partition: 3, from: null, to: 0n, effect: 'set', end: 0n },
      { partition: 4, from: null, to: 0n, effect: 'set', end: 1n },
    ])
  })

  test('reports the offsets of a commit that a broker accepted in part', async () => {
    const bus = openBus()
    const [kept, gone] = [await newTopic(bus), await newTopic(bus)]
    const group = uniqueGroup()
    await bus.admin.commitOffsets(
      group,
      [kept, gone].map((topic) => ({ topic, partition: 0, offset: 7n })),
    )
    const target = { kind: 'position', position: { kind: 'end' } } as const
    const made = await planReset(bus, { group, scope: 'committed', target, to: 'end', now: NOW })
    // The topic is deleted between the last check and the commit, which Kafka then applies to the other topic only.
    const { send } = WireConnection.prototype
    const asked = vi.spyOn(WireConnection.prototype, 'send').mockImplementation(async function (
      this: WireConnection,
      request,
    ) {
      if (request.name === 'OffsetCommit') await openBus().admin.deleteTopic(gone)
      return send.call(this, request)
    })
    onTestFinished(() => asked.mockRestore())

    await expect(applyReset(bus, made, { saveUndo: async () => 'undo-1', now: NOW })).rejects.toMatchObject({
      code: 'TOPIC_NOT_FOUND',
      topic: gone,
      message: expect.stringContaining(`reading back shows that 1 of 2 offsets have moved: ${gone}[0] is at `),
      hints: expect.arrayContaining([operationHints.undoReset('undo-1')]),
      outcome: { undoFile: 'undo-1', moved: 1, notTaken: [{ topic: gone, partition: 0, to: 0n }] },
    })
    expect(await bus.admin.committedOffsets(group, [kept])).toMatchObject([{ offset: 0n }])
  })

  test('plans, resets and reads back 500 partitions with about as many requests as one partition', async () => {
    const bus = openBus()
    const asked = vi.spyOn(WireConnection.prototype, 'send')
    onTestFinished(() => asked.mockRestore())
    /** The requests of a reset from the end to the start, for a topic with this number of partitions. */
    const requests = async (partitions: number) => {
      const topic = await newTopic(bus, partitions)
      const group = uniqueGroup()
      const all = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }))
      await bus.log.append(
        topic,
        all.flatMap(({ partition }) => [1, 2].map(() => ({ key: null, value: text('x'), partition }))),
      )
      await bus.admin.commitOffsets(
        group,
        all.map((place) => ({ ...place, offset: 2n })),
      )
      asked.mockClear()
      const target = { kind: 'position', position: { kind: 'start' } } as const
      const made = await planReset(bus, { group, scope: 'committed', target, to: 'start', now: NOW })
      await applyReset(bus, made, { saveUndo: async () => 'undo', now: NOW })
      expect(made).toMatchObject({ replayed: BigInt(2 * partitions) })
      expect((await bus.admin.committedOffsets(group)).every(({ offset }) => offset === 0n)).toBe(true)
      const names = asked.mock.calls.map(([{ name }]) => name).sort()
      // A plan reads samples of many partitions, and all records of a few.
      return { fetches: names.filter((name) => name === 'Fetch').length, others: names.filter((n) => n !== 'Fetch') }
    }

    const [many, one] = [await requests(500), await requests(1)]
    expect(many.others).toEqual(one.others)
    expect(many.fetches).toBeLessThan(one.fetches + 10)
  })
})
