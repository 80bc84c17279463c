import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import type { GroupState, TopicPartition } from '../../src/bus/admin.ts'
import { serializedEvent } from '../../src/bus/event.ts'
import type { EventBus } from '../../src/bus/event-bus.ts'
import type { NewRecord, Position } from '../../src/bus/record.ts'
import type { PartitionRange } from '../../src/bus/topic-log.ts'
import { encodeEnvelope } from '../../src/codecs/envelope.ts'
import DoctorDuplicates from '../../src/commands/doctor/duplicates.ts'
import DoctorEvents from '../../src/commands/doctor/events.ts'
import DoctorSlow from '../../src/commands/doctor/slow.ts'
import Doctor from '../../src/commands/doctor.ts'
import { EmbeddedEventBus } from '../../src/drivers/embedded/embedded-event-bus.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../src/drivers/memory/in-memory-event-bus.ts'
import { SqliteEventStore } from '../../src/store/sqlite/sqlite-event-store.ts'
import { type Runnable, runCli } from './run-cli.ts'

// Each seeded fault leads to exactly its findings, and a healthy scene to none.

const TOPIC = 'order-events'

let broker: MemoryBroker
let bus: InMemoryEventBus
beforeEach(async () => {
  broker = new MemoryBroker()
  bus = new InMemoryEventBus({ broker })
  await bus.admin.createTopic(TOPIC, { partitions: 2 })
  return () => bus.close()
})

/** A record with an event of its own. */
function record(partition: number, id: number, key: string): NewRecord {
  const data = Buffer.from(`{"order_id":"o-${id}"}`)
  const encoded = encodeEnvelope(
    serializedEvent('OrderPlaced.v1', data, { timestamp: '2026-11-23T10:00:00Z' }),
    'bincode',
  )
  if (!encoded.ok) throw new Error(encoded.reason)
  return { key: Buffer.from(key), value: encoded.bytes, partition }
}

/** Publishes `count` events to one partition. */
async function publish(partition: number, count: number, first = 0): Promise<void> {
  const ids = Array.from({ length: count }, (_, index) => first + index)
  await bus.log.append(
    TOPIC,
    ids.map((id) => record(partition, id, `o-${id}`)),
  )
}

/** A group at one moment, as the bus reports it. */
interface Moment {
  readonly state?: GroupState
  readonly protocolType?: string
  /** The partitions of each member. */
  readonly members?: readonly (readonly number[])[]
  readonly subscription?: readonly string[]
  readonly committed?: readonly (bigint | undefined)[]
  /** Replaces the ranges of the topic. */
  readonly ranges?: readonly PartitionRange[]
  /** Runs each time that the bus reports this moment. */
  readonly onTaken?: () => Promise<void>
}

/** Returns a bus whose group `billing` goes through these moments, one for each time that its members are requested. */
function withGroup(...moments: readonly [Moment, ...Moment[]]): EventBus {
  let asked = 0
  const now = (): Moment => moments[Math.min(Math.max(asked - 1, 0), moments.length - 1)] as Moment
  const describeGroup = async () => {
    asked += 1
    const {
      members = [],
      state = members.length === 0 ? 'Empty' : 'Stable',
      protocolType = 'consumer',
      ...more
    } = now()
    const { subscription = [TOPIC], onTaken } = more
    const described = members.map((partitions, index) => ({
      memberId: `member-${index}`,
      clientId: 'crbus',
      host: 'memory',
      assignment: partitions.map((partition): TopicPartition => ({ topic: TOPIC, partition })),
      subscription,
    }))
    await onTaken?.()
    return { group: 'billing', state, protocol: 'range', protocolType, members: described }
  }
  const committedOffsets = async (): Promise<Position[]> => {
    // Callers request members and offsets at once, and both are those of one moment.
    await Promise.resolve()
    return (now().committed ?? []).flatMap((offset, partition) =>
      offset === undefined ? [] : [{ topic: TOPIC, partition, offset }],
    )
  }
  const admin: EventBus['admin'] = Object.assign(Object.create(bus.admin), {
    describeGroup,
    describeGroups: async () => [await describeGroup()],
    committedOffsets,
    committedOffsetsOf: async () => [await committedOffsets()],
    listGroups: async () => [{ group: 'billing', protocolType: now().protocolType ?? 'consumer' }],
  })
  const log: EventBus['log'] = Object.assign(Object.create(bus.log), {
    rangesOf: async (topics: readonly string[]) => {
      const { ranges } = now()
      return ranges === undefined ? bus.log.rangesOf(topics) : new Map([[TOPIC, ranges]])
    },
  })
  return Object.assign(Object.create(bus), { admin, log, close: async () => {} })
}

