import { expect, test } from 'vitest'
import type { EventBusError } from '../../../src/bus/errors.ts'
import { applyReset } from '../../../src/operations/reset/apply.ts'
import { planReset, type ResetRequest } from '../../../src/operations/reset/make-plan.ts'
import { waitUntilEmpty } from '../../../src/operations/reset/preconditions.ts'
import type { PartialReset } from '../../../src/operations/reset/progress.ts'
import { parseTarget, type ResetTarget } from '../../../src/operations/reset/target.ts'
import { planUndo, type UndoRecord } from '../../../src/operations/reset/undo.ts'
import type { Contract } from '../bus-contract.ts'
import { eventually, newTopic, numberedList, take, text, uniqueGroup, uniqueTopic } from './harness.ts'

/** The time of the first record; the others follow a second apart. Recent, because a broker deletes records older than its retention. */
const T0 = Math.floor(Date.now() / 1000) * 1000 - 3_600_000
const timeOf = (offset: number): bigint => BigInt(T0 + 1000 * offset)
const timeText = (milliseconds: number): string => `@${new Date(T0 + milliseconds).toISOString()}`
const NOW = Date.UTC(2026, 10, 23, 10)

/** Plans and resets of groups. They rely on nothing but the behavior that every bus shares. */
export function resetClauses({ bus, open, startMember, takeoverWithin }: Contract): void {
  /** A topic with `counts[p]` records in partition p. */
  async function filled(...counts: number[]): Promise<string> {
    const topic = await newTopic(bus(), counts.length)
    const records = counts.flatMap((count, partition) =>
      Array.from({ length: count }, (_, index) => ({
        key: null,
        value: text('x'),
        partition,
        timestamp: timeOf(index),
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

  const toTarget = (to: string): ResetTarget => {
    const parsed = parseTarget(to, NOW)
    if (!parsed.ok || !('target' in parsed)) throw new Error(`no target: ${to}`)
    return parsed.target
  }

  const plan = (group: string, to: string, more: Partial<ResetRequest> = {}) =>
    planReset(bus(), { group, scope: 'committed', target: more.target ?? toTarget(to), to, now: NOW, ...more })

  const committed = async (group: string) => (await bus().admin.committedOffsets(group)).map(({ offset }) => offset)

  /** Applies plans and collects the undo records. */
  function applying() {
    const saved: UndoRecord[] = []
    const saveUndo = async (record: UndoRecord) => `undo-${saved.push(record)}`
    return {
      saved,
      apply: (made: Awaited<ReturnType<typeof plan>>) => applyReset(bus(), made, { saveUndo, now: NOW }),
    }
  }

  test.each([
    ['start', [0n, 0n]],
    ['end', [10n, 4n]],
    ['3', [3n, 3n]],
    ['+2', [7n, 3n]],
    ['-1', [4n, 0n]],
    ['current', [5n, 1n]],
    [timeText(2000), [2n, 2n]],
    [timeText(1500), [2n, 2n]],
  ])('plans and applies a reset to %s', async (to, expected) => {
    const topic = await filled(10, 4)
    const group = await groupAt(topic, 5, 1)

    const made = await plan(group, to)
    expect(made.steps.map((step) => step.to)).toEqual(expected)
    expect(await committed(group)).toEqual([5n, 1n])
    await applying().apply(made)

    expect(await committed(group)).toEqual(expected)
  })

  test('reports the events that are replayed and skipped, with their times', async () => {
    const topic = await filled(10, 4)
    const group = await groupAt(topic, 5, 1)

    expect(await plan(group, '3')).toMatchObject({
      group,
      state: 'Empty',
      replayed: 2n,
      skipped: 2n,
      sampled: 4,
      types: [{ eventType: '(undecodable)', count: 4 }],
      steps: [
        {
          topic,
          partition: 0,
          from: 5n,
          to: 3n,
          start: 0n,
          end: 10n,
          effect: 'replay',
          firstEventAt: new Date(T0 + 1000 * 3).toISOString(),
          lastEventAt: new Date(T0 + 1000 * 4).toISOString(),
        },
        {
          topic,
          partition: 1,
          from: 1n,
          to: 3n,
          start: 0n,
          end: 4n,
          effect: 'skip',
          firstEventAt: new Date(T0 + 1000 * 1).toISOString(),
          lastEventAt: new Date(T0 + 1000 * 2).toISOString(),
        },
      ],
    })
  })

  test('clamps targets to the range of the log and reports it', async () => {
    const topic = await filled(10, 4)
    const group = await groupAt(topic, 5, 1)

    const made = await plan(group, '7')
    expect(made.steps.map((step) => step.to)).toEqual([7n, 4n])
    expect(made.steps.map(({ clamped }) => clamped)).toEqual([null, { code: 'beyond-log-end', wanted: 7n }])
    const back = await plan(group, '-3')
    expect(back.steps.map(({ to, clamped }) => [to, clamped])).toEqual([
      [2n, null],
      [0n, { code: 'before-log-start', wanted: -2n }],
    ])
    // A time after the last event means the end.
    expect((await plan(group, timeText(60_000))).steps.map((step) => step.to)).toEqual([10n, 4n])
  })

  test('treats an offset beyond the log as its end', async () => {
    const topic = await filled(10)
    const group = await groupAt(topic, 99)

    const made = await plan(group, 'start')

    expect(made).toMatchObject({ replayed: 10n, steps: [{ from: 99n, to: 0n }] })
    const outside = { committed: 99n, start: 0n, end: 10n, gone: 0n }
    expect(made.notes).toEqual([{ code: 'committed-outside-log', topic, partition: 0, ...outside }])
    const { apply, saved } = applying()
    await apply(made)
    expect(await committed(group)).toEqual([0n])
    await apply(await planUndo(bus(), saved[0] as UndoRecord, NOW))
    expect(await committed(group)).toEqual([99n])
  })

  test('resets only the given partitions, with or without a committed offset', async () => {
    const topic = await filled(10, 4, 2)
    const group = await groupAt(topic, 5, 1)

    const made = await plan(group, 'end', { scope: [{ topic, partitions: [1, 2] }] })
    expect(made.steps).toMatchObject([
      { partition: 1, from: 1n, to: 4n, effect: 'skip' },
      { partition: 2, from: null, to: 2n, effect: 'set' },
    ])
    const { apply, saved } = applying()
    await apply(made)
    expect(await committed(group)).toEqual([5n, 4n, 2n])

    await apply(await planUndo(bus(), saved[0] as UndoRecord, NOW))
    expect(await bus().admin.committedOffsets(group)).toEqual([
      { topic, partition: 0, offset: 5n },
      { topic, partition: 1, offset: 1n },
    ])
  })

  test('refuses missing topics, missing partitions and relative targets without a committed offset', async () => {
    const topic = await filled(1, 1)
    const group = await groupAt(topic, 0)

    await expect(plan(group, 'end', { scope: [{ topic: uniqueTopic() }] })).rejects.toMatchObject({
      code: 'TOPIC_NOT_FOUND',
    })
    await expect(plan(group, 'end', { scope: [{ topic, partitions: [2] }] })).rejects.toMatchObject({ code: 'REFUSED' })
    await expect(plan(group, '+1', { scope: [{ topic }] })).rejects.toMatchObject({
      code: 'REFUSED',
      message: `${topic}[1] has no committed offset to count from`,
    })
  })

  test('reports a missing group, or creates it with newGroup, and undoes that', async () => {
    const topic = await filled(3)
    const group = uniqueGroup()
    const scope = [{ topic }]

    await expect(plan(group, 'end', { scope })).rejects.toMatchObject({ code: 'GROUP_NOT_FOUND' })
    const { apply, saved } = applying()
    const made = await plan(group, 'end', { scope, newGroup: true })
    expect(made).toMatchObject({ makesGroup: true, steps: [{ from: null, to: 3n }] })
    await apply(made)
    expect(await committed(group)).toEqual([3n])

    await apply(await planUndo(bus(), saved[0] as UndoRecord, NOW))
    expect(await bus().admin.describeGroup(group)).toMatchObject({ state: 'Dead' })
    expect(await committed(group)).toEqual([])
  })

  test('resets a group to the offsets of another group', async () => {
    const topic = await filled(10, 4)
    const [group, other] = [await groupAt(topic, 5, 1), await groupAt(topic, 8)]

    const made = await plan(group, `group:${other}`, { scope: [{ topic }] })
    expect(made.steps).toMatchObject([{ partition: 0, from: 5n, to: 8n }])
    expect(made.notes).toEqual([{ code: 'no-offset-in-source', topic, partition: 1, source: `group:${other}` }])
    const clone = uniqueGroup()
    await applying().apply(await plan(clone, `group:${group}`, { newGroup: true }))

    expect(await committed(clone)).toEqual([5n, 1n])
    await expect(plan(group, `group:${uniqueGroup()}`)).rejects.toMatchObject({ code: 'GROUP_NOT_FOUND' })
  })

  test('keeps commit metadata through a reset, an undo and a clone, and the leader epoch if the offset stays', async () => {
    const topic = await filled(10, 4, 4)
    const group = uniqueGroup()
    const before = [
      { topic, partition: 0, offset: 5n, metadata: 'five', leaderEpoch: 0 },
      { topic, partition: 1, offset: 0n, metadata: 'zero', leaderEpoch: 0 },
      { topic, partition: 2, offset: 1n },
    ]
    await bus().admin.commitOffsets(group, before)
    const { apply, saved } = applying()

    const made = await plan(group, 'start')
    expect(made.notes).toEqual([{ code: 'metadata-kept', partitions: [{ topic, partition: 0 }] }])
    await apply(made)
    // The leader epoch of the record at the new offset is not known.
    expect(await bus().admin.committedOffsets(group)).toEqual([
      { topic, partition: 0, offset: 0n, metadata: 'five' },
      before[1],
      { topic, partition: 2, offset: 0n },
    ])
    await apply(await planUndo(bus(), saved[0] as UndoRecord, NOW))
    expect(await bus().admin.committedOffsets(group)).toEqual(before)

    const clone = uniqueGroup()
    await apply(await plan(clone, `group:${group}`, { newGroup: true }))
    expect(await bus().admin.committedOffsets(clone)).toEqual(before)
    // The offsets are equal, but the metadata differ, so they are copied.
    await bus().admin.commitOffsets(clone, [{ topic, partition: 0, offset: 5n, metadata: 'other' }])
    await apply(await plan(clone, `group:${group}`))
    expect(await bus().admin.committedOffsets(clone)).toEqual(before)

    await apply(await plan(group, 'nothing', { target: { kind: 'nothing' }, removesGroup: true }))
    await apply(await planUndo(bus(), saved.at(-1) as UndoRecord, NOW))
    expect(await bus().admin.committedOffsets(group)).toEqual(before)
  })

  test('removes metadata by an undo that recorded none, and keeps them by an undo that recorded nothing about them', async () => {
    const topic = await filled(10)
    const group = await groupAt(topic, 5)
    const { apply, saved } = applying()
    await apply(await plan(group, '3'))
    const [record] = saved as [UndoRecord]
    const { beforeDetails: _, ...untold } = record.offsets[0] as UndoRecord['offsets'][number]
    await bus().admin.commitOffsets(group, [{ topic, partition: 0, offset: 5n, metadata: 'since' }])

    expect((await planUndo(bus(), { ...record, offsets: [untold] }, NOW)).steps).toMatchObject([
      { fromDetails: { metadata: 'since' }, toDetails: { metadata: 'since' } },
    ])
    await apply(await planUndo(bus(), record, NOW))
    expect(await bus().admin.committedOffsets(group)).toEqual([{ topic, partition: 0, offset: 5n }])
  })

  test('refuses a plan after an offset was committed again with other metadata', async () => {
    const topic = await filled(10)
    const group = await groupAt(topic, 5)
    const made = await plan(group, 'start')
    await bus().admin.commitOffsets(group, [{ topic, partition: 0, offset: 5n, metadata: 'since' }])

    await expect(applying().apply(made)).rejects.toMatchObject({
      code: 'PLAN_STALE',
      message: `the plan is stale: the metadata or leader epoch committed on ${topic}[0] has changed; nothing was done`,
    })
  })

  test('plans for a running group, refuses to apply until it has stopped, and can wait for that', async () => {
    const topic = await newTopic(bus())
    const group = uniqueGroup()
    await bus().publish(topic, numberedList(3))
    const stream = await (await open()).subscribe([topic], { group, autoOffsetReset: 'earliest' })
    await take(stream, 3)
    await eventually(async () => expect(await committed(group)).toEqual([2n]))
    const { apply, saved } = applying()

    const made = await plan(group, 'start')
    expect(made).toMatchObject({ state: 'Stable', replayed: 2n })
    expect(made.memberIds).toHaveLength(1)
    const [member] = made.memberIds
    await expect(apply(made)).rejects.toMatchObject({
      code: 'GROUP_ACTIVE',
      group,
      message: expect.stringContaining(String(member)),
    })
    expect(saved).toEqual([])
    await expect(waitUntilEmpty(bus(), group, 50)).rejects.toMatchObject({ code: 'GROUP_ACTIVE' })
    const waiting = waitUntilEmpty(bus(), group, 30_000)
    await stream.close()
    await waiting

    await apply(await plan(group, 'start'))
    expect(await committed(group)).toEqual([0n])
  })

  test('waits for a member that dies until the bus notices it', {
    timeout: takeoverWithin + 60_000,
  }, async () => {
    const topic = await newTopic(bus())
    const group = uniqueGroup()
    // With a committed offset, the member starts at offset 0 on every bus.
    await bus().publish(topic, numberedList(3))
    await bus().admin.commitOffsets(group, [{ topic, partition: 0, offset: 0n }])
    const member = await startMember({ topic, group, take: 1 })
    const waitedFor = Promise.withResolvers<readonly string[]>()
    const waiting = waitUntilEmpty(bus(), group, takeoverWithin, { onWait: waitedFor.resolve })
    expect(await waitedFor.promise).toHaveLength(1)

    await member.die()
    await waiting

    await applying().apply(await plan(group, 'end'))
    expect(await committed(group)).toEqual([3n])
  })

  test('refuses a stale plan and changes nothing', async () => {
    const topic = await filled(10, 4)
    const group = await groupAt(topic, 5, 1)
    const made = await plan(group, 'start')
    await bus().admin.commitOffsets(group, [{ topic, partition: 1, offset: 2n }])
    const { apply, saved } = applying()

    await expect(apply(made)).rejects.toMatchObject({
      code: 'PLAN_STALE',
      message: `the plan is stale: ${topic}[1] was at 1 and is at 2; nothing was done`,
    })

    expect(saved).toEqual([])
    expect(await committed(group)).toEqual([5n, 2n])
  })

  test('reports that no offset has moved if a member joins before the commit', async () => {
    const topic = await filled(10, 4)
    const group = await groupAt(topic, 5, 1)
    const made = await plan(group, 'start')
    const member = await open()
    // The undo record is saved after the check for members and before the commit.
    const saveUndo = async () => {
      await member.subscribe([topic], { group, autoOffsetReset: 'earliest' })
      return 'undo-1'
    }

    await expect(applyReset(bus(), made, { saveUndo, now: NOW })).rejects.toMatchObject({
      code: 'GROUP_ACTIVE',
      group,
      message: expect.stringContaining(
        `reading back shows that no offset has moved: ${topic}[0] is at 5 instead of 0, ${topic}[1] is at 1 instead of 0`,
      ),
      outcome: { undoFile: 'undo-1', moved: 0, notTaken: [{ committed: 5n }, { committed: 1n }] },
    })
    expect(await committed(group)).toEqual([5n, 1n])
  })

  test('reports the offsets that were not reset after a topic was deleted before the commit, and undoes the rest', async () => {
    const [gone, kept] = [await filled(3), await filled(3)]
    const group = await groupAt(kept, 2)
    await bus().admin.commitOffsets(group, [{ topic: gone, partition: 0, offset: 2n }])
    const made = await plan(group, 'start')
    let record: UndoRecord | undefined
    const saveUndo = async (saved: UndoRecord) => {
      record = saved
      await bus().admin.deleteTopic(gone)
      return 'undo-1'
    }

    const error = await applyReset(bus(), made, { saveUndo, now: NOW }).catch((thrown: unknown) => thrown)

    expect(error).toMatchObject({ code: 'TOPIC_NOT_FOUND' })
    const { outcome, message } = error as EventBusError
    const { moved, notTaken } = outcome as PartialReset
    const missing = new Map(notTaken?.map(({ topic, committed }) => [topic, committed]))
    // A bus may reset one of the two offsets or neither. The report must match what is committed.
    const offset = (await bus().admin.committedOffsets(group, [kept]))[0]?.offset
    expect([moved, missing.get(kept)]).toEqual(offset === 0n ? [1, undefined] : [0, 2n])
    // A broker deletes the offsets of a deleted topic after a while.
    expect([2n, null]).toContain(missing.get(gone))
    expect(message).toContain(`${gone}[0] is at ${missing.get(gone) ?? 'none'} instead of 0`)
    expect(record?.offsets.map(({ before }) => before)).toEqual([2n, 2n])
    await applying().apply(await planUndo(bus(), record as UndoRecord, NOW))
    expect(await bus().admin.committedOffsets(group, [kept])).toMatchObject([{ offset: 2n }])
  })

  test('changes nothing if the undo record cannot be saved', async () => {
    const topic = await filled(10)
    const group = await groupAt(topic, 5)
    const saveUndo = async () => Promise.reject(new Error('the disk is full'))

    await expect(applyReset(bus(), await plan(group, 'start'), { saveUndo, now: NOW })).rejects.toThrow('disk')

    expect(await committed(group)).toEqual([5n])
  })

  test('refuses a plan after its topic was deleted and created again', async () => {
    const topic = await filled(10)
    const group = await groupAt(topic, 5)
    const made = await plan(group, 'start')
    await bus().admin.deleteTopic(topic)
    await eventually(async () => expect(await committed(group)).toEqual([]))
    await eventually(() => bus().admin.createTopic(topic, { partitions: 2 }))

    await expect(applying().apply(made)).rejects.toMatchObject({
      code: 'PLAN_STALE',
      message: `the plan is stale: ${topic}[0] was at 5 and is at none; nothing was done`,
    })
    expect(await committed(group)).toEqual([])
  })

  test('counts tombstones among the replayed events', async () => {
    const topic = await newTopic(bus())
    const records = [null, text('x'), null].map((value, index) => ({
      key: text('key'),
      value,
      timestamp: timeOf(index),
    }))
    await bus().log.append(topic, records)

    expect(await plan(await groupAt(topic, 3), 'start')).toMatchObject({
      replayed: 3n,
      types: [
        { eventType: '(tombstone)', count: 2 },
        { eventType: '(undecodable)', count: 1 },
      ],
      steps: [
        { firstEventAt: new Date(T0 + 1000 * 0).toISOString(), lastEventAt: new Date(Number(timeOf(2))).toISOString() },
      ],
    })
  })

  test('skips deleted topics, and fails if a topic was deleted after the plan', async () => {
    const [gone, kept] = [await filled(2), await filled(2)]
    const group = await groupAt(kept, 1)
    await bus().admin.commitOffsets(group, [{ topic: gone, partition: 0, offset: 1n }])
    const before = await plan(group, 'start')

    await bus().admin.deleteTopic(gone)

    const { apply } = applying()
    await expect(apply(before)).rejects.toMatchObject({ code: 'PLAN_STALE', group })
    expect((await bus().admin.committedOffsets(group, [kept])).map(({ offset }) => offset)).toEqual([1n])
    await eventually(async () => {
      const made = await plan(group, 'start')
      expect(made.steps).toMatchObject([{ topic: kept, from: 1n, to: 0n }])
    })
  })

  test('deletes offsets and groups by plans, and undoes both', async () => {
    const topic = await filled(10, 4)
    const group = await groupAt(topic, 5, 1)
    const { apply, saved } = applying()
    const nothing = { target: { kind: 'nothing' } } as const

    await apply(await plan(group, 'nothing', { ...nothing, scope: [{ topic, partitions: [1] }] }))
    expect(await committed(group)).toEqual([5n])
    await apply(await planUndo(bus(), saved[0] as UndoRecord, NOW))
    expect(await committed(group)).toEqual([5n, 1n])

    await apply(await plan(group, 'nothing', { ...nothing, removesGroup: true }))
    expect(await bus().admin.describeGroup(group)).toMatchObject({ state: 'Dead' })
    await apply(await planUndo(bus(), saved[2] as UndoRecord, NOW))
    expect(await committed(group)).toEqual([5n, 1n])
  })

  test('refuses to delete a group that has committed to another topic since the plan', async () => {
    const [topic, later] = [await filled(2), await filled(1)]
    const group = await groupAt(topic, 1)
    const made = await plan(group, 'nothing', { target: { kind: 'nothing' }, removesGroup: true })
    await bus().admin.commitOffsets(group, [{ topic: later, partition: 0, offset: 1n }])

    await expect(applying().apply(made)).rejects.toMatchObject({
      code: 'PLAN_STALE',
      message: `the plan is stale: ${later}[0] was committed after the plan was made; nothing was done`,
    })
    expect(await committed(group)).toEqual([1n, 1n])
  })

  test('refuses plans and undo records of another bus', async () => {
    const topic = await filled(1)
    const group = await groupAt(topic, 1)
    const made = await plan(group, 'start')
    const { apply, saved } = applying()

    await expect(apply({ ...made, bus: { ...made.bus, clusterId: 'elsewhere' } })).rejects.toMatchObject({
      code: 'REFUSED',
    })
    await apply(made)
    const record = saved[0] as UndoRecord
    await expect(
      planUndo(bus(), { ...record, bus: { ...record.bus, clusterId: 'elsewhere' } }, NOW),
    ).rejects.toMatchObject({ code: 'REFUSED' })
  })
}
