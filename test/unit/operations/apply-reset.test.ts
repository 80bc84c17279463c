import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { BusAdmin } from '../../../src/bus/admin.ts'
import { transportError } from '../../../src/bus/errors.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { operationHints } from '../../../src/operations/hints.ts'
import { applyReset } from '../../../src/operations/reset/apply.ts'
import { planReset } from '../../../src/operations/reset/make-plan.ts'
import { requireEmpty, waitUntilEmpty } from '../../../src/operations/reset/preconditions.ts'
import type { UndoRecord } from '../../../src/operations/reset/undo.ts'
import { withAdmin } from '../../support/with-admin.ts'

const NOW = Date.UTC(2026, 10, 23, 10)
const position = (partition: number, offset: bigint) => ({ topic: 'order-events', partition, offset })

describe('applying a reset', () => {
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

  /** Moves partitions from offset 2 to the start, on a bus some of whose admin methods are replaced. */
  async function reset(partitions: number, replace: (admin: BusAdmin) => Partial<BusAdmin>, readBackTimeout = 0) {
    const all = Array.from({ length: partitions }, (_, partition) => position(partition, 2n))
    await bus.admin.commitOffsets('billing', all)
    const other = withAdmin(bus, replace(bus.admin))
    const target = { kind: 'position', position: { kind: 'start' } } as const
    const plan = await planReset(bus, { group: 'billing', scope: 'committed', target, to: 'start', now: NOW })
    const saveUndo = async (record: UndoRecord) => `undo-${saved.push(record)}`
    return applyReset(other, plan, { saveUndo, now: NOW, readBackTimeout })
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

  test('fails when a commit that reported no error left a partition where it was', async () => {
    await expect(reset(3, (admin) => ({ commitOffsets: only(admin, 0, 2) }))).rejects.toMatchObject({
      code: 'CONSUMER_GROUP_ERROR',
      message:
        "group 'billing': reading back shows that 2 of 3 offsets have moved: order-events[1] is at 2 instead of 0",
      hints: [operationHints.undoReset('undo-1')],
      outcome: {
        undoFile: 'undo-1',
        moved: 2,
        notTaken: [{ topic: 'order-events', partition: 1, to: 0n, committed: 2n }],
      },
    })
    expect(await committed()).toEqual([0n, 2n, 0n])
    expect(saved).toMatchObject([{ offsets: [0, 1, 2].map((partition) => ({ partition, before: 2n, after: 0n })) }])
  })

  test('reads back and reports how many offsets moved when a commit breaks off', async () => {
    const breaking = (admin: BusAdmin): Partial<BusAdmin> => ({
      async commitOffsets(group, offsets) {
        await only(admin, 0)(group, offsets)
        throw transportError('the line went dead')
      },
    })
    await expect(reset(2, breaking)).rejects.toMatchObject({
      code: 'TRANSPORT_ERROR',
      message:
        'Transport error: the line went dead; reading back shows that 1 of 2 offsets have moved: order-events[1] is at 2 instead of 0',
      hints: [operationHints.undoReset('undo-1')],
      outcome: { undoFile: 'undo-1', moved: 1, notTaken: [{ partition: 1 }] },
    })
  })

  test('suggests no undo when a commit breaks off before any offset moved', async () => {
    const breaking = { commitOffsets: () => Promise.reject(new Error('out of memory')) }
    await expect(reset(1, () => breaking)).rejects.toMatchObject({
      code: 'TRANSPORT_ERROR',
      message:
        'Error: out of memory; reading back shows that no offset has moved: order-events[0] is at 2 instead of 0',
      hints: [],
      outcome: { moved: 0 },
    })
  })

  test('reports that every offset moved when only the answer to the commit was lost', async () => {
    const losing = (admin: BusAdmin): Partial<BusAdmin> => ({
      async commitOffsets(group, offsets) {
        await admin.commitOffsets(group, offsets)
        throw transportError('the line went dead')
      },
    })
    await expect(reset(2, losing)).rejects.toMatchObject({
      message: 'Transport error: the line went dead; reading back shows that every offset has moved',
      hints: [operationHints.undoReset('undo-1')],
      outcome: { moved: 2, notTaken: [] },
    })
    expect(await committed()).toEqual([0n, 0n])
  })

  test.each([
    {
      when: 'fails during the commit',
      isTaken: false,
      says: 'the offsets could not be read back, so it is not known how many have moved',
    },
    {
      when: 'becomes unreachable after the commit',
      isTaken: true,
      says: 'the offsets were committed but could not be read back',
    },
  ])('reports unknown progress when the bus $when', async ({ isTaken, says }) => {
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
      hints: [operationHints.undoReset('undo-1')],
      outcome: { undoFile: 'undo-1', moved: null, notTaken: null },
    })
  })

  test('reads back again while the bus still answers with the offsets from before the commit', async () => {
    let reads = 0
    const stale = (admin: BusAdmin): Partial<BusAdmin> => {
      const before = admin.committedOffsets('billing')
      // The first read is before the commit.
      return { committedOffsets: (group) => (++reads > 3 ? admin.committedOffsets(group) : before) }
    }
    expect(await reset(2, stale, 60_000)).toEqual({ undoFile: 'undo-1', moved: 2 })
    expect(reads).toBe(4)
  })

  test('names five partitions in the message, and has all of them in the outcome', async () => {
    const error = await reset(10, () => ({ commitOffsets: async () => undefined })).catch((thrown) => thrown)

    expect(error.message).toMatch(/order-events\[4\] is at 2 instead of 0, 5 more$/)
    expect(error.outcome.notTaken).toHaveLength(10)
  })
})

