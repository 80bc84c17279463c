import { afterAll, afterEach, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import { probeConnection } from '../../src/drivers/kafka/connection/probe.ts'
import { WireConnection } from '../../src/drivers/kafka/connection/wire.ts'
import type { ApiRequest } from '../../src/drivers/kafka/protocol/api.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { judgeConnection } from '../../src/operations/doctor/connection.ts'
import { isFault } from '../../src/operations/doctor/finding.ts'
import { operationHints } from '../../src/operations/hints.ts'
import { measureLag } from '../../src/operations/lag/lag.ts'
import { applyReset } from '../../src/operations/reset/apply.ts'
import { planReset } from '../../src/operations/reset/make-plan.ts'
import { planUndo, type UndoRecord } from '../../src/operations/reset/undo.ts'
import { startKafkaCluster, type TestKafka, type TestKafkaCluster } from '../support/kafka.ts'
import { eventually, text, uniqueGroup, uniqueTopic } from './support/harness.ts'

// Lag and resets on a cluster whose brokers are killed at a chosen request, which is repeatable, and not at a chosen time.

const brokers = inject('kafkaBrokers')
const NOW = Date.UTC(2026, 10, 23, 10)
const PARTITIONS = [0, 1, 2]
const TIMEOUT_MS = 60_000

describe.skipIf(brokers === '' || Boolean(process.env.CRBUS_TEST_BROKERS))('three brokers', () => {
  let cluster: TestKafkaCluster

  beforeAll(async () => {
    cluster = await startKafkaCluster(3, {
      'offsets.topic.replication.factor': '3',
      'offsets.topic.num.partitions': '6',
      // A dead broker is noticed after 3 s instead of 9 s.
      'broker.session.timeout.ms': '3000',
      'broker.heartbeat.interval.ms': '500',
    })
  })
  afterEach(() => Promise.all([...cluster.nodes.values()].map((node) => node.start())))
  afterAll(() => cluster?.dispose())

  function openBus({ timeout = TIMEOUT_MS } = {}): RedpandaEventBus {
    const bus = new RedpandaEventBus({ brokers: cluster.brokers, acks: 'all', timeout })
    onTestFinished(() => bus.close())
    return bus
  }

  const coordinatorOf = async (bus: RedpandaEventBus, group: string): Promise<number> => {
    const { coordinator } = await bus.admin.describeGroup(group)
    return coordinator?.id ?? -1
  }

  /**
   * Creates a topic whose partitions are led by different brokers, with ten records each, and two groups at offset 5: the victim
   * coordinates one group, another broker the other.
   */
  async function scene() {
    const bus = openBus()
    await bus.admin.describeGroup(uniqueGroup())
    await eventually(async () => {
      expect((await bus.admin.describeCluster()).brokers).toHaveLength(3)
      const { layout } = await bus.admin.describeTopic('__consumer_offsets')
      for (const { inSync } of layout) expect(inSync).toHaveLength(3)
    }, TIMEOUT_MS)
    const topic = uniqueTopic()
    await bus.admin.createTopic(topic, { partitions: PARTITIONS.length, replication: 3 })
    const records = PARTITIONS.flatMap((partition) =>
      Array.from({ length: 10 }, () => ({ key: null, value: text('x'), partition })),
    )
    await bus.log.append(topic, records)
    const victimsGroup = uniqueGroup()
    const victim = await coordinatorOf(bus, victimsGroup)
    let othersGroup = uniqueGroup()
    while ((await coordinatorOf(bus, othersGroup)) === victim) othersGroup = uniqueGroup()
    const groups = [victimsGroup, othersGroup]
    const offsets = PARTITIONS.map((partition) => ({ topic, partition, offset: 5n }))
    // Committed twice: the second commit tells the followers that the first is fully replicated, so a new leader has it.
    for (const group of [...groups, ...groups]) await bus.admin.commitOffsets(group, offsets)
    const { layout } = await bus.admin.describeTopic(topic)
    expect(new Set(layout.map(({ leader }) => leader)).size).toBe(3)
    const node = cluster.nodes.get(victim)
    if (node === undefined) throw new Error(`no broker ${victim}`)
    return { topic, groups, victim: node }
  }

  /**
   * Kills brokers at the first request of this name to one of them: before it is sent, while it is in flight, or after the answer
   * has arrived and before it is processed.
   */
  function killAt(name: ApiRequest['name'], when: 'before' | 'in flight' | 'answered', victims: readonly TestKafka[]) {
    const { send } = WireConnection.prototype
    let dying: Promise<unknown> | undefined
    const kill = () => {
      dying ??= Promise.all(victims.map((node) => node.kill()))
      return dying
    }
    const spy = vi.spyOn(WireConnection.prototype, 'send').mockImplementation(async function (
      this: WireConnection,
      request: ApiRequest,
    ) {
      const isIt = request.name === name && victims.some((node) => node.brokers === this.address)
      if (!isIt || dying !== undefined) return send.call(this, request)
      if (when === 'before') await kill()
      const answer = send.call(this, request)
      if (when === 'in flight') void kill()
      const bytes = await answer
      if (when === 'answered') await kill()
      return bytes
    })
    onTestFinished(() => spy.mockRestore())
    return { hasKilled: () => dying !== undefined }
  }

  const toStart = (group: string) =>
    ({
      group,
      scope: 'committed',
      target: { kind: 'position', position: { kind: 'start' } },
      to: 'start',
      now: NOW,
    }) as const

  /** The committed offsets as a new client sees them. */
  const committed = async (group: string) => (await openBus().admin.committedOffsets(group)).map(({ offset }) => offset)

  test('are healthy for the doctor, which finds what a dead broker takes away, and nothing after its return', {
    timeout: 180_000,
  }, async () => {
    const { topic, victim } = await scene()
    const bus = openBus()
    // One replica, so that its partitions have no leader without their broker.
    const single = uniqueTopic()
    await bus.admin.createTopic(single, { partitions: 3, replication: 1 })
    const { layout } = await bus.admin.describeTopic(single)
    const faultsOf = async () =>
      judgeConnection(await probeConnection({ brokers: cluster.brokers }), Date.now()).filter(isFault)
    const expectHealthy = () => eventually(async () => expect(await faultsOf()).toEqual([]), TIMEOUT_MS)
    await expectHealthy()

    const [id = -1] = [...cluster.nodes].find(([, node]) => node === victim) ?? []
    await victim.kill()

    const faults = await eventually(async () => {
      const found = await faultsOf()
      expect(found.map(({ code }) => code)).toEqual(['connection-failed', 'partitions-offline', 'replicas-out-of-sync'])
      return found
    }, TIMEOUT_MS)
    const [failed, offline, behind] = faults
    expect(failed).toMatchObject({ address: victim.brokers, stage: 'tcp' })
    expect(offline).toMatchObject({
      partitions: layout
        .filter(({ replicas }) => replicas.includes(id))
        .map(({ partition }) => ({ topic: single, partition })),
    })
    expect(behind).toMatchObject({
      brokers: [id],
      partitions: expect.arrayContaining(PARTITIONS.map((partition) => ({ topic, partition }))),
    })

    await victim.start()
    await expectHealthy()
  })

  test('delay plans and lag reports while one of them is dead, and return them complete', {
    timeout: 180_000,
  }, async () => {
    const { topic, groups, victim } = await scene()
    const kill = killAt('OffsetFetch', 'before', [victim])
    // Shorter than the detection of a dead broker: the requests wait until other brokers have taken over.
    const shortTimeout = { timeout: 1500 }

    const [report, ...plans] = await Promise.all([
      measureLag(openBus(shortTimeout), { groups, now: Date.now, signal: new AbortController().signal }),
      ...groups.map((group) => planReset(openBus(shortTimeout), toStart(group))),
    ])

    expect(kill.hasKilled()).toBe(true)
    expect(report.groups).toHaveLength(2)
    for (const group of groups) {
      expect(report.groups.find((one) => one.group === group)).toMatchObject({
        state: 'Empty',
        lag: 15n,
        verdict: 'stopped',
        topics: [{ topic, partitions: PARTITIONS.map((partition) => ({ partition, committed: 5n, end: 10n })) }],
      })
      expect(plans.find((plan) => plan.group === group)).toMatchObject({
        replayed: 15n,
        sampled: 15,
        notes: [],
        steps: PARTITIONS.map((partition) => ({ topic, partition, from: 5n, to: 0n, eventCount: 5n })),
      })
      expect(await committed(group)).toEqual([5n, 5n, 5n])
    }
  })

  test.each(['in flight', 'answered'] as const)(
    'complete a reset when one of them dies with a commit %s, as read back',
    { timeout: 180_000 },
    async (when) => {
      const { groups, victim } = await scene()
      const records = new Map<string, UndoRecord>()
      const saveUndo = async (record: UndoRecord) => {
        records.set(record.group, record)
        return `undo-${record.group}`
      }
      const bus = openBus()
      const plans = await Promise.all(groups.map((group) => planReset(bus, toStart(group))))
      const kill = killAt('OffsetCommit', when, [victim])

      const done = await Promise.all(plans.map((plan) => applyReset(bus, plan, { saveUndo, now: NOW })))

      expect(kill.hasKilled()).toBe(true)
      expect(done).toEqual(groups.map((group) => ({ undoFile: `undo-${group}`, moved: 3 })))
      for (const group of groups) {
        expect(await committed(group)).toEqual([0n, 0n, 0n])
        expect(records.get(group)?.offsets.map(({ before, after }) => [before, after])).toEqual(
          PARTITIONS.map(() => [5n, 0n]),
        )
      }
    },
  )

  test('report no result of a reset when all of them die with a commit in flight, and it can be undone', {
    timeout: 180_000,
  }, async () => {
    const {
      groups: [group = ''],
    } = await scene()
    let record: UndoRecord | undefined
    const saveUndo = async (saved: UndoRecord) => {
      record = saved
      return 'undo-1'
    }
    const bus = openBus({ timeout: 2000 })
    const plan = await planReset(bus, toStart(group))
    const kill = killAt('OffsetCommit', 'in flight', [...cluster.nodes.values()])

    await expect(applyReset(bus, plan, { saveUndo, now: NOW })).rejects.toMatchObject({
      code: 'CONNECTION_FAILED',
      message: expect.stringContaining('could not be read back'),
      hints: expect.arrayContaining([operationHints.undoReset('undo-1')]),
      outcome: { undoFile: 'undo-1', moved: null, notTaken: null },
    })

    expect(kill.hasKilled()).toBe(true)
    await Promise.all([...cluster.nodes.values()].map((node) => node.start()))
    const later = openBus()
    const undo = await planUndo(later, record as UndoRecord, NOW)
    await applyReset(later, undo, { saveUndo, now: NOW })
    expect(await committed(group)).toEqual([5n, 5n, 5n])
  })
})
