import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { RedpandaEventBus } from '../../src/drivers/kafka/redpanda-event-bus.ts'
import { checkLag } from '../../src/operations/check/check-lag.ts'
import { checkTopicState } from '../../src/operations/check/check-topic.ts'
import { indexStatus } from '../../src/operations/event-index/index-status.ts'
import { describeGroup } from '../../src/operations/groups/groups.ts'
import { measureLag } from '../../src/operations/lag/lag.ts'
import { countWaiting } from '../../src/operations/lag/waiting-by-type.ts'
import { parseRange } from '../../src/operations/offsets/offset-grammar.ts'
import { resolveSlices } from '../../src/operations/offsets/resolve-slices.ts'
import { applyReset } from '../../src/operations/reset/apply.ts'
import { planReset } from '../../src/operations/reset/make-plan.ts'
import { parseTarget, type ResetTarget } from '../../src/operations/reset/target.ts'
import { checkTopic } from '../../src/operations/schemas/check.ts'
import type { TailNotice } from '../../src/operations/tail/notices.ts'
import { type TailRequest, tail } from '../../src/operations/tail/tail.ts'
import { seenEvents } from '../../src/operations/topics/seen-events.ts'
import { describeTopic } from '../../src/operations/topics/topics.ts'
import type { Schema } from '../../src/schema/model.ts'
import { checkMessage } from '../../src/ui/notes/check-message.ts'
import { tailNoticeText } from '../../src/ui/notes/tail-notices.ts'
import { kafkaUnavailable, startKafkaTool } from '../support/kafka.ts'
import { startTransactionalProducer, type TransactionalProducer } from '../support/transactional-producer.ts'
import { indexTopics, newFolder } from '../unit/event-index/support/index-topics.ts'
import { eventually, newTopic, readSlices, uniqueGroup, uniqueTopic } from './support/harness.ts'

// Topics that Java services write in transactions: a reader of committed records stops before their end.

const brokers = inject('kafkaBrokers')
const hasTools = brokers !== '' && (await kafkaUnavailable()) === undefined && !process.env.CRBUS_TEST_BROKERS
const CONSOLE_CONSUMER = 'org.apache.kafka.tools.consumer.ConsoleConsumer'
const signal = new AbortController().signal
/** Decodes no event; the types do not matter here. */
const schema: Schema = {
  topic: 'order-events',
  root: 'OrderEvent',
  events: new Map(),
  types: new Map([['OrderEvent', { kind: 'enum', at: 'order.rs', variants: [] }]]),
}

