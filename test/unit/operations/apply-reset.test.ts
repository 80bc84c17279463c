import { beforeEach, describe, expect, test } from 'vitest'
import type { BusAdmin } from '../../../src/bus/admin.ts'
import { transportError } from '../../../src/bus/errors.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { applyReset, type UndoRecord } from '../../../src/operations/reset/apply.ts'
import { planReset } from '../../../src/operations/reset/plan.ts'
import { withAdmin } from '../../support/with-admin.ts'

const NOW = Date.UTC(2026, 10, 23, 10)
const place = (partition: number, offset: bigint) => ({ topic: 'order-events', partition, offset })

describe('a reset that fails half-way', () => {
  let bus: InMemoryEventBus
  let saved: UndoRecord[]

  beforeEach(async () => {
    saved = []
    bus = new InMemoryEventBus({ createTopics: true })
    await bus.admin.createTopic('order-events', { partitions: 10 })
    await bus.log.append(
      'order-events',
      Array.from({ length: 30 }, (_, index) => ({ key: null, value: null, partition: index % 10 })),
    )
    return () => bus.close()
  })

  /** Moves `partitions` from 2 to the start, on a bus whose administration differs in some things. */
  async function reset(partitions: number, different: (admin: BusAdmin) => Partial<BusAdmin>, patience = 0) {
    const all = Array.from({ length: partitions }, (_, partition) => place(partition, 2n))
    await bus.admin.commitOffsets('billing', all)
    const other = withAdmin(bus, different(bus.admin))
    const target = { kind: 'place', place: { kind: 'start' } } as const
    const plan = await planReset(bus, { group: 'billing', scope: 'committed', target, to: 'start', now: NOW })
    const saveUndo = async (record: UndoRecord) => `undo-${saved.push(record)}`
    return applyReset(other, plan, { saveUndo, now: NOW, patience })
  }

  const committed = async () => (await bus.admin.committedOffsets('billing')).map(({ offset }) => offset)

  /** Commits some partitions only. */
  const only = (admin: BusAdmin, ...partitions: number[]): BusAdmin['commitOffsets'] => {
    return (group, offsets) =>
      admin.commitOffsets(
        group,
        offsets.filter(({ partition }) => partitions.includes(partition)),
      )
  }

  test('by a partition that was not taken, although nobody said so', async () => {
    await expect(reset(3, (admin) => ({ commitOffsets: only(admin, 0, 2) }))).rejects.toMatchObject({
      code: 'CONSUMER_GROUP_ERROR',
      message: "group 'billing': read back, 2 of 3 offsets have moved: order-events[1] is at 2 instead of 0",
      suggestions: ['crbus reset undo undo-1'],
      outcome: {
        undoFile: 'undo-1',
        moved: 2,
        notTaken: [{ topic: 'order-events', partition: 1, to: 0n, is: 2n }],
      },
    })
    expect(await committed()).toEqual([0n, 2n, 0n])
    expect(saved).toMatchObject([{ offsets: [0, 1, 2].map((partition) => ({ partition, before: 2n, after: 0n })) }])
  })

  test('by a commit that broke off', async () => {
    const breaking = (admin: BusAdmin): Partial<BusAdmin> => ({
      async commitOffsets(group, offsets) {
        await only(admin, 0)(group, offsets)
        throw transportError('the line went dead')
      },
    })
    await expect(reset(2, breaking)).rejects.toMatchObject({
      code: 'TRANSPORT_ERROR',
      message:
        'Transport error: the line went dead; read back, 1 of 2 offsets have moved: order-events[1] is at 2 instead of 0',
      suggestions: ['crbus reset undo undo-1'],
      outcome: { undoFile: 'undo-1', moved: 1, notTaken: [{ partition: 1 }] },
    })
  })

  test('by a commit that broke off before anything, which leaves nothing to undo', async () => {
    const breaking = { commitOffsets: () => Promise.reject(new Error('out of memory')) }
    await expect(reset(1, () => breaking)).rejects.toMatchObject({
      code: 'TRANSPORT_ERROR',
      message: 'Error: out of memory; read back, no offset has moved: order-events[0] is at 2 instead of 0',
      suggestions: [],
      outcome: { moved: 0 },
    })
  })

  test('by an answer that was lost, when all of it took', async () => {
    const losing = (admin: BusAdmin): Partial<BusAdmin> => ({
      async commitOffsets(group, offsets) {
        await admin.commitOffsets(group, offsets)
        throw transportError('the line went dead')
      },
    })
    await expect(reset(2, losing)).rejects.toMatchObject({
      message: 'Transport error: the line went dead; all the same, read back, every offset has moved',
      suggestions: ['crbus reset undo undo-1'],
      outcome: { moved: 2, notTaken: [] },
    })
    expect(await committed()).toEqual([0n, 0n])
  })

  test.each([
    { when: 'the commit', isTaken: false, says: 'how far it came could not be read back' },
    { when: 'a commit that was answered', isTaken: true, says: 'what was committed could not be read back' },
  ])('by a bus that is gone from $when on', async ({ isTaken, says }) => {
    let isGone = false
    const gone = () => Promise.reject(transportError('the line went dead'))
    const leaving = (admin: BusAdmin): Partial<BusAdmin> => ({
      async commitOffsets(group, offsets) {
        isGone = true
        return isTaken ? admin.commitOffsets(group, offsets) : gone()
      },
      committedOffsets: (group) => (isGone ? gone() : admin.committedOffsets(group)),
    })
    await expect(reset(2, leaving)).rejects.toMatchObject({
      code: 'TRANSPORT_ERROR',
      message: `Transport error: the line went dead; ${says}`,
      suggestions: ['crbus reset undo undo-1'],
      outcome: { undoFile: 'undo-1', moved: null, notTaken: null },
    })
  })

  test('not by a bus that is behind for a moment with what it took', async () => {
    let looks = 0
    const behind = (admin: BusAdmin): Partial<BusAdmin> => {
      const before = admin.committedOffsets('billing')
      // Looked at once before the commit.
      return { committedOffsets: (group) => (++looks > 3 ? admin.committedOffsets(group) : before) }
    }
    expect(await reset(2, behind, 60_000)).toEqual({ undoFile: 'undo-1', moved: 2 })
    expect(looks).toBe(4)
  })

  test('names a few partitions, and has all of them for who asks', async () => {
    const error = await reset(10, () => ({ commitOffsets: async () => undefined })).catch((thrown) => thrown)

    expect(error.message).toMatch(/order-events\[4\] is at 2 instead of 0, 5 more$/)
    expect(error.outcome.notTaken).toHaveLength(10)
  })
})
