import { expect, test } from 'vitest'
import type { Commit } from '../../../src/store/event-store.ts'
import { failure, named, nameOf, namesOf, one, outcomes, range, type StoreContract } from './store-harness.ts'

const OWNER = 'checkout-saga'

export function commitClauses({ store, connections }: StoreContract): void {
  const pendingNames = async () => (await store().outbox.pending(OWNER, 10_000)).map(({ event }) => nameOf(event))
  const message = (text: string) => ({ topic: 'order-events', event: named(text) })
  const timer = (id: string) => ({ id, streamId: 'order-1', due: new Date(0), event: named(id) })

  test('stores appends to several streams, messages and timers together', async () => {
    const commit: Commit = {
      appends: [
        { streamId: 'order-1', expectedVersion: 0, events: [named('a'), named('b')] },
        { streamId: 'payment-1', expectedVersion: 'any', events: [named('c')] },
      ],
      messages: [message('m1'), { topic: 'payment-commands', event: named('m2', { correlationId: 'k' }) }],
      timers: [timer('t')],
    }
    expect(outcomes(await store().commit(OWNER, [commit]))).toEqual([[2, 1]])
    expect(namesOf(await store().readStream('order-1'))).toEqual(['a', 'b'])
    expect(namesOf(await store().readStream('payment-1'))).toEqual(['c'])
    const pending = await store().outbox.pending(OWNER, 10)
    expect(pending.map(({ topic, event }) => [topic, nameOf(event)])).toEqual([
      ['order-events', 'm1'],
      ['payment-commands', 'm2'],
    ])
    expect(pending[1]?.event.metadata).toEqual({ correlationId: 'k' })
    expect(await store().timers.due(OWNER, new Date(), 10)).toHaveLength(1)
  })

  test('accepts two appends to one stream, and a commit without appends', async () => {
    const twice: Commit = {
      appends: [
        { streamId: 'order-1', expectedVersion: 0, events: [named('a')] },
        { streamId: 'order-1', expectedVersion: 1, events: [named('b'), named('c')] },
      ],
    }
    expect(outcomes(await store().commit(OWNER, [twice, { appends: [], messages: [message('m')] }]))).toEqual([
      [1, 3],
      [],
    ])
    expect(namesOf(await store().readStream('order-1'))).toEqual(['a', 'b', 'c'])
    expect(await pendingNames()).toEqual(['m'])
    expect(await store().commit(OWNER, [])).toEqual([])
  })

  test('makes commits in the given order, each with the effects of those before it', async () => {
    const commits = [
      one('order-1', 0, 'a', { messages: [message('1')] }),
      one('order-1', 0, 'x', { messages: [message('x')], timers: [timer('x')] }),
      one('order-1', 1, 'b', { messages: [message('2'), message('3')] }),
      one('order-1', 'any', 'c'),
      one('order-2', 0, 'd', { messages: [message('4')] }),
      one('order-1', 3, 'e', { messages: [message('5')] }),
    ]
    expect(outcomes(await store().commit(OWNER, commits))).toEqual([[1], 'VERSION_CONFLICT', [2], [3], [1], [4]])
    expect(namesOf(await store().readStream('order-1'))).toEqual(['a', 'b', 'c', 'e'])
    expect(await pendingNames()).toEqual(['1', '2', '3', '4', '5'])
    expect(await store().timers.next(OWNER)).toBeUndefined()
  })

  test('stores nothing of a commit whose last part fails', async () => {
    await store().append('payment-1', 0, [named('there')])
    const failing: Commit = {
      appends: [
        { streamId: 'order-1', expectedVersion: 0, events: [named('a')] },
        { streamId: 'payment-1', expectedVersion: 0, events: [named('b')] },
      ],
      messages: [message('m')],
      timers: [timer('t')],
    }
    const [conflict] = await store().commit(OWNER, [failing])
    expect(conflict).toMatchObject({ error: { streamId: 'payment-1', expected: 0, actual: 1 } })
    const gone = { ...failing, appends: failing.appends.slice(0, 1), fired: [{ id: 'absent', due: new Date(0) }] }
    const unsendable = { ...gone, fired: [], messages: [message('m'), { topic: 'a\nb', event: named('m') }] }
    const undue = { ...gone, fired: [], timers: [{ ...timer('t'), due: new Date(Number.NaN) }] }
    expect(outcomes(await store().commit(OWNER, [gone, unsendable, undue]))).toEqual([
      'TIMER_GONE',
      'INVALID_APPEND',
      'INVALID_APPEND',
    ])
    expect(await store().readStream('order-1')).toEqual([])
    expect(await pendingNames()).toEqual([])
    expect(await store().timers.next(OWNER)).toBeUndefined()
  })

  test.each<{ what: string; commit: Commit }>([
    { what: 'no events', commit: { appends: [{ streamId: 'order-1', expectedVersion: 0, events: [] }] } },
    { what: 'an empty topic', commit: { appends: [], messages: [{ topic: '', event: named('a') }] } },
    { what: 'an empty timer id', commit: { appends: [], timers: [timer('')] } },
    {
      what: 'a timer in the year 10000',
      commit: { appends: [], timers: [{ ...timer('t'), due: new Date('+010000-01-01') }] },
    },
    { what: 'a timer with an empty stream id', commit: { appends: [], timers: [{ ...timer('t'), streamId: '' }] } },
  ])('refuses $what, and stores the commits beside it', async ({ commit }) => {
    const commits = [one('order-2', 0, 'a'), commit, one('order-2', 1, 'b')]
    expect(outcomes(await store().commit(OWNER, commits))).toEqual([[1], 'INVALID_APPEND', [2]])
  })

  test('refuses an empty owner', async () => {
    expect(await failure(store().commit('', [one('order-1', 0, 'a')]))).toBe('INVALID_APPEND')
    expect(await store().readStream('order-1')).toEqual([])
  })

  test('makes thousands of commits in one call, some with conflicts', async () => {
    await store().append('order-700', 0, [named('there')])
    await store().append('order-2100', 0, [named('there')])
    const commits = range(2500).map((number) =>
      one(`order-${number}`, 0, `${number}`, { messages: [message(`${number}`)] }),
    )
    const results = await store().commit(OWNER, commits)
    const failed = results.flatMap(({ ok }, number) => (ok ? [] : [number]))
    expect(failed).toEqual([700, 2100])
    const made = range(2500).filter((number) => !failed.includes(number))
    expect(await pendingNames()).toEqual(made.map(String))
    const streams = await store().readStreams(commits.flatMap(({ appends }) => appends.map(({ streamId }) => streamId)))
    expect([...streams.values()].every((stream) => stream.length === 1)).toBe(true)
  })

  test('makes commits with megabytes of data each', async () => {
    const large = (number: number): Commit => ({
      appends: [
        {
          streamId: `large-${number}`,
          expectedVersion: 0,
          events: [{ ...named(''), data: Buffer.alloc(2 ** 21, number) }],
        },
      ],
    })
    expect(outcomes(await store().commit(OWNER, range(8).map(large)))).toEqual(range(8).map(() => [1]))
    const [last] = await store().readStream('large-7')
    expect(Buffer.compare(last?.event.data ?? Buffer.of(), Buffer.alloc(2 ** 21, 7))).toBe(0)
  })

  test('lets one of several concurrent batches take each version, when they write the same streams in opposite orders', async () => {
    const streams = range(20).map((number) => `order-${number}`)
    const writers = connections(4)
    for (const expected of range(10)) {
      const batches = await Promise.all(
        writers.map((writer, index) => {
          const order = index % 2 === 0 ? streams : streams.toReversed()
          return writer.commit(
            OWNER,
            order.map((streamId) => one(streamId, expected, `${index}`, { messages: [message(streamId)] })),
          )
        }),
      )
      const all = outcomes(batches.flat())
      expect(all.filter((result) => result === 'VERSION_CONFLICT')).toHaveLength(60)
      expect(all.filter((result) => typeof result === 'object')).toEqual(streams.map(() => [expected + 1]))
    }
    expect((await pendingNames()).length).toBe(200)
  })

  test("stores all of several concurrent batches with 'any'", async () => {
    const streams = range(10).map((number) => `order-${number}`)
    const batch = (by: number) =>
      streams.map((streamId) => one(streamId, 'any', `${by}`, { messages: [message(`${by}`)] }))
    const batches = await Promise.all(connections(8).map((writer, by) => writer.commit(OWNER, batch(by))))
    expect(outcomes(batches.flat()).every((result) => typeof result === 'object')).toBe(true)
    for (const stream of (await store().readStreams(streams)).values()) {
      expect(namesOf(stream).sort()).toEqual(range(8).map(String))
    }
    expect((await pendingNames()).length).toBe(80)
  })
}
