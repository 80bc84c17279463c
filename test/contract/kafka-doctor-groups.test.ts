import type { ChildProcess } from 'node:child_process'
import { describe, expect, inject, onTestFinished, test } from 'vitest'
import type { CommittedOffset, GroupDescription } from '../../src/bus/admin.ts'
import type { EventBus } from '../../src/bus/event-bus.ts'
import { diagnoseDuplicates } from '../../src/operations/doctor/duplicates.ts'
import { diagnoseEvents } from '../../src/operations/doctor/events.ts'
import { type Finding, isFault } from '../../src/operations/doctor/finding.ts'
import { diagnoseSlowness } from '../../src/operations/doctor/slow.ts'
import { isKafkaSince, startKafkaTool } from '../support/kafka.ts'
import { eventually, newTopic, numberedList, pump, uniqueGroup } from './support/harness.ts'
import { openBus } from './support/kafka-members.ts'
import { startMemberProcess } from './support/start-member-process.ts'

// The doctor watches real groups while their members join, leave, die, or commit late.

const brokers = inject('kafkaBrokers')
const TIMEOUT_MS = 120_000
const CONSOLE_CONSUMER = 'org.apache.kafka.tools.consumer.ConsoleConsumer'

/** What the doctor has seen of a group at one moment. */
interface Seen {
  readonly description: GroupDescription
  readonly offsets: readonly CommittedOffset[]
}

/** Starts `doctor duplicates` on a group. The samples that it takes are those of the broker. */
function watch(bus: EventBus, group: string) {
  const samples: Seen[] = []
  let description: GroupDescription | undefined
  const admin: EventBus['admin'] = Object.assign(Object.create(bus.admin), {
    describeGroup: async (own: string) => {
      description = await bus.admin.describeGroup(own)
      return description
    },
    committedOffsets: async (own: string) => {
      const offsets = await bus.admin.committedOffsets(own)
      if (description !== undefined) samples.push({ description, offsets })
      return offsets
    },
  })
  const log = bus.log
  const controller = new AbortController()
  onTestFinished(() => controller.abort())
  const request = { group, duration: TIMEOUT_MS, now: Date.now, signal: controller.signal }
  const watching = diagnoseDuplicates(Object.assign(Object.create(bus), { admin, log }), request)
  return {
    /** Resolves when a sample shows this. */
    untilSeen: (shows: (seen: Seen) => boolean) =>
      eventually(() => {
        const last = samples.at(-1)
        expect(last !== undefined && shows(last)).toBe(true)
      }, TIMEOUT_MS),
    /** Resolves after this many more samples. */
    async untilSampled(count: number) {
      const until = samples.length + count
      await eventually(() => expect(samples.length).toBeGreaterThanOrEqual(until), TIMEOUT_MS)
    },
    /** Ends the watch and returns the findings. */
    async end(): Promise<readonly Finding[]> {
      controller.abort()
      return await watching
    },
  }
}

const codesOf = (findings: readonly Finding[]) => findings.filter(isFault).map(({ code }) => code)
const isStable = ({ description }: Seen, members: number): boolean =>
  description.state === 'Stable' && description.members.length === members

const atOnce = (group: string, duration = 1000) => {
  const { signal } = new AbortController()
  return { group, duration, now: Date.now, signal }
}

