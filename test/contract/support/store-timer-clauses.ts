import { expect, test } from 'vitest'
import type { Timer } from '../../../src/store/event-store.ts'
import { named, nameOf, one, outcomes, plain, range, type StoreContract } from './store-harness.ts'

const OWNER = 'checkout-saga'
const NOON = Date.UTC(2026, 10, 24, 12)

export function timerClauses({ store, connections }: StoreContract): void {
  const timer = (id: string, afterNoon: number, text = id): Timer => ({
    id,
    streamId: `order-${id}`,
    due: new Date(NOON + afterNoon),
    event: named(text, { correlationId: id }),
  })
  const set = (...timers: Timer[]) => store().commit(OWNER, [{ appends: [], timers }])
  const dueAt = (id: string, afterNoon: number) => ({ id, due: new Date(NOON + afterNoon) })
  const fire = (...ids: string[]) => store().commit(OWNER, [{ appends: [], fired: ids.map((id) => dueAt(id, 0)) }])
  const due = async (afterNoon: number, limit = 100) =>
    (await store().timers.due(OWNER, new Date(NOON + afterNoon), limit)).map(({ event }) => nameOf(event))

  test('are due to the millisecond, earliest first', async () => {
    await set(timer('late', 1000), timer('b', 1), timer('a', 1), timer('Z', 1), timer('early', -5000))
    expect(await due(0)).toEqual(['early'])
    expect(await due(1)).toEqual(['early', 'Z', 'a', 'b'])
    expect(await due(999)).toEqual(['early', 'Z', 'a', 'b'])
    expect(await due(1000, 2)).toEqual(['early', 'Z'])
    expect(await due(10 ** 12)).toEqual(['early', 'Z', 'a', 'b', 'late'])
    expect(await store().timers.next(OWNER)).toEqual(new Date(NOON - 5000))
  })

  test('are counted, due or not', async () => {
    expect(await store().timers.count(OWNER)).toBe(0)
    await set(timer('a', -5000), timer('b', 10 ** 9))
    expect(await store().timers.count(OWNER)).toBe(2)
    expect(await store().timers.count('another')).toBe(0)
  })

  test('are read as they were set', async () => {
    const wanted = timer('42', 123)
    await set(wanted)
    const [found] = await store().timers.due(OWNER, wanted.due, 1)
    expect(found && { ...found, event: plain(found.event) }).toEqual({ ...wanted, event: plain(wanted.event) })
  })

  test('are not due when none is set', async () => {
    expect(await due(0)).toEqual([])
    expect(await store().timers.next(OWNER)).toBeUndefined()
  })

  test('are replaced by a timer with the same id, in one commit and across commits', async () => {
    await set(timer('a', 100), timer('a', 200, 'second'))
    expect(await due(150)).toEqual([])
    await set({ ...timer('a', 50, 'third'), streamId: 'order-x' })
    expect(await due(50)).toEqual(['third'])
    const [found] = await store().timers.due(OWNER, new Date(NOON + 50), 1)
    expect(found?.streamId).toBe('order-x')
    expect(await due(10_000)).toHaveLength(1)
  })

  test('fire once', async () => {
    await set(timer('a', 0), timer('b', 0))
    expect(outcomes(await fire('a'))).toEqual([[]])
    expect(await due(0)).toEqual(['b'])
    const [again] = await fire('a')
    expect(again).toMatchObject({ ok: false, error: { code: 'TIMER_GONE', timerId: 'a' } })
    expect(outcomes(await fire('b', 'a'))).toEqual(['TIMER_GONE'])
    expect(await due(0)).toEqual(['b'])
  })

  test('fire together with the events of their commit, or not at all', async () => {
    await set(timer('a', 0))
    const fires = (expected: number) => one('order-a', expected, 'fired', { fired: [dueAt('a', 0)] })
    expect(outcomes(await store().commit(OWNER, [fires(7)]))).toEqual(['VERSION_CONFLICT'])
    expect(await due(0)).toEqual(['a'])
    expect(outcomes(await store().commit(OWNER, [fires(0), fires(1)]))).toEqual([[1], 'TIMER_GONE'])
    expect(await store().readStream('order-a')).toHaveLength(1)
  })

  test('do not fire at an old time after they were set again', async () => {
    await set(timer('a', 0))
    await set(timer('a', 500, 'later'))
    expect(outcomes(await fire('a'))).toEqual(['TIMER_GONE'])
    const results = await store().commit(OWNER, [
      { appends: [], timers: [timer('a', 900, 'latest')] },
      { appends: [], fired: [dueAt('a', 500)] },
      { appends: [], fired: [dueAt('a', 900)], timers: [timer('a', 0, 'again')] },
    ])
    expect(outcomes(results)).toEqual([[], 'TIMER_GONE', []])
    expect(await due(10_000)).toEqual(['again'])
  })

  test('may set themselves again when they fire, and be set and fired in one call', async () => {
    await set(timer('a', 0))
    const again = { appends: [], fired: [dueAt('a', 0)], timers: [timer('a', 500, 'again')] }
    const results = await store().commit(OWNER, [
      again,
      { appends: [], timers: [timer('new', 0)] },
      { appends: [], fired: [dueAt('new', 0)] },
      { appends: [], fired: [dueAt('new', 0)] },
    ])
    expect(outcomes(results)).toEqual([[], [], [], 'TIMER_GONE'])
    expect(await due(10_000)).toEqual(['again'])
  })

  test('are separate for two owners', async () => {
    await set(timer('a', 0))
    await store().commit('other', [{ appends: [], timers: [timer('a', 100, 'of the other')] }])
    expect(await due(10_000)).toEqual(['a'])
    expect(outcomes(await fire('a'))).toEqual([[]])
    expect((await store().timers.due('other', new Date(NOON + 100), 9)).map(({ event }) => nameOf(event))).toEqual([
      'of the other',
    ])
  })

  test('fire once when several processes fire them at the same time', async () => {
    const ids = range(40).map(String)
    await set(...ids.map((id) => timer(id, 0)))
    const fireAll = (number: number) => {
      const order = number % 2 === 0 ? ids : ids.toReversed()
      return order.map((id) => one(`order-${id}`, 'any', `${number}`, { fired: [dueAt(id, 0)] }))
    }
    const results = await Promise.all(connections(4).map((writer, number) => writer.commit(OWNER, fireAll(number))))
    const all = outcomes(results.flat())
    expect(all.filter((result) => result === 'TIMER_GONE')).toHaveLength(120)
    expect(all.filter((result) => typeof result === 'object')).toHaveLength(40)
    const streams = await store().readStreams(ids.map((id) => `order-${id}`))
    expect([...streams.values()].map((stream) => stream.length)).toEqual(ids.map(() => 1))
    expect(await due(0)).toEqual([])
  })
}