interface Found {
  readonly severity: string
  readonly code: string
  readonly message: string
  readonly suggestions: readonly { readonly run?: string; readonly hint?: string }[]
}

async function diagnose(command: Runnable, argv: readonly string[], scene: EventBus = bus) {
  const result = await runCli(command, [...argv, '--json'], { broker, openBus: () => scene })
  const { healthy, findings, error } = JSON.parse(result.stdout)
  expect(error).toBeUndefined()
  const faults = (findings as Found[]).filter(({ severity }) => severity === 'error' || severity === 'warning')
  // The exit code and the document say the same.
  expect({ healthy, exitCode: result.exitCode }).toEqual(
    faults.length === 0 ? { healthy: true, exitCode: 0 } : { healthy: false, exitCode: 10 },
  )
  for (const fault of faults) expect(fault.suggestions, fault.code).not.toEqual([])
  return { codes: faults.map(({ code }) => code), faults, findings: findings as Found[] }
}

describe('doctor events', () => {
  const argv = ['--topic', TOPIC, '--group', 'billing']

  test('finds nothing wrong with a group that has read all events', async () => {
    await publish(0, 2)
    const scene = withGroup({ members: [[0, 1]], committed: [2n, 0n] })
    const { codes, findings } = await diagnose(DoctorEvents, argv, scene)
    expect(codes).toEqual([])
    expect(findings.map(({ code }) => code)).toEqual([
      ...['topic-has-events', 'partitions-empty', 'group-has-members', 'nothing-waits'],
    ])
  })

  test('finds nothing wrong with a real subscription that reads', async () => {
    await publish(0, 3)
    const stream = await bus.subscribe([TOPIC], { group: 'billing' })
    for (let count = 0; count < 3; count += 1) await stream.next()
    // Requesting the next event acknowledges the last one.
    const pending = stream.next()
    expect((await diagnose(DoctorEvents, argv)).codes).toEqual([])
    await stream.close()
    await pending
  })

  test('names similar topics and groups for those that do not exist', async () => {
    await publish(0, 1)
    const scene = withGroup({ members: [[0, 1]], committed: [1n, 0n] })

    const topic = await diagnose(DoctorEvents, ['--topic', 'order-event', '--group', 'billing'], scene)
    expect(topic.codes).toEqual(['topic-missing'])
    expect(topic.faults[0]?.suggestions[0]).toEqual({ hint: 'use topic order-events' })

    await bus.admin.commitOffsets('billing', [{ topic: TOPIC, partition: 0, offset: 0n }])
    const group = await diagnose(DoctorEvents, ['--topic', TOPIC, '--group', 'biling'])
    expect(group.codes).toEqual(['group-missing'])
    expect(group.faults[0]?.suggestions[0]).toEqual({ hint: 'use group billing' })
  })

  const gone: readonly PartitionRange[] = [0, 1].map((partition) => ({ partition, start: 5n, end: 5n }))
  const full: readonly PartitionRange[] = [0, 1].map((partition) => ({ partition, start: 5n, end: 9n }))
  const open: readonly PartitionRange[] = [0, 1].map((partition) => ({ partition, start: 0n, end: 1n, lastStable: 0n }))

  test.each<[string, Moment, readonly string[]]>([
    ['a group without members', { committed: [0n, 0n] }, ['group-without-members']],
    [
      'a group of another kind',
      { protocolType: 'connect', members: [[0, 1]], committed: [0n, 0n] },
      ['group-not-consumer'],
    ],
    [
      'a group that assigns its partitions',
      { members: [[]], state: 'PreparingRebalance', committed: [1n, 1n] },
      ['group-rebalancing'],
    ],
    [
      'members of another topic',
      { members: [[]], subscription: ['payment-events'], committed: [0n, 0n] },
      ['topic-not-subscribed'],
    ],
    ['a partition without a reader', { members: [[0]], committed: [1n, 1n] }, ['partitions-unassigned']],
    ['a partition without a commit', { members: [[0, 1]], committed: [1n] }, ['starts-at-latest']],
    ['an offset beyond the end', { members: [[0, 1]], committed: [1n, 7n] }, ['position-beyond-end']],
    ['an offset before the start', { members: [[0, 1]], committed: [9n, 2n], ranges: full }, ['position-before-start']],
    ['events that were all deleted', { members: [[0, 1]], committed: [5n, 5n], ranges: gone }, ['topic-empty']],
    ['an open transaction', { members: [[0, 1]], committed: [1n, 0n], ranges: open }, ['held-by-transaction']],
    ['events that wait for a member', { members: [[0, 1]], committed: [0n, 0n] }, []],
  ])('finds exactly: %s', async (_, moment, codes) => {
    await publish(0, 1)
    await publish(1, 1)
    expect((await diagnose(DoctorEvents, argv, withGroup(moment))).codes).toEqual(codes)
  })

  test('finds a topic that never held an event', async () => {
    const { faults } = await diagnose(DoctorEvents, argv, withGroup({ members: [[0, 1]] }))
    expect(faults).toMatchObject([
      { code: 'topic-empty', gone: 0, message: "topic 'order-events' has never held an event" },
    ])
  })

  test('finds a waiting event that cannot be decoded, and names the command that skips it', async () => {
    await bus.log.append(TOPIC, [{ key: null, value: Buffer.from([1, 2, 3]), partition: 0 }])
    await publish(1, 1)
    const { faults } = await diagnose(DoctorEvents, argv, withGroup({ members: [[0, 1]], committed: [0n, 1n] }))
    expect(faults).toMatchObject([{ code: 'waiting-event-undecodable', topic: TOPIC, partition: 0, offset: 0 }])
    expect(faults[0]?.suggestions.map(({ run }) => run)).toEqual([
      'crbus tail order-events --partition 0 --from 0 -n 1 -o json',
      'crbus reset --group billing --topic order-events:0 --to 1 --wait 60s',
    ])
  })

  test('prints each finding with why it matters and what mends it', async () => {
    await publish(0, 1)
    const { stdout, exitCode } = await runCli(DoctorEvents, argv, {
      broker,
      openBus: () => withGroup({ members: [[0, 1]], committed: [9n, 0n] }),
    })
    expect(stdout).toBe(
      [
        "ok       topic 'order-events' holds 1 event in 2 partitions",
        "note     1 of 2 partitions of 'order-events' is empty",
        '    why: a member that owns only empty partitions sees no events; the record key selects the partition',
        "ok       group 'billing' has 1 member",
        "error    'billing' has committed an offset beyond the end of order-events[0]",
        '    why: the topic was created again or truncated, so the group waits for offsets that do not exist yet, or begins again',
        '    try: crbus reset --group billing --topic order-events --to start --wait 60s (waits until the members are stopped)',
        '',
      ].join('\n'),
    )
    expect(exitCode).toBe(10)
  })
})

