import { describe, expect, inject, onTestFinished, test } from 'vitest'
import TopicsDelete from '../../src/commands/topics/delete.ts'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { MemoryBroker } from '../../src/drivers/memory/broker.ts'
import { checkLag } from '../../src/operations/check/check-lag.ts'
import { describeGroup } from '../../src/operations/groups/groups.ts'
import { measureLag } from '../../src/operations/lag/lag.ts'
import { planReset } from '../../src/operations/reset/make-plan.ts'
import { describeTopic, listTopics } from '../../src/operations/topics/topics.ts'
import { checkMessage } from '../../src/ui/notes/check-message.ts'
import { runCli } from '../commands/run-cli.ts'
import { eventually, newTopic, readTopic, text, uniqueGroup, uniqueTopic } from './support/harness.ts'

// Topics with gaps in their offsets, because compaction removes all but the last record of a key.

const brokers = inject('kafkaBrokers')
const signal = new AbortController().signal
const toStart = { target: { kind: 'position', position: { kind: 'start' } }, to: 'start' } as const

function openBus(): RedpandaEventBus {
  const bus = new RedpandaEventBus({ brokers, timeout: 60_000 })
  onTestFinished(() => bus.close())
  return bus
}

describe.skipIf(brokers === '')('a compacted topic', () => {
  const compacted = {
    'cleanup.policy': 'compact',
    'segment.ms': '100',
    'min.cleanable.dirty.ratio': '0.001',
    'max.compaction.lag.ms': '100',
  }

  async function groupAt(bus: RedpandaEventBus, topic: string, offset: bigint): Promise<string> {
    const group = uniqueGroup()
    await bus.admin.commitOffsets(group, [{ topic, partition: 0, offset }])
    return group
  }

  test('a plan counts the remaining records if it has read them all', async () => {
    const bus = openBus()
    const topic = uniqueTopic()
    await bus.admin.createTopic(topic, { partitions: 1, config: compacted })
    const left = await eventually(async () => {
      // Every append closes the previous segment, which may then be compacted.
      await bus.log.append(topic, [{ key: text('key'), value: text('x') }])
      const records = await readTopic(bus, topic)
      const [{ end = 0n } = {}] = await bus.log.ranges(topic)
      expect(BigInt(records.length)).toBeLessThan(end - 3n)
      return { end, first: records[0]?.offset ?? 0n }
    }, 60_000)
    const [atEnd, atStart] = [await groupAt(bus, topic, left.end), await groupAt(bus, topic, 0n)]

    const plan = await planReset(bus, { group: atEnd, scope: 'committed', ...toStart, now: Date.now() })

    // The cleaner may run while the test reads.
    const [step] = plan.steps
    expect(step).toMatchObject({ counts: 'records', offsetCount: left.end, eventCount: BigInt(plan.sampled) })
    expect(plan.replayed).toBeLessThan(left.end - 3n)
    expect(plan.counts).toBe('records')
    // The lag starts at the first remaining record.
    const [lag] = (await measureLag(bus, { groups: [atStart], now: Date.now, signal })).groups
    expect(lag?.lag).toBeLessThanOrEqual(left.end - left.first)
    expect(lag?.lag).toBeGreaterThan(0n)
  })

  test('counts offsets of more records than a plan reads, and reports that', async () => {
    const bus = openBus()
    const topic = uniqueTopic()
    await bus.admin.createTopic(topic, { partitions: 1, config: { 'cleanup.policy': 'delete,compact' } })
    await bus.log.append(
      topic,
      Array.from({ length: 1500 }, (_, index) => ({ key: text(`${index}`), value: text('x') })),
    )
    const [atEnd, atStart] = [await groupAt(bus, topic, 1500n), await groupAt(bus, topic, 0n)]

    expect(await planReset(bus, { group: atEnd, scope: 'committed', ...toStart, now: Date.now() })).toMatchObject({
      replayed: 1500n,
      counts: 'offsets',
      steps: [{ eventCount: 1500n, offsetCount: 1500n, counts: 'offsets' }],
    })
    const report = await measureLag(bus, { groups: [atStart], now: Date.now, signal })
    expect(report.groups).toMatchObject([{ lag: 1500n, counts: 'offsets', topics: [{ counts: 'offsets' }] }])
    const check = { groups: [atStart], maxEvents: 10, minMembers: 0, now: Date.now, signal }
    expect(checkMessage(await checkLag(bus, check))).toBe(
      `${atStart}: at most 1500 events waiting, above 10 (${atStart} is Empty, 0 members, verdict stopped)`,
    )
    expect(await describeGroup(bus, atStart)).toMatchObject({ offsets: [{ lag: 1500n, counts: 'offsets' }] })
    expect(await describeTopic(bus, topic)).toMatchObject({ counts: 'offsets' })
    const listed = new Map((await listTopics(bus)).map((one) => [one.topic, one]))
    expect(listed.get(topic)).toMatchObject({ eventCount: 1500n, counts: 'offsets' })
    const { stdout } = await runCli(TopicsDelete, [topic, '--dry-run'], {
      broker: new MemoryBroker(),
      openBus: () => new RedpandaEventBus({ brokers }),
    })
    expect(stdout).toMatch(
      new RegExp(
        `1500\n\nnote: EVENTS-LOST counts offsets of compacted topics, so there may be fewer events: ${topic}\n$`,
      ),
    )
  })

  test('counts each offset of a topic that is not compacted as an event', async () => {
    const bus = openBus()
    const topic = await newTopic(bus)
    await bus.log.append(
      topic,
      Array.from({ length: 1500 }, () => ({ key: null, value: text('x') })),
    )
    const group = await groupAt(bus, topic, 1500n)

    expect(await planReset(bus, { group, scope: 'committed', ...toStart, now: Date.now() })).toMatchObject({
      replayed: 1500n,
      counts: 'records',
    })
    expect((await listTopics(bus)).find((one) => one.topic === topic)).toMatchObject({ counts: 'records' })
  })
})