describe('waiting for a group to become empty', () => {
  let bus: InMemoryEventBus

  beforeEach(async () => {
    bus = new InMemoryEventBus({ createTopics: true })
    await bus.subscribe(['order-events'], { group: 'billing' })
    return () => bus.close()
  })

  test('rejects with the reason of the abort at once, not as a group that is still active', async () => {
    const stop = new AbortController()
    const started = performance.now()
    const waiting = waitUntilEmpty(bus, 'billing', 60_000, { signal: stop.signal, onWait: () => stop.abort() })

    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' })
    // Less than the time between two checks: the sleep ends with the abort.
    expect(performance.now() - started).toBeLessThan(150)
  })

  test('ends its sleep when the signal aborts, and keeps a custom reason', async () => {
    const stop = new AbortController()
    const reason = new Error('the user pressed Ctrl-C')
    const describeGroup = vi.spyOn(bus.admin, 'describeGroup')
    const waiting = waitUntilEmpty(bus, 'billing', 60_000, { signal: stop.signal })
    const rejected = expect(waiting).rejects.toBe(reason)
    await vi.waitFor(() => expect(describeGroup).toHaveBeenCalled())
    setTimeout(() => stop.abort(reason), 20)

    await rejected
    expect(describeGroup).toHaveBeenCalledTimes(1)
  })

  test('rejects with the abort reason when the bus fails because of the abort', async () => {
    const stop = new AbortController()
    let calls = 0
    const failing = withAdmin(bus, {
      describeGroup: (group) => {
        calls += 1
        if (calls === 1) return bus.admin.describeGroup(group)
        stop.abort()
        return Promise.reject(transportError('the connection was closed'))
      },
    })

    await expect(waitUntilEmpty(failing, 'billing', 60_000, { signal: stop.signal })).rejects.toMatchObject({
      name: 'AbortError',
    })
  })

  test('requireEmpty rejects with the members, and resolves for a group without members', async () => {
    await expect(requireEmpty(bus, 'billing')).rejects.toMatchObject({
      code: 'GROUP_ACTIVE',
      message: expect.stringContaining(bus.clientId),
    })
    await expect(requireEmpty(bus, 'shipping')).resolves.toBeUndefined()
  })
})
