import { describe, expect, inject, onTestFinished, test } from 'vitest'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import type { RedpandaEventBusOptions } from '../../src/drivers/kafka/redpanda-options.ts'
import { checkLag } from '../../src/operations/check/check-lag.ts'
import { checkTopicState } from '../../src/operations/check/check-topic.ts'
import { describeGroup } from '../../src/operations/groups/groups.ts'
import { measureLag } from '../../src/operations/lag/lag.ts'
import { countWaiting } from '../../src/operations/lag/waiting-by-type.ts'
import { applyReset } from '../../src/operations/reset/apply.ts'
import { planReset } from '../../src/operations/reset/make-plan.ts'
import { describeTopic } from '../../src/operations/topics/topics.ts'
import { text, uniqueGroup, uniqueTopic } from './support/harness.ts'

// Commands on a topic with a batch that cannot be read, here because it is larger than the limit of the reader.

const brokers = inject('kafkaBrokers')
const signal = new AbortController().signal
const LIMIT = 1000
const TOO_LARGE = `the record batch is larger than the limit of ${LIMIT} bytes when decompressed`

function openBus(options: Partial<RedpandaEventBusOptions> = {}): RedpandaEventBus {
  const bus = new RedpandaEventBus({ brokers, ...options })
  onTestFinished(() => bus.close())
  return bus
}

/** Makes a topic of two partitions. Offset 1 of the first is unreadable; its offsets 0, 2 and 3 and the second are readable. */
async function scene() {
  const topic = uniqueTopic()
  const writer = openBus({ compression: 'gzip' })
  await writer.admin.createTopic(topic, { partitions: 2 })
  for (const size of [1, 2 * LIMIT, 1, 1]) {
    await writer.log.append(topic, [{ key: text('k'), value: Buffer.alloc(size), partition: 0 }])
  }
  await writer.log.append(topic, [{ key: text('k'), value: text('x'), partition: 1 }])
  return { topic, bus: openBus({ maxBatchBytes: LIMIT }), reason: `${topic}[0] at offset 1: ${TOO_LARGE}` }
}

async function groupAt(bus: RedpandaEventBus, topic: string, offset: bigint): Promise<string> {
  const group = uniqueGroup()
  await bus.admin.commitOffsets(group, [
    { topic, partition: 0, offset },
    { topic, partition: 1, offset: 0n },
  ])
  return group
}

