import { expect, test } from 'vitest'
import type { OutgoingMessage } from '../../../src/store/event-store.ts'
import { named, nameOf, one, plain, range, type StoreContract } from './store-harness.ts'

const OWNER = 'checkout-saga'

export function outboxClauses({ store, connections, isShared, start }: StoreContract): void {
  const message = (text: string, topic = 'order-events'): OutgoingMessage => ({ topic, event: named(text) })
  const send = (...messages: OutgoingMessage[]) => store().commit(OWNER, [{ appends: [], messages }])
  const pending = (limit = 100, owner = OWNER) => store().outbox.pending(owner, limit)
  const names = async (limit?: number, owner?: string) =>
    (await pending(limit, owner)).map(({ event }) => nameOf(event))
  const idOf = async (text: string): Promise<string> => {
    const found = (await pending()).find(({ event }) => nameOf(event) === text)
    if (!found) throw new Error(`'${text}' is not pending`)
    return found.id
  }

  test('returns the oldest messages first, up to the limit', async () => {
    await send(message('a'), message('b', 'payment-events'))
    await send(message('c'))
    expect(await names()).toEqual(['a', 'b', 'c'])
    expect(await names(2)).toEqual(['a', 'b'])
    const [first, second] = await pending()
    expect(first).toMatchObject({ topic: 'order-events', attempts: 0 })
    expect(second?.topic).toBe('payment-events')
    expect(plain(second?.event ?? named('?'))).toEqual(plain(named('b')))
    expect(Math.abs((first?.createdAt.getTime() ?? 0) - Date.now())).toBeLessThan(60_000)
  })

  test('returns the number of messages and the time of the oldest', async () => {
    expect(await store().outbox.depth(OWNER)).toEqual({ messages: 0 })
    await send(message('a'), message('b'))
    await send(message('c'))
    await store().commit('another', [{ appends: [], messages: [message('d')] }])
    const { messages, oldest } = await store().outbox.depth(OWNER)
    expect(messages).toBe(3)
    expect(oldest).toEqual((await pending())[0]?.createdAt)
  })

  test('keeps the record key of a message, or its absence', async () => {
    await send({ ...message('a'), key: 'o-1' }, message('b'), { ...message('c'), key: 'é' })
    await store().commit(OWNER, [one('order-7', 'any', 'x', { messages: [{ ...message('d'), key: 'o-7' }] })])
    await store().commit(OWNER, [one('order-7', 1, 'y', { messages: [{ ...message('e'), key: 'o-7' }] })])
    expect((await pending()).map(({ key }) => key)).toEqual(['o-1', undefined, 'é', 'o-7', 'o-7'])
  })

  test('refuses an invalid record key', async () => {
    for (const key of ['', 'a\0b', '\ud800', 'x'.repeat(1001)]) {
      expect(await send({ ...message('a'), key })).toMatchObject([{ ok: false, error: { code: 'INVALID_APPEND' } }])
    }
    expect(await pending()).toEqual([])
  })

  test('deletes published messages, and never reuses an id', async () => {
    await send(message('a'), message('b'), message('c'))
    const before = (await pending()).map(({ id }) => id)
    await store().outbox.published(OWNER, before.slice(0, 1))
    await store().outbox.published(OWNER, before.slice(0, 2))
    expect(await names()).toEqual(['c'])
    await store().outbox.published(OWNER, before)
    await send(message('d'))
    expect(before).not.toContain(await idOf('d'))
    await store().outbox.published(OWNER, [])
    await store().outbox.published(OWNER, ['', 'x', '-1', '99999999', '1.5'])
    expect(await names()).toEqual(['d'])
  })

  test('leaves out known ids, which do not count towards the limit', async () => {
    await send(message('a'), message('b'), message('c'), message('d'))
    const known = [await idOf('a'), await idOf('c'), '', 'x', '99999999']
    const found = await store().outbox.pending(OWNER, 1, new Set(known))
    expect(found.map(({ event }) => nameOf(event))).toEqual(['b'])
    expect(await store().outbox.pending(OWNER, 9, await Promise.all(['a', 'b', 'c', 'd'].map(idOf)))).toEqual([])
    expect(await names()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('counts failed attempts', async () => {
    await send(message('a'), message('b'))
    await store().outbox.failed(OWNER, [await idOf('a')])
    await store().outbox.failed(OWNER, [await idOf('a'), await idOf('b'), '99999999'])
    expect((await pending()).map(({ attempts }) => attempts)).toEqual([2, 1])
  })

  test('moves a message to the dead letters with its topic, attempts, error and details', async () => {
    await store().commit(OWNER, [one('order-7', 0, 'x', { messages: [message('a', 'no-such-topic')] })])
    await send(message('b', 'another-topic'), message('c'))
    await store().outbox.failed(OWNER, [await idOf('a')])
    const wanted = (await pending()).find(({ event }) => nameOf(event) === 'a')
    await store().outbox.bury(OWNER, await idOf('a'), { message: 'too large', details: 'at line 1\nat line 2' })
    await store().outbox.bury(OWNER, await idOf('b'), { message: 'refused' })
    expect(await names()).toEqual(['c'])
    const [first, second] = await store().deadLetters.list()
    expect(first).toMatchObject({
      streamId: 'order-7',
      topic: 'no-such-topic',
      error: 'too large',
      details: 'at line 1\nat line 2',
      retryCount: 1,
      status: 'pending',
      originalTimestamp: wanted?.createdAt,
    })
    expect(plain(first?.event ?? named('?'))).toEqual(plain(named('a')))
    expect(second).toMatchObject({ streamId: 'another-topic', topic: 'another-topic', error: 'refused', retryCount: 0 })
    expect(second?.details).toBeUndefined()
  })

  test('moves a message to the dead letters once', async () => {
    await send(message('a'))
    const id = await idOf('a')
    await Promise.all(connections(4).map((writer) => writer.outbox.bury(OWNER, id, { message: 'refused' })))
    await store().outbox.bury(OWNER, id, { message: 'refused' })
    await store().outbox.bury(OWNER, 'x', { message: 'refused' })
    expect(await store().deadLetters.count()).toBe(1)
  })

  test('keeps the messages of two owners apart', async () => {
    await send(message('a'))
    await store().commit('other', [{ appends: [], messages: [message('b')] }])
    const id = await idOf('a')
    expect(await names(9, 'other')).toEqual(['b'])
    await store().outbox.published('other', [id])
    await store().outbox.failed('other', [id])
    await store().outbox.bury('other', id, { message: 'refused' })
    expect(await pending()).toMatchObject([{ attempts: 0 }])
    expect(await store().deadLetters.count()).toBe(0)
  })

  test('returns the messages of one stream in its order, from any writer', async () => {
    const writers = connections(6)
    await Promise.all(
      writers.map(async (writer, by) => {
        for (const time of range(8)) {
          const text = `${by}-${time}`
          await writer.commit(OWNER, [one('order-1', 'any', text, { messages: [message(text)] })])
        }
      }),
    )
    const stream = await store().readStream('order-1')
    expect(await names()).toEqual(stream.map(({ event }) => nameOf(event)))
  })

  if (isShared) {
    test('is unchanged after the store is opened again', async () => {
      await send(message('a'), message('b'))
      const [another] = connections(1)
      await store().close()
      expect((await another?.outbox.pending(OWNER, 9))?.map(({ event }) => nameOf(event))).toEqual(['a', 'b'])
    })

    test('holds exactly the messages of the stored events after a process was killed', async () => {
      const process = await start({ do: 'commit', owner: OWNER }, 'committing')
      await process.die()
      const streams = new Set<string>()
      for await (const batch of store().readAll()) for (const { event } of batch) streams.add(nameOf(event))
      expect(streams.size).toBeGreaterThanOrEqual(60)
      expect(new Set(await names(100_000))).toEqual(streams)
    })
  }
}