describe.skipIf(brokers === '')('the doctor, watching a group', () => {
  /** Creates a topic with ten events in two partitions, and a group with one member that reads and commits them. */
  async function scene() {
    const bus = openBus()
    const topic = await newTopic(bus, 2)
    await bus.publish(topic, numberedList(10), { key: (_, index) => `key-${index}` })
    const group = uniqueGroup()
    const reader = pump(await bus.subscribe([topic], { group, autoOffsetReset: 'earliest' }))
    onTestFinished(() => reader.stop())
    await eventually(async () => {
      const offsets = await bus.admin.committedOffsets(group)
      expect(offsets.reduce((sum, { offset }) => sum + offset, 0n)).toBe(10n)
    })
    return { bus, topic, group }
  }

  test('sees no rebalance and no fault in a group that reads and commits', { timeout: TIMEOUT_MS }, async () => {
    const { bus, topic, group } = await scene()
    const watched = watch(bus, group)
    await watched.untilSampled(2)
    await bus.publish(topic, numberedList(6), { key: (_, index) => `more-${index}` })
    await watched.untilSeen(({ offsets }) => offsets.reduce((sum, { offset }) => sum + offset, 0n) === 16n)
    const findings = await watched.end()
    expect(codesOf(findings)).toEqual([])
    expect(findings.map(({ code }) => code)).toContain('no-rebalance')
  })

  test('finds a member that joins and leaves', { timeout: TIMEOUT_MS }, async () => {
    const { bus, topic, group } = await scene()
    const watched = watch(bus, group)
    await watched.untilSeen((seen) => isStable(seen, 1))
    const before = (await bus.admin.describeGroup(group)).members.map(({ memberId }) => memberId)

    const second = pump(await openBus().subscribe([topic], { group, autoOffsetReset: 'earliest' }))
    await watched.untilSeen((seen) => isStable(seen, 2))
    const joined = (await bus.admin.describeGroup(group)).members
      .map(({ memberId }) => memberId)
      .filter((id) => !before.includes(id))
    await second.stop()
    await watched.untilSeen((seen) => isStable(seen, 1))

    const faults = (await watched.end()).filter(isFault)
    expect(faults).toMatchObject([{ code: 'rebalanced', group, joined, left: joined }])
    expect(joined).toHaveLength(1)
  })

  test('finds a member whose session ends because its process was killed', { timeout: TIMEOUT_MS }, async () => {
    const bus = openBus()
    const topic = await newTopic(bus, 1)
    await bus.publish(topic, numberedList(3))
    const group = uniqueGroup()
    const member = await startMemberProcess({ kind: 'kafka', brokers }, { topic, group, take: 2 })
    onTestFinished(() => member.die())
    const watched = watch(bus, group)
    await watched.untilSeen((seen) => isStable(seen, 1) && seen.offsets.length === 1)
    const [killed] = (await bus.admin.describeGroup(group)).members

    await member.die()
    await watched.untilSeen(({ description }) => description.members.length === 0)

    const faults = (await watched.end()).filter(isFault)
    expect(faults).toMatchObject([{ code: 'rebalanced', joined: [], left: [killed?.memberId] }])
  })

  test('finds a member that commits late, and on which partition', { timeout: TIMEOUT_MS }, async () => {
    const bus = openBus()
    const topic = await newTopic(bus, 1)
    await bus.publish(topic, numberedList(5))
    const group = uniqueGroup()
    const stream = await bus.subscribe([topic], { group, autoOffsetReset: 'earliest' })
    // Requesting an event acknowledges the one before.
    await stream.next()
    await stream.next()
    const watched = watch(bus, group)
    await watched.untilSeen(({ offsets }) => offsets[0]?.offset === 1n)

    // Two samples a second: the member works on its second event for more than four seconds.
    await watched.untilSampled(10)
    await stream.next()
    await watched.untilSeen(({ offsets }) => offsets[0]?.offset === 2n)

    const faults = (await watched.end()).filter(isFault)
    expect(faults).toMatchObject([{ code: 'commits-late', topic, partition: 0, largest: 1n }])
    await stream.close()
  })
})

// Kafka 4 is the first release in which the protocol is on by default. kfake does not name the assigned topics.
describe.skipIf(brokers === '' || Boolean(process.env.CRBUS_TEST_BROKERS) || !isKafkaSince(4, 0))(
  'the doctor of a group of the newer protocol (KIP-848)',
  () => {
    async function startConsumer(topic: string, group: string): Promise<ChildProcess> {
      const properties = ['group.protocol=consumer', 'auto.offset.reset=earliest', 'auto.commit.interval.ms=200']
      const consumer = await startKafkaTool(CONSOLE_CONSUMER, [
        ...['--bootstrap-server', brokers, '--topic', topic, '--group', group],
        ...properties.flatMap((property) => ['--consumer-property', property]),
      ])
      onTestFinished(() => void consumer.kill('SIGKILL'))
      return consumer
    }

    test('finds nothing wrong with one that reads, and each fault of one that does not', {
      timeout: TIMEOUT_MS,
    }, async () => {
      const bus = openBus()
      const topic = await newTopic(bus, 2)
      const publish = (count: number) => bus.publish(topic, numberedList(count), { key: (_, index) => `key-${index}` })
      await publish(10)
      const group = uniqueGroup()
      const first = await startConsumer(topic, group)
      const untilCommitted = (count: bigint) =>
        eventually(async () => {
          const offsets = await bus.admin.committedOffsets(group)
          expect(offsets.reduce((sum, { offset }) => sum + offset, 0n)).toBe(count)
        }, TIMEOUT_MS)
      await untilCommitted(10n)
      const eventsCodes = async () => codesOf(await diagnoseEvents(bus, { topic, group }))

      expect(await eventsCodes()).toEqual([])
      expect(codesOf(await diagnoseSlowness(bus, atOnce(group)))).toEqual([])
      const watched = watch(bus, group)
      await watched.untilSampled(2)
      await publish(10)
      await untilCommitted(20n)
      await watched.untilSampled(1)
      const healthy = await watched.end()
      expect(codesOf(healthy)).toEqual([])

      const joining = watch(bus, group)
      await joining.untilSeen((seen) => isStable(seen, 1))
      const second = await startConsumer(topic, group)
      await joining.untilSeen((seen) => isStable(seen, 2))
      expect(await eventsCodes()).toEqual([])
      expect((await joining.end()).filter(isFault)).toMatchObject([
        { code: 'rebalanced', joined: [expect.any(String)], left: [] },
      ])

      // A stopped process keeps its session for 45 seconds, and commits nothing.
      first.kill('SIGSTOP')
      second.kill('SIGSTOP')
      await publish(10)
      const stalled = (await diagnoseSlowness(bus, atOnce(group))).filter(isFault)
      expect(stalled.map(({ code }) => code)).toEqual(['partition-stalled', 'partition-stalled'])

      for (const consumer of [first, second]) consumer.kill('SIGCONT')
      for (const consumer of [first, second]) consumer.kill('SIGTERM')
      await eventually(async () => {
        expect((await bus.admin.describeGroup(group)).members).toEqual([])
      }, TIMEOUT_MS)
      expect(await eventsCodes()).toEqual(['group-without-members'])
    })
  },
)