describe.skipIf(!hasTools)('with transactions on a topic', () => {
  let producer: TransactionalProducer
  beforeAll(async () => {
    producer = await startTransactionalProducer(brokers)
  })
  afterAll(() => producer.die())

  function openBus(): RedpandaEventBus {
    const bus = new RedpandaEventBus({ brokers, timeout: 60_000 })
    onTestFinished(() => bus.close())
    return bus
  }

  /** Makes a topic of one partition: 2 records without a transaction, 3 in an open transaction, 2 without. */
  async function scene(bus: RedpandaEventBus) {
    const topic = await newTopic(bus)
    await producer.plain(topic, 0, 2)
    const transaction = await producer.begin()
    await transaction.send(topic, 0, 3)
    await producer.plain(topic, 0, 2)
    return { topic, transaction }
  }

  async function groupAt(bus: RedpandaEventBus, topic: string, offset: bigint): Promise<string> {
    const group = uniqueGroup()
    await bus.admin.commitOffsets(group, [{ topic, partition: 0, offset }])
    return group
  }

  const lagOf = async (bus: RedpandaEventBus, group: string, sample?: number) =>
    (await measureLag(bus, { groups: [group], now: Date.now, signal, sample })).groups[0]

  const check = (bus: RedpandaEventBus, group: string, maxEvents: number) =>
    checkLag(bus, { groups: [group], maxEvents, minMembers: 0, now: Date.now, signal })

  const plan = (bus: RedpandaEventBus, group: string, to: string) => {
    const parsed = parseTarget(to, Date.now())
    const target: ResetTarget | undefined = parsed.ok && 'target' in parsed ? parsed.target : undefined
    if (target === undefined) throw new Error(`no target: ${to}`)
    return planReset(bus, { group, scope: 'committed', target, to, now: Date.now(), newGroup: true })
  }

  async function tailed(bus: RedpandaEventBus, topic: string, from?: string, more: Partial<TailRequest> = {}) {
    const range = from === undefined ? undefined : parseRange(from, Date.now())
    if (range?.ok === false) throw new Error(range.reason)
    const notices: string[] = []
    const request = {
      topics: [topic],
      last: 10,
      follow: false,
      signal,
      onNotice: (notice: TailNotice) => void notices.push(tailNoticeText(notice, 'utc')),
    }
    const offsets: bigint[] = []
    for await (const batch of tail(bus, { ...request, from: range?.from, to: range?.to, ...more })) {
      offsets.push(...batch.map(({ record }) => record.offset))
    }
    return { offsets, notices }
  }

  test('an index stops at an open transaction, continues after its end, and leaves out aborted records', async () => {
    const bus = openBus()
    const { topic, transaction } = await scene(bus)
    const path = join(newFolder(), 'index.db')
    const update = async () => {
      const { recordsAdded } = await indexTopics(bus, path, { topics: [topic] })
      const { topics } = await indexStatus(bus, path)
      return { recordsAdded, of: topics.find((one) => one.topic === topic)?.partitions[0] }
    }
    expect(await update()).toMatchObject({ recordsAdded: 2, of: { to: 2n, end: 2n, behind: 0n, state: 'current' } })

    await transaction.abort()
    // Two records, after three aborted ones. The marker of the end follows them.
    await eventually(async () =>
      expect(await bus.log.ranges(topic)).toMatchObject([{ end: 8n, lastStable: undefined }]),
    )
    expect(await update()).toMatchObject({ recordsAdded: 2, of: { from: 0n, to: 8n, behind: 0n, state: 'current' } })
    expect(await update()).toMatchObject({ recordsAdded: 0, of: { to: 8n, state: 'current' } })
  })

  test('the log has both ends while a transaction is open, and committed records are read up to it', async () => {
    const bus = openBus()
    const { topic, transaction } = await scene(bus)

    expect(await bus.log.ranges(topic)).toEqual([{ partition: 0, start: 0n, end: 7n, lastStable: 2n }])
    const described = await describeTopic(bus, topic)
    expect(described).toMatchObject({ sampled: 2, partitions: [{ start: 0n, lastStable: 2n, end: 7n }] })
    expect(described.warnings).toContainEqual({ code: 'open-transaction', partition: 0, offset: 2n })
    expect(await checkTopic(bus, { topic, schema, last: 10, signal })).toMatchObject({ recordCount: 2 })
    expect(await seenEvents(bus, topic)).toEqual([])
    const silenceOf = async (of: string, maxSilence: number) => {
      const check = await checkTopicState(bus, { topic: of, maxSilence, now: Date.now, signal })
      return `${check.status}: ${checkMessage(check)}`
    }
    expect(await silenceOf(topic, 3_600_000)).toMatch(/^ok: /)
    expect(await silenceOf(topic, 0)).toMatch(/^critical: .*newest event \d+s ago, above 0s, /)
    expect(await silenceOf(topic, 0)).toContain(`events of a transaction open in ${topic}[0] at offset 2 not counted`)
    const slice = { topic, partition: 0, from: 0n, to: 7n }
    const uncommitted: bigint[] = []
    for await (const batch of bus.log.read([slice], { isolation: 'uncommitted' })) {
      uncommitted.push(...batch.map(({ offset }) => offset))
    }
    expect(uncommitted).toEqual([0n, 1n, 2n, 3n, 4n, 5n, 6n])
    expect((await bus.log.firstRecords([{ ...slice, from: 3n }], 'uncommitted'))[0]).toMatchObject({ offset: 3n })
    expect(await bus.log.firstRecords([{ ...slice, from: 3n }])).toEqual([undefined])

    await transaction.commit()

    // The coordinator answers before it writes the commit marker.
    await eventually(async () => expect(await bus.log.ranges(topic)).toEqual([{ partition: 0, start: 0n, end: 8n }]))
    expect(await describeTopic(bus, topic)).toMatchObject({ sampled: 7, counts: 'offsets', partitions: [{ end: 8n }] })
    expect((await readSlices(bus, [{ ...slice, to: 8n }])).map(({ offset }) => offset)).toEqual(uncommitted)
  })

  test('check topic names the open transaction that holds all events of a topic', async () => {
    const bus = openBus()
    const topic = await newTopic(bus)
    await (await producer.begin()).send(topic, 0, 3)

    expect(await checkTopicState(bus, { topic, maxSilence: 3_600_000, now: Date.now, signal })).toMatchObject({
      status: 'critical',
      findings: [{ code: 'topic-empty', topic, transactions: [{ topic, partition: 0, offset: 0n }] }],
    })
  })

  test('tail without --follow ends at the open transaction, wherever it begins', async () => {
    const bus = openBus()
    const { topic, transaction } = await scene(bus)

    const held = `a transaction is open in ${topic}[0] at offset 2: the 5 offsets from there on can be read after the transaction has ended`
    expect(await tailed(bus, topic)).toEqual({ offsets: [0n, 1n], notices: [held] })
    expect(await tailed(bus, topic, 'start')).toEqual({ offsets: [0n, 1n], notices: [held] })
    expect(await tailed(bus, topic, 'start:+1')).toEqual({ offsets: [0n], notices: [] })
    expect((await tailed(bus, topic, '-1')).offsets).toEqual([1n])
    expect((await tailed(bus, topic, 'end')).offsets).toEqual([])
    expect((await tailed(bus, topic, '5')).offsets).toEqual([])
    expect((await tailed(bus, topic, '@-1h')).offsets).toEqual([0n, 1n])
    expect(await tailed(bus, topic, '1:6')).toEqual({
      offsets: [1n],
      notices: [`${topic}[0] holds 0 to 7, with a transaction open at 2: offset 6 was replaced by 2`],
    })

    // Following from the end shows events that become visible; following from an offset after it shows none before that offset.
    const following = async (text: string) => {
      const range = parseRange(text, Date.now())
      if (!range.ok || range.from === undefined) throw new Error(text)
      const { slices } = await resolveSlices(bus.log, { topics: [topic], from: range.from, to: { kind: 'end' } })
      return slices.map(({ from, to }) => [from, to])
    }
    expect([await following('end'), await following('5')]).toEqual([[[2n, 2n]], [[5n, 5n]]])
    await transaction.commit()
    expect((await tailed(bus, topic, '5', { follow: true, limit: 2 })).offsets).toEqual([5n, 6n])
  })

  test('a group whose reader of uncommitted records read everything has no lag and keeps its offset', async () => {
    const bus = openBus()
    const { topic } = await scene(bus)
    const group = await groupAt(bus, topic, 7n)

    const lag = await lagOf(bus, group)
    expect(lag).toMatchObject({ lag: 0n, verdict: 'ok' })
    expect(lag?.topics[0]?.partitions).toMatchObject([
      { committed: 7n, lastStable: 2n, end: 7n, lag: 0n, verdict: 'ok' },
    ])
    expect(await check(bus, group, 0)).toMatchObject({ status: 'ok' })
    expect(await describeGroup(bus, group)).toMatchObject({
      lag: 0n,
      offsets: [{ committed: 7n, end: 7n, lastStable: 2n }],
    })
    expect(await plan(bus, group, 'current')).toMatchObject({ steps: [{ from: 7n, to: 7n, clamped: null }], notes: [] })
    expect(await plan(bus, group, '5')).toMatchObject({ steps: [{ from: 7n, to: 5n, eventCount: 2n, clamped: null }] })
    expect(await plan(bus, group, 'start')).toMatchObject({
      replayed: 7n,
      sampled: 7,
      steps: [{ from: 7n, to: 0n, eventCount: 7n }],
      notes: [],
    })
    const clone = uniqueGroup()
    const saveUndo = async () => 'undo'
    await applyReset(bus, await plan(bus, clone, `group:${group}`), { saveUndo, now: Date.now() })
    expect(await bus.admin.committedOffsets(clone)).toMatchObject([{ offset: 7n }])
    await applyReset(bus, await plan(bus, group, '5'), { saveUndo, now: Date.now() })
    expect(await bus.admin.committedOffsets(group)).toMatchObject([{ offset: 5n }])
    expect(await lagOf(bus, group)).toMatchObject({ lag: 2n, verdict: 'stopped' })
  })

  test('lag reports a group at an open transaction as held back by it', async () => {
    const bus = openBus()
    const { topic, transaction } = await scene(bus)
    const group = await groupAt(bus, topic, 2n)

    const report = await measureLag(bus, { groups: [group], now: Date.now, signal })
    const [place] = report.groups[0]?.topics[0]?.partitions ?? []
    expect(place).toMatchObject({ lag: 5n, verdict: 'stopped', transaction: { offset: 2n } })
    expect(Math.abs((place?.transaction?.since ?? 0) - Date.now())).toBeLessThan(60_000)
    expect(checkMessage(await check(bus, group, 4))).toContain(
      `held back by a transaction open in ${topic}[0] at offset 2`,
    )
    expect(await countWaiting(bus, report, { limit: 100, signal })).toMatchObject([{ lag: 5n, sampled: 5 }])
    const end = await plan(bus, group, 'end')
    expect(end).toMatchObject({ skipped: 5n, steps: [{ from: 2n, to: 7n }] })
    expect(end.notes).toEqual([{ code: 'skips-open-transaction', topic, partition: 0, to: 7n, lastStable: 2n }])

    // A member that reads committed records has read all it can, so it is not stuck.
    const stream = await openBus().subscribe([topic], { group, autoOffsetReset: 'earliest' })
    onTestFinished(() => stream.close())
    await eventually(async () => expect(await lagOf(bus, group)).toMatchObject({ state: 'Stable' }))
    expect(await lagOf(bus, group, 1)).toMatchObject({ lag: 5n, verdict: 'held-back' })
    const inAMinute = await measureLag(bus, { groups: [group], now: () => Date.now() + 60_000, signal })
    expect(inAMinute.groups[0]).toMatchObject({ verdict: 'held-back' })

    await transaction.abort()
    await eventually(async () => {
      const [after] = (await lagOf(bus, group))?.topics[0]?.partitions ?? []
      expect([after?.end, after?.lastStable, after?.transaction]).toEqual([8n, undefined, undefined])
    })
  })

  test('a commit marker does not count as lag', async () => {
    const bus = openBus()
    const topic = await newTopic(bus)
    const transaction = await producer.begin()
    await transaction.send(topic, 0, 3)
    await transaction.commit()
    const group = await groupAt(bus, topic, 3n)

    await eventually(async () => expect(await bus.log.ranges(topic)).toMatchObject([{ end: 4n }]))
    expect(await lagOf(bus, group)).toMatchObject({ lag: 0n, verdict: 'ok' })
    const checked = await check(bus, group, 0)
    expect([checked.status, checkMessage(checked)]).toEqual([
      'ok',
      `${group}: 0 events waiting (${group} is Empty, 0 members, verdict ok)`,
    ])
    expect(await describeGroup(bus, group)).toMatchObject({ lag: 0n })
    expect(await plan(bus, group, 'end')).toMatchObject({ skipped: 0n, steps: [{ from: 3n, to: 4n }] })
    expect(await plan(bus, group, 'start')).toMatchObject({ replayed: 3n })
  })

  test('a default Java consumer of a live transactional producer is never reported as beyond the end of the log', {
    timeout: 120_000,
  }, async () => {
    const bus = openBus()
    const topic = await newTopic(bus)
    const group = uniqueGroup()
    await producer.plain(topic, 0, 1)
    const own = ['--from-beginning', '--consumer-property', 'auto.commit.interval.ms=100']
    const consumer = await startKafkaTool(CONSOLE_CONSUMER, [
      ...['--bootstrap-server', brokers, '--topic', topic, '--group', group, ...own],
    ])
    onTestFinished(() => void consumer.kill('SIGKILL'))
    await eventually(async () => expect(await bus.admin.committedOffsets(group)).toMatchObject([{ offset: 1n }]))
    let isDone = false
    const writing = (async () => {
      for (let round = 0; round < 3; round += 1) {
        const transaction = await producer.begin(`live-${topic}`)
        for (let sent = 0; sent < 10; sent += 1) {
          await transaction.send(topic, 0, 1)
          await new Promise((resolve) => setTimeout(resolve, 200))
        }
        await transaction.commit()
      }
      isDone = true
    })()
    const seen = new Set<string>()
    let beyondStable = 0
    while (!isDone) {
      const { status } = await check(bus, group, 1000)
      const found = await lagOf(bus, group)
      seen.add(`${status} ${found?.verdict}`)
      const [place] = found?.topics[0]?.partitions ?? []
      if ((place?.committed ?? 0n) > (place?.lastStable ?? place?.end ?? 0n)) beyondStable += 1
    }
    await writing
    expect([...seen].filter((one) => !/^ok (ok|undefined)$/.test(one))).toEqual([])
    expect(beyondStable).toBeGreaterThan(0)
    // Java clients commit the leader epoch of the records they read.
    expect(await bus.admin.committedOffsets(group)).toMatchObject([{ leaderEpoch: 0 }])
    const gone = once(consumer, 'exit')
    consumer.kill('SIGTERM')
    await gone
  })

  test('lag has the age of a group whose first event precedes an unreadable batch, beside a group that waits at the batch', async () => {
    const topic = uniqueTopic()
    const writer = new RedpandaEventBus({ brokers, compression: 'gzip', timeout: 60_000 })
    const reader = new RedpandaEventBus({ brokers, maxBatchBytes: 1000, timeout: 60_000 })
    onTestFinished(async () => void (await Promise.all([writer.close(), reader.close()])))
    await writer.admin.createTopic(topic, { partitions: 1 })
    await producer.plain(topic, 0, 1)
    // Offsets 1 and 2 are the record and the end of an aborted transaction, which have no events.
    const transaction = await producer.begin()
    await transaction.send(topic, 0, 1)
    await transaction.abort()
    // The broker writes the end after it has answered, and another record must not come before it.
    await eventually(async () => expect(await writer.log.ranges(topic)).toMatchObject([{ end: 3n }]))
    await writer.log.append(topic, [{ key: null, value: Buffer.alloc(2000), partition: 0 }])
    const [early, late] = [await groupAt(writer, topic, 0n), await groupAt(writer, topic, 2n)]

    const { groups } = await measureLag(reader, { groups: [early, late], now: Date.now, signal })

    const partitionOf = (name: string) => groups.find(({ group }) => group === name)?.topics[0]?.partitions[0]
    expect(partitionOf(early)).toMatchObject({ lag: 4n, age: expect.any(Number) })
    expect(partitionOf(early)?.unreadable).toBeUndefined()
    expect(partitionOf(late)).toMatchObject({ age: undefined, unreadable: expect.stringMatching(/offset 3/) })
  })
})
