import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { serializedEvent } from '../../../src/bus/event.ts'
import { MemoryBroker } from '../../../src/drivers/memory/broker.ts'
import { InMemoryEventBus } from '../../../src/drivers/memory/in-memory-event-bus.ts'
import { type LagWatchLook, watchLag } from '../../../src/operations/lag/watch.ts'

const INTERVAL = 2000

describe('watching', () => {
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

  /** The next look, as much time later as it waits. */
  const next = async (looks: AsyncGenerator<LagWatchLook, void>): Promise<LagWatchLook> => {
    const found = looks.next()
    await vi.advanceTimersByTimeAsync(INTERVAL)
    const { value } = await found
    if (value === undefined) throw new Error('it has ended')
    return value
  }
  const groupsOf = (look: LagWatchLook) => {
    if (!look.ok) throw new Error(look.reason)
    return look.report.groups
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

  test('looks at once, and compares what it sees later with it', async () => {
    await commit('billing', 10n)
    const looks = watch()
    const first = await next(looks)
    expect(first).toMatchObject({ ok: true, time: clock, report: { sample: undefined } })
    expect(groupsOf(first)).toMatchObject([{ group: 'billing', lag: 90n, rates: undefined, verdict: 'stopped' }])

    await commit('billing', 30n)
    await publish(10)

    const second = await next(looks)
    expect(second).toMatchObject({ report: { sample: INTERVAL } })
    expect(groupsOf(second)).toMatchObject([
      { lag: 80n, rates: { in: 5, out: 10, catchUp: 16_000 }, verdict: 'catching-up' },
    ])
  })

  test('compares over ten seconds: who commits every five does not stop in between', async () => {
    await commit('billing', 0n)
    const looks = watch()
    await next(looks)
    const seen: unknown[] = []
    for (let look = 1; look <= 12; look += 1) {
      if (look % 3 === 1) await commit('billing', BigInt(look))
      const found = await next(looks)
      seen.push([found.ok && found.report.sample, groupsOf(found)[0]?.verdict])
    }
    const over = [2000, 4000, 6000, 8000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000]
    expect(seen).toEqual(over.map((sample) => [sample, 'catching-up']))
  })

  test('compares with the last look where that is longer ago', async () => {
    await commit('billing', 0n)
    const looks = watch({ interval: 60_000 })
    await looks.next()
    for (let look = 1; look <= 3; look += 1) {
      const found = looks.next()
      await vi.advanceTimersByTimeAsync(60_000)
      expect((await found).value).toMatchObject({ report: { sample: 60_000 } })
    }
  })

  test('looks no more while nobody asks, and at once when somebody does', async () => {
    const asked = vi.spyOn(bus.admin, 'listGroups')
    const looks = watch()
    await next(looks)
    await vi.advanceTimersByTimeAsync(10 * INTERVAL)
    expect(asked).toHaveBeenCalledTimes(1)
    // No time passes.
    expect((await looks.next()).value).toMatchObject({ ok: true, report: { sample: 11 * INTERVAL } })
    expect(asked).toHaveBeenCalledTimes(2)
  })

  test('sees groups come and go', async () => {
    const names = async () => groupsOf(await next(looks)).map(({ group }) => group)
    const looks = watch()
    expect(await names()).toEqual([])
    await commit('billing', 1n)
    expect(await names()).toEqual(['billing'])
    await bus.admin.deleteGroup('billing')
    expect(await names()).toEqual([])
  })

  test('fails at once as one look does, and later tells what failed and goes on', async () => {
    await expect(watch({ groups: ['billing'] }).next()).rejects.toMatchObject({ code: 'GROUP_NOT_FOUND' })
    await commit('billing', 1n)
    const looks = watch({ groups: ['billing'] })
    await next(looks)
    await bus.admin.deleteGroup('billing')
    expect(await next(looks)).toEqual({ ok: false, time: clock, reason: "group 'billing' does not exist" })
    await commit('billing', 1n)
    expect(await next(looks)).toMatchObject({ ok: true })
  })

  test('a bug is not tried again', async () => {
    const looks = watch()
    await next(looks)
    vi.spyOn(bus.admin, 'listGroups').mockRejectedValue(new TypeError('no such thing'))
    const failed = expect(looks.next()).rejects.toThrow('no such thing')
    await vi.advanceTimersByTimeAsync(INTERVAL)
    await failed
  })

  test('ends at the abort without waiting for the next look', async () => {
    const looks = watch()
    await next(looks)
    const last = looks.next()
    stop.abort()
    expect(await last).toEqual({ done: true, value: undefined })
  })
})