describe('doctor slow', () => {
  const argv = ['--group', 'billing', '--for', '1ms']

  test('finds nothing wrong with a group without lag, or whose lag shrinks', async () => {
    await publish(0, 30)
    const atEnd = withGroup({ members: [[0, 1]], committed: [30n, 0n] })
    expect((await diagnose(DoctorSlow, argv, atEnd)).codes).toEqual([])
    const members = [[0], [1]]
    const shrinking = withGroup(
      { members, committed: [10n, 0n] },
      { members, committed: [10n, 0n] },
      { members, committed: [29n, 0n] },
    )
    const { codes, findings } = await diagnose(DoctorSlow, argv, shrinking)
    expect(codes).toEqual([])
    expect(findings.map(({ code }) => code)).toContain('catching-up')
  })

  test.each<[string, readonly [Moment, ...Moment[]], readonly string[]]>([
    ['a group without members', [{ committed: [30n, 30n] }], ['group-without-members']],
    [
      'a partition in which nothing was ever committed',
      [{ members: [[0], [1]], committed: [30n] }],
      ['never-committed'],
    ],
    ['an idle member', [{ members: [[0], [1], []], committed: [30n, 30n] }], ['members-idle']],
    [
      'a partition that stands still while another moves',
      [
        { members: [[0], [1]], committed: [29n, 10n] },
        { members: [[0], [1]], committed: [29n, 10n] },
        { members: [[0], [1]], committed: [29n, 30n] },
      ],
      ['partition-stalled'],
    ],
  ])('finds exactly: %s', async (_, moments, codes) => {
    await publish(0, 30)
    await publish(1, 30)
    expect((await diagnose(DoctorSlow, argv, withGroup(...moments))).codes).toEqual(codes)
  })

  test('finds a lag that grows, and too few members', async () => {
    await publish(0, 10)
    await publish(1, 10)
    const moving = { members: [[0, 1]] }
    const scene = withGroup(
      { ...moving, committed: [8n, 8n] },
      { ...moving, committed: [8n, 8n] },
      {
        ...moving,
        committed: [9n, 9n],
        onTaken: async () => {
          await publish(0, 30)
          await publish(1, 30)
        },
      },
    )
    expect((await diagnose(DoctorSlow, argv, scene)).codes).toEqual(['falling-behind', 'members-too-few'])
  })

  test('finds an event that a member fails on, again and again', async () => {
    await bus.log.append(TOPIC, [{ key: null, value: Buffer.from([1, 2, 3]), partition: 0 }])
    const scene = withGroup({ members: [[0], [1]], committed: [0n, 0n] })
    const { faults } = await diagnose(DoctorSlow, argv, scene)
    expect(faults).toMatchObject([
      { code: 'partition-stalled', othersMove: false, offset: 0 },
      { code: 'waiting-event-undecodable', offset: 0 },
    ])
  })

  test('finds a key that most waiting events have, and the partition that they are in', async () => {
    const records = Array.from({ length: 40 }, (_, index) => record(1, index, 'same'))
    await bus.log.append(TOPIC, records)
    const members = [[0], [1]]
    const scene = withGroup(
      { members, committed: [0n, 0n] },
      { members, committed: [0n, 0n] },
      { members, committed: [0n, 2n] },
    )
    const { faults } = await diagnose(DoctorSlow, argv, scene)
    expect(faults).toMatchObject([
      { code: 'lag-skewed', partition: 1, lag: 38, share: 1 },
      { code: 'key-frequent', key: 'same', share: 1, sampled: 38 },
    ])
  })
})

