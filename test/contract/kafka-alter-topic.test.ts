import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { applyAlterTopic, planAlterTopic } from '../../src/operations/topics/alter.ts'
import { applyTopics, deletionsByApply, planTopicsApply } from '../../src/operations/topics/apply.ts'
import { eventually, uniqueTopic } from './support/harness.ts'

// What a change of settings deletes on a real broker, which applies them.

const brokers = inject('kafkaBrokers')
const DAY_MS = 86_400_000

function openBus(): RedpandaEventBus {
  const bus = new RedpandaEventBus({ brokers })
  onTestFinished(() => bus.close())
  return bus
}

describe.skipIf(brokers === '')('a change of topic settings', () => {
  /** Creates a topic with three events of two days ago and two of now, in segments of their own. */
  async function oldAndNew(bus: RedpandaEventBus): Promise<string> {
    const topic = uniqueTopic()
    await bus.admin.createTopic(topic, { partitions: 1, config: { 'retention.ms': `${7 * DAY_MS}` } })
    const old = BigInt(Date.now() - 2 * DAY_MS)
    const record = (timestamp: bigint) => ({ key: null, value: Buffer.alloc(100), timestamp })
    await bus.log.append(topic, [record(old), record(old), record(old)])
    await bus.log.append(topic, [record(BigInt(Date.now())), record(BigInt(Date.now()))])
    return topic
  }

  test('predicts the events that a shorter retention deletes, with their bytes', async () => {
    const bus = openBus()
    const topic = await oldAndNew(bus)

    const { plan, refusal } = await planAlterTopic(bus, topic, { 'retention.ms': `${DAY_MS}` }, Date.now())

    expect(refusal).toBeUndefined()
    expect(plan).toMatchObject({
      changes: [
        { name: 'retention.ms', from: `${7 * DAY_MS}`, fromSource: 'topic', to: `${DAY_MS}`, toSource: 'topic' },
      ],
      deletions: [{ topic, cause: 'retention-time', eventCount: 3n, byteCount: expect.any(BigInt) }],
    })
    expect(plan.deletions[0]?.byteCount).toBeGreaterThan(300n)
    expect(await applyAlterTopic(bus, plan)).toEqual({
      settings: [{ name: 'retention.ms', value: `${DAY_MS}`, source: 'topic' }],
    })
  })

  test('deletes the predicted events once their segment is closed', async () => {
    const bus = openBus()
    const topic = uniqueTopic()
    await bus.admin.createTopic(topic, { partitions: 1, config: { 'retention.ms': '-1', 'segment.ms': '100' } })
    const old = BigInt(Date.now() - 2 * DAY_MS)
    await bus.log.append(topic, [{ key: null, value: Buffer.from('old'), timestamp: old }])
    const { plan } = await planAlterTopic(bus, topic, { 'retention.ms': `${DAY_MS}` }, Date.now())
    expect(plan.deletions).toMatchObject([{ eventCount: 1n }])

    await applyAlterTopic(bus, plan)

    await eventually(async () => expect(await bus.log.ranges(topic)).toMatchObject([{ start: 1n }]), 60_000)
  })

  test('predicts the events beyond a size and those that compaction deletes', async () => {
    const bus = openBus()
    const topic = await oldAndNew(bus)

    const { plan } = await planAlterTopic(
      bus,
      topic,
      { 'retention.bytes': '300', 'cleanup.policy': 'compact,delete' },
      Date.now(),
    )

    expect(plan.deletions).toMatchObject([
      { cause: 'retention-size', limit: '300' },
      { cause: 'compaction', eventCount: 5n },
    ])
    expect(plan.deletions[0]?.eventCount).toBeGreaterThanOrEqual(1n)
    expect(plan.deletions[0]?.eventCount).toBeLessThan(5n)
  })

  test('reports the value that the broker refuses, and changes nothing', async () => {
    const bus = openBus()
    const topic = await oldAndNew(bus)

    const { plan, refusal } = await planAlterTopic(bus, topic, { 'retention.ms': 'soon' }, Date.now())

    expect(plan.changes).toMatchObject([{ to: 'soon' }])
    expect(refusal).toMatchObject({ code: 'INVALID_TOPIC', message: expect.stringContaining('soon') })
  })

  test('suggests a setting of the broker for a misspelled one', async () => {
    const bus = openBus()
    const topic = await oldAndNew(bus)

    await expect(planAlterTopic(bus, topic, { 'retentoin.ms': '1' }, 0)).rejects.toMatchObject({
      code: 'REFUSED',
      hints: expect.arrayContaining([expect.objectContaining({ code: 'change-setting', name: 'retention.ms' })]),
    })
  })

  test('shows the default that a removed setting returns to', async () => {
    const bus = openBus()
    const topic = uniqueTopic()
    await bus.admin.createTopic(topic, { partitions: 1, config: { 'retention.bytes': '5000' } })

    const { plan } = await planAlterTopic(bus, topic, { 'retention.bytes': null }, Date.now())

    expect(plan).toMatchObject({ changes: [{ from: '5000', to: '-1', toSource: 'default' }], deletions: [] })
    expect(await applyAlterTopic(bus, plan)).toMatchObject({ settings: [{ value: '-1', source: 'default' }] })
  })

  test('refuses a plan whose settings another client has changed', async () => {
    const bus = openBus()
    const topic = await oldAndNew(bus)
    const { plan } = await planAlterTopic(bus, topic, { 'retention.ms': '-1' }, Date.now())
    await bus.admin.setTopicConfig(topic, { 'retention.ms': '1000000000' })

    await expect(applyAlterTopic(bus, plan)).rejects.toMatchObject({ code: 'PLAN_STALE', topic })
  })

  test('by topics apply predicts the same events', async () => {
    const bus = openBus()
    const topic = await oldAndNew(bus)
    const declared = new Map([[topic, { partitions: 2, replication: undefined, retention: DAY_MS }]])

    const plan = await planTopicsApply(bus, declared)

    expect(await deletionsByApply(bus, plan, Date.now())).toMatchObject([{ cause: 'retention-time', eventCount: 3n }])
    expect(await applyTopics(bus, plan)).toEqual({ created: [], changed: [topic] })
    expect(await bus.admin.describeTopic(topic)).toMatchObject({ partitions: 2 })
  })
})
