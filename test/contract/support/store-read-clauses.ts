import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { failure, named, namesOf, one, places, range, readAll, type StoreContract } from './store-harness.ts'

export function readClauses({ store, connections }: StoreContract): void {
  const append = (streamId: string, ...texts: string[]) =>
    store().append(
      streamId,
      'any',
      texts.map((text) => named(text)),
    )

  test('readStream returns a range of versions, both ends included', async () => {
    await append('order-1', 'a', 'b', 'c', 'd')
    expect(namesOf(await store().readStream('order-1', { from: 2 }))).toEqual(['b', 'c', 'd'])
    expect(namesOf(await store().readStream('order-1', { to: 2 }))).toEqual(['a', 'b'])
    expect(namesOf(await store().readStream('order-1', { from: 2, to: 3 }))).toEqual(['b', 'c'])
    expect(await store().readStream('order-1', { from: 5 })).toEqual([])
    expect(await store().readStream('order-1', { from: 3, to: 2 })).toEqual([])
    expect(await store().readStream('order-2')).toEqual([])
  })

  test('readStreams returns each stream once', async () => {
    await append('order-1', 'a', 'b')
    await append('order-2', 'c')
    const streams = await store().readStreams(['order-2', 'absent', 'order-1', 'order-2'])
    expect([...streams].map(([streamId, stream]) => [streamId, namesOf(stream)])).toEqual([
      ['order-2', ['c']],
      ['absent', []],
      ['order-1', ['a', 'b']],
    ])
    expect(await store().readStreams([])).toEqual(new Map())
  })

  test('refuses an invalid stream id', async () => {
    expect(await failure(store().readStream('a\0'))).toBe('INVALID_APPEND')
    expect(await failure(store().readStreams(['a', 'a\0']))).toBe('INVALID_APPEND')
    expect(await failure(store().loadSnapshot('a\0'))).toBe('INVALID_APPEND')
  })

  test('readAll returns events by time', async () => {
    for (const text of ['x', 'b', 'a', 'b']) {
      await append(`order-${text}`, text)
      // The times must differ, and a store may keep only milliseconds.
      await sleep(5)
    }
    const events = await readAll(store().readAll())
    expect(places(events)).toEqual(['order-x@1', 'order-b@1', 'order-a@1', 'order-b@2'])
    expect(events.map(({ createdAt }) => createdAt.getTime())).toEqual(
      events.map(({ createdAt }) => createdAt.getTime()).sort((a, b) => a - b),
    )
  })

  test('readAll returns events of one time by the bytes of the stream id, then by version', async () => {
    const streams = ['b', 'B', 'a', 'Z', 'ä', 'aa', '東', '\u{1f980}', '\uffff', 'a b', 'a-b', '1', '10', '2']
    const commits = streams.toReversed().flatMap((streamId) => [one(streamId, 0, '1'), one(streamId, 1, '2')])
    await store().commit('owner', commits)
    const byBytes = streams.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    const expected = byBytes.flatMap((streamId) => [`${streamId}@1`, `${streamId}@2`])
    for (const batchSize of [1, 3, 1000])
      expect(places(await readAll(store().readAll({ batchSize })))).toEqual(expected)
  })

  test('readAll returns batches of at most batchSize', async () => {
    await append('order-1', ...range(25).map(String))
    const sizes: number[] = []
    for await (const batch of store().readAll({ batchSize: 10 })) sizes.push(batch.length)
    expect(sizes).toEqual([10, 10, 5])
    expect(await readAll(store().readAll({ streamPrefix: 'nothing' }))).toEqual([])
    await expect(readAll(store().readAll({ batchSize: 0 }))).rejects.toThrow(RangeError)
  })

  test('readAll returns nothing for an empty store', async () => {
    expect(await readAll(store().readAll())).toEqual([])
  })

  test('readAll returns the streams with a prefix', async () => {
    for (const streamId of ['order-1', 'order-12', 'orders', 'order_1', 'Order-1', 'order-%', 'x-order-1']) {
      await append(streamId, 'a')
    }
    const read = async (streamPrefix: string) => new Set(places(await readAll(store().readAll({ streamPrefix }))))
    expect(await read('order-')).toEqual(new Set(['order-%@1', 'order-1@1', 'order-12@1']))
    expect(await read('order-%')).toEqual(new Set(['order-%@1']))
    expect(await read('order_')).toEqual(new Set(['order_1@1']))
    expect((await read('')).size).toBe(7)
  })

  test('readAll returns the events between two times', async () => {
    const times: Date[] = []
    for (const text of ['a', 'b', 'c', 'd']) {
      await append('order-1', text)
      await sleep(5)
    }
    for (const { createdAt } of await store().readStream('order-1')) times.push(createdAt)
    const read = async (since?: Date, until?: Date) => namesOf(await readAll(store().readAll({ since, until })))
    // A store may keep microseconds, so that an event is anywhere within the millisecond of its Date.
    const before = (index: number) => new Date((times[index] as Date).getTime() - 1)
    expect(await read(before(1))).toEqual(['b', 'c', 'd'])
    expect(await read(times[1])).toEqual(['b', 'c', 'd'])
    expect(await read(undefined, before(2))).toEqual(['a', 'b'])
    expect(await read(before(1), before(3))).toEqual(['b', 'c'])
    expect(await read(new Date(8.64e15))).toEqual([])
    expect(await read(new Date(-8.64e15), new Date(8.64e15))).toEqual(['a', 'b', 'c', 'd'])
    await expect(read(new Date(Number.NaN))).rejects.toThrow(RangeError)
  })

  test('readAll ends when the reader stops or aborts its signal', async () => {
    await append('order-1', ...range(30).map(String))
    const stop = new AbortController()
    const read: number[] = []
    for await (const batch of store().readAll({ batchSize: 10, signal: stop.signal })) {
      read.push(batch.length)
      stop.abort()
    }
    expect(read).toEqual([10])
    for await (const _ of store().readAll({ batchSize: 10 })) break
    expect(await append('order-1', 'still works')).toBe(31)
  })

  test('readAll ends, and returns the events from before its start once, while other writers append', async () => {
    const streams = range(50).map((number) => `order-${number}`)
    await store().commit(
      'owner',
      streams.flatMap((streamId) => [one(streamId, 0, 'a'), one(streamId, 1, 'b')]),
    )
    const writers = connections(2)
    const done = new AbortController()
    const writing = writers.map(async (writer, by) => {
      for (let time = 0; !done.signal.aborted; time += 1) {
        await writer.commit('owner', [one(`order-${time % 50}`, 'any', 'late'), one(`new-${by}-${time}`, 0, 'late')])
        await sleep(1)
      }
    })
    const seen: string[] = []
    for await (const batch of store().readAll({ batchSize: 7 })) {
      seen.push(...places(batch))
      await sleep(1)
    }
    done.abort()
    await Promise.all(writing)
    expect(new Set(seen).size).toBe(seen.length)
    const wanted = streams.flatMap((streamId) => [`${streamId}@1`, `${streamId}@2`])
    expect(wanted.filter((place) => !seen.includes(place))).toEqual([])
  })
}