describe('doctor duplicates', () => {
  const argv = ['--group', 'billing', '--for', '1ms']
  const steady: Moment = { members: [[0], [1]], committed: [2n, 2n] }

  beforeEach(async () => {
    await publish(0, 3)
    await publish(1, 3, 3)
  })

  test('finds nothing wrong with a group whose members stay and commit', async () => {
    const scene = withGroup(steady, steady, { ...steady, committed: [3n, 3n] })
    const { codes, findings } = await diagnose(DoctorDuplicates, argv, scene)
    expect(codes).toEqual([])
    expect(findings.map(({ code }) => code)).toEqual([
      'group-has-members',
      'no-rebalance',
      'commits-seen',
      'commits-seen',
    ])
  })

  test.each<[string, readonly [Moment, ...Moment[]], readonly string[]]>([
    ['a member that leaves', [steady, steady, { ...steady, members: [[0, 1]] }], ['rebalanced']],
    ['a rebalance', [steady, { ...steady, state: 'CompletingRebalance' }, steady], ['rebalanced']],
    ['an offset that moves back', [steady, steady, { ...steady, committed: [0n, 2n] }], ['offset-moved-back']],
    ['a group that never commits', [{ ...steady, committed: [2n] }], ['never-committed']],
  ])('finds exactly: %s', async (_, moments, codes) => {
    expect((await diagnose(DoctorDuplicates, argv, withGroup(...moments))).codes).toEqual(codes)
  })

  test('finds an event that is in the topic twice, and where', async () => {
    await publish(1, 1, 0)
    const { faults } = await diagnose(DoctorDuplicates, argv, withGroup(steady))
    expect(faults).toMatchObject([
      {
        code: 'published-twice',
        count: 1,
        sampled: 7,
        positions: [
          { topic: TOPIC, partition: 0, offset: 0 },
          { topic: TOPIC, partition: 1, offset: 3 },
        ],
      },
    ])
  })
})