describe.skipIf(brokers === '')('on a topic with an unreadable batch', () => {
  test('a reset moves a group past the batch, as the error of its subscription suggests', async () => {
    const { topic, bus, reason } = await scene()
    const group = await groupAt(bus, topic, 1n)
    const to = (offset: bigint) => ({
      target: { kind: 'position', position: { kind: 'offset', offset } } as const,
      to: `${offset}`,
    })
    const request = { group, scope: [{ topic, partitions: [0] }], now: Date.now() }

    const plan = await planReset(bus, { ...request, ...to(2n) })

    expect(plan).toMatchObject({ skipped: 1n, counts: 'offsets', sampled: 0 })
    expect(plan.notes).toEqual([{ code: 'unreadable-records', topic, partition: 0, reason, batchCount: 1 }])
    const further = await planReset(bus, { ...request, ...to(4n) })
    expect(further).toMatchObject({ skipped: 3n, counts: 'offsets', sampled: 2 })
    await applyReset(bus, plan, { saveUndo: async () => 'undo.json', now: Date.now() })
    expect(await bus.admin.committedOffsets(group)).toMatchObject([{ offset: 2n }, { offset: 0n }])
  })

  test('lag is measured for a group before the batch, without an age, and for other groups', async () => {
    const { topic, bus, reason } = await scene()
    const [stuck, free] = [await groupAt(bus, topic, 1n), await groupAt(bus, topic, 2n)]

    const report = await measureLag(bus, { groups: [stuck, free], now: Date.now, signal })
    const { groups } = report

    const partitionsOf = (name: string) => groups.find(({ group }) => group === name)?.topics[0]?.partitions
    expect(partitionsOf(stuck)).toMatchObject([{ lag: 3n, age: undefined, unreadable: reason }, { lag: 1n }])
    expect(partitionsOf(free)).toMatchObject([{ lag: 2n, age: expect.any(Number) }, { lag: 1n }])
    expect(partitionsOf(free)?.[0]?.unreadable).toBeUndefined()
    expect(await describeGroup(bus, stuck)).toMatchObject({ lag: 4n })
    const counted = await countWaiting(bus, report, { limit: 100, signal })
    expect(counted.find(({ group }) => group === stuck)).toMatchObject({
      lag: 4n,
      sampled: 3,
      types: [
        { eventType: '(undecodable)', count: 3 },
        { eventType: '(unreadable)', count: 1 },
      ],
    })
    const limits = { groups: [stuck], minMembers: 0, now: Date.now, signal }
    expect(await checkLag(bus, { ...limits, maxEvents: 3 })).toMatchObject({ status: 'critical' })
    expect(await checkLag(bus, { ...limits, maxAge: 3_600_000 })).toMatchObject({
      status: 'unknown',
      findings: [{ code: 'age-unknown', group: stuck, partitions: [{ topic, partition: 0 }], reason: 'unreadable' }],
    })
  })

  test('lag and reset count offsets where more batches are unreadable than they skip', async () => {
    const topic = uniqueTopic()
    const writer = openBus({ compression: 'gzip' })
    await writer.admin.createTopic(topic, { partitions: 2 })
    const batches = 15
    for (let batch = 0; batch < batches; batch += 1) {
      await writer.log.append(topic, [{ key: null, value: Buffer.alloc(2 * LIMIT), partition: 0 }])
    }
    const bus = openBus({ maxBatchBytes: LIMIT })
    const offsets = Array.from({ length: batches }, (_, offset) => BigInt(offset))
    const groups = await Promise.all(offsets.map((offset) => groupAt(bus, topic, offset)))

    const report = await measureLag(bus, { groups, now: Date.now, signal })
    const target = { target: { kind: 'position', position: { kind: 'end' } }, to: 'end' } as const
    const scope = [{ topic, partitions: [0] }]
    const plan = await planReset(bus, { group: groups[0] as string, scope, ...target, now: Date.now() })

    const lags = report.groups.map(({ topics: [first] }) => first?.partitions[0])
    expect(lags.map((one) => one?.lag).sort((a = 0n, b = 0n) => Number(a - b))).toEqual(offsets.map((one) => one + 1n))
    expect(lags.every((one) => one?.unreadable !== undefined)).toBe(true)
    expect(plan).toMatchObject({ skipped: BigInt(batches), counts: 'offsets', sampled: 0 })
    const reason = `${topic}[0] at offset 0: ${TOO_LARGE}`
    expect(plan.notes).toEqual([{ code: 'unreadable-records', topic, partition: 0, reason, batchCount: 10 }])
  })

  test('topics describe and check topic use the readable events', async () => {
    const { topic, bus, reason } = await scene()

    const { sampled, counts, warnings } = await describeTopic(bus, topic)

    expect({ sampled, counts }).toEqual({ sampled: 4, counts: 'offsets' })
    expect(warnings).toContainEqual({ code: 'unreadable-records', topic, partition: 0, reason, batchCount: 1 })
    const silenceOf = (maxSilence: number, now = Date.now) => checkTopicState(bus, { topic, maxSilence, now, signal })
    expect(await silenceOf(3_600_000)).toMatchObject({ status: 'ok' })
    const later = () => Date.now() + 7_200_000
    expect(await silenceOf(3_600_000, later)).toMatchObject({
      status: 'unknown',
      findings: [
        {
          code: 'silence-above-limit',
          silence: expect.closeTo(7205, -1),
          limit: 3600,
          unreadable: expect.stringMatching(/larger than/),
        },
      ],
    })
  })
})
