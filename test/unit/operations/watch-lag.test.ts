import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { serializedEvent } from '../../../src/bus/event.ts'
import { MemoryBroker } from '../../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { type LagUpdate, watchLag } from '../../../src/operations/lag/watch.ts'

const INTERVAL = 2000

describe('watching lag', () => {
  let bus: InMemoryEventBus
  let clock: number
  let stop: AbortController

  const publish = async (count: number) => {
    for (let left = count; left > 0; left -= 1)
      await bus.publish('order-events', serializedEvent('A', Buffer.from('x')))
  }
  const commit = (group: string, offset: bigint) =>
    bus.admin.commitOffsets(group, [{ topic: 'order-events', partition: 0, offset }])
  const watch = (more: { groups?: readonly string[]; interval?: number } = {}) =>
    watchLag(bus, { interval: INTERVAL, now: () => clock, signal: stop.signal, ...more })

  /** Takes the next update and advances the clock by the interval. */
  const next = async (updates: AsyncGenerator<LagUpdate, void>): Promise<LagUpdate> => {
    const found = updates.next()
    await vi.advanceTimersByTimeAsync(INTERVAL)
    const { value } = await found
    if (value === undefined) throw new Error('it has ended')
    return value
  }
  const groupsOf = (update: LagUpdate) => {
    if (!update.ok) throw new Error(update.reason)
    return update.report.groups
  }

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    clock = Date.UTC(2026, 10, 23, 10)
    bus = new InMemoryEventBus({ broker: new MemoryBroker({ now: () => clock - 60_000 }), createTopics: true })
    stop = new AbortController()
    await publish(100)
  })
  afterEach(async () => {
    vi.useRealTimers()
    await bus.close()
  })

  test('reports at once, and compares the next snapshot with the first', async () => {
    await commit('billing', 10n)
    const updates = watch()
    const first = await next(updates)
    expect(first).toMatchObject({ ok: true, time: clock, report: { sample: undefined } })
    expect(groupsOf(first)).toMatchObject([{ group: 'billing', lag: 90n, rates: undefined, verdict: 'stopped' }])

    await commit('billing', 30n)
    await publish(10)

    const second = await next(updates)
    expect(second).toMatchObject({ report: { sample: INTERVAL } })
    expect(groupsOf(second)).toMatchObject([
      { lag: 80n, rates: { in: 5, out: 10, catchUp: 16_000 }, verdict: 'catching-up' },
    ])
  })

  test('compares snapshots ten seconds apart, so that a group that commits every five does not appear stalled', async () => {
    await commit('billing', 0n)
    const updates = watch()
    await next(updates)
    const seen: unknown[] = []
    for (let update = 1; update <= 12; update += 1) {
      if (update % 3 === 1) await commit('billing', BigInt(update))
      const found = await next(updates)
      seen.push([found.ok && found.report.sample, groupsOf(found)[0]?.verdict])
    }
    const over = [2000, 4000, 6000, 8000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000]
    expect(seen).toEqual(over.map((sample) => [sample, 'catching-up']))
  })

  test('compares with the previous snapshot when the interval is longer than ten seconds', async () => {
    await commit('billing', 0n)
    const updates = watch({ interval: 60_000 })
    await updates.next()
    for (let update = 1; update <= 3; update += 1) {
      const found = updates.next()
      await vi.advanceTimersByTimeAsync(60_000)
      expect((await found).value).toMatchObject({ report: { sample: 60_000 } })
    }
  })

  test('sends no request while the caller takes no update, and measures at once when it does', async () => {
    const listed = vi.spyOn(bus.admin, 'listGroups')
    const updates = watch()
    await next(updates)
    await vi.advanceTimersByTimeAsync(10 * INTERVAL)
    expect(listed).toHaveBeenCalledTimes(1)
    // The clock does not advance.
    expect((await updates.next()).value).toMatchObject({ ok: true, report: { sample: 11 * INTERVAL } })
    expect(listed).toHaveBeenCalledTimes(2)
  })

  test('reports groups that are created and deleted while it watches', async () => {
    const names = async () => groupsOf(await next(updates)).map(({ group }) => group)
    const updates = watch()
    expect(await names()).toEqual([])
    await commit('billing', 1n)
    expect(await names()).toEqual(['billing'])
    await bus.admin.deleteGroup('billing')
    expect(await names()).toEqual([])
  })

  test('rejects when the first measurement fails, and reports later failures as updates and tries again', async () => {
    await expect(watch({ groups: ['billing'] }).next()).rejects.toMatchObject({ code: 'GROUP_NOT_FOUND' })
    await commit('billing', 1n)
    const updates = watch({ groups: ['billing'] })
    await next(updates)
    await bus.admin.deleteGroup('billing')
    expect(await next(updates)).toEqual({ ok: false, time: clock, reason: "group 'billing' does not exist" })
    await commit('billing', 1n)
    expect(await next(updates)).toMatchObject({ ok: true })
  })

  test('rejects with an unexpected error instead of trying again', async () => {
    const updates = watch()
    await next(updates)
    vi.spyOn(bus.admin, 'listGroups').mockRejectedValue(new TypeError('no such thing'))
    const failed = expect(updates.next()).rejects.toThrow('no such thing')
    await vi.advanceTimersByTimeAsync(INTERVAL)
    await failed
  })

  test('ends at the abort without waiting for the next interval', async () => {
    const updates = watch()
    await next(updates)
    const last = updates.next()
    stop.abort()
    expect(await last).toEqual({ done: true, value: undefined })
  })
})