describe('doctor', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'crbus-doctor-'))
    return () => rmSync(folder, { recursive: true })
  })
  const path = () => join(folder, 'bus.db')

  async function makeBus(): Promise<void> {
    await using made = new EmbeddedEventBus({ path: path() })
    await made.admin.createTopic(TOPIC)
  }

  const check = () => diagnose(Doctor, ['--data-dir', folder])

  test('finds nothing wrong with a bus that does not exist yet, or is intact', async () => {
    expect((await check()).findings).toMatchObject([{ code: 'bus-missing', severity: 'info' }])
    await makeBus()
    expect((await check()).findings).toMatchObject([{ code: 'bus-readable', severity: 'ok' }])
  })

  test('finds a file that is not a database, and one that is damaged', async () => {
    writeFileSync(path(), 'not a database, but a file of more than a hundred bytes'.repeat(40))
    expect((await check()).codes).toEqual(['bus-failed'])
    rmSync(path())
    await makeBus()
    const bytes = readFileSync(path())
    bytes.fill(7, 4096, 4096 * 3)
    writeFileSync(path(), bytes)
    expect(['bus-damaged', 'bus-failed']).toContain((await check()).codes[0])
  })

  test('finds topics that differ from their declaration', async () => {
    const topics = {
      [TOPIC]: { partitions: 3, retention: '1d' },
      'payment-events': { partitions: 1 },
    }
    writeFileSync(join(folder, 'crbus.json'), JSON.stringify({ topics }))
    const { stdout } = await runCli(Doctor, ['--data-dir', 'data', '--json'], { broker, cwd: folder })
    const faults = (JSON.parse(stdout).findings as Found[]).filter(({ severity }) => severity === 'warning')
    expect(faults).toMatchObject([
      { code: 'declared-topic-missing', topic: 'payment-events' },
      { code: 'partitions-differ', topic: TOPIC, is: '2', expected: '3' },
      { code: 'retention-differs', topic: TOPIC, expected: '86400000' },
    ])
    expect(faults[0]?.suggestions).toEqual([{ run: 'crbus topics apply --data-dir data' }])
  })

  test('reports an event store whose address is not known, and checks the bus all the same', async () => {
    writeFileSync(
      join(folder, 'crbus.json'),
      '{"profile":"a","profiles":{"a":{"store":"env:CRBUS_NOPE","dataDir":"."}}}',
    )
    const { stdout, exitCode } = await runCli(Doctor, ['--json'], { broker, cwd: folder })
    expect(JSON.parse(stdout).findings).toMatchObject([
      { code: 'bus-missing' },
      { code: 'store-failed', suggestions: [{ run: 'crbus config' }] },
    ])
    expect(exitCode).toBe(10)
  })

  test('checks an event store that exists, and finds tables that it lacks', async () => {
    await makeBus()
    const store = join(folder, 'store.db')
    await new SqliteEventStore({ path: store }).close()
    expect((await check()).findings.map(({ code }) => code)).toEqual([
      ...['bus-readable', 'store-complete', 'store-keeps-up'],
    ])
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
    const database = new DatabaseSync(store)
    onTestFinished(() => database.close())
    database.exec('DROP TABLE crbus_timers')
    const { faults } = await check()
    expect(faults).toMatchObject([
      { code: 'store-incomplete', missing: expect.arrayContaining(['table crbus_timers']) },
    ])
  })
})
