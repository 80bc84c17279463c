import { expect, test } from 'vitest'
import type { StoreBacklog } from '../../../src/store/backlog.ts'
import { eventually } from './harness.ts'
import { named, one, type StoreContract } from './store-harness.ts'

const OWNER = 'checkout saga/ä'
const OTHER = 'billing'
const PAST = new Date('2026-01-02T03:04:05.678Z')
const FUTURE = new Date('2126-01-02T03:04:05.678Z')

/** The backlog of a store as another process reads it, without writing. */
export function backlogClauses({ store, setup, start }: StoreContract): void {
  const backlog = async (): Promise<StoreBacklog> => {
    await using opened = await setup()
    return await opened.backlog()
  }
  const message = { topic: 'order-events', event: named('message') }
  const timer = (id: string, due: Date) => ({ id, streamId: 'order-1', due, event: named('timer') })

  test('is empty in a new store', async () => {
    expect(await backlog()).toEqual({
      now: expect.any(Date),
      owners: [],
      failed: { count: 0, oldest: undefined },
      rejected: { count: 0, oldest: undefined },
    })
  })

  test('has the messages and the due timers of each owner, with the oldest', async () => {
    await store().commit(OWNER, [
      one('order-1', 0, 'a', { messages: [message, message], timers: [timer('late', PAST), timer('later', FUTURE)] }),
    ])
    await store().commit(OTHER, [one('order-2', 0, 'b', { messages: [message] })])
    await store().commit('clock', [one('order-3', 0, 'c', { timers: [timer('late', PAST), timer('due', new Date())] })])
    await store().commit('idle', [one('order-4', 0, 'd', { timers: [timer('later', FUTURE)] })])

    const { now, owners } = await backlog()

    expect(owners).toEqual(
      [
        {
          owner: OTHER,
          outbox: { messages: 1, oldest: (await store().outbox.depth(OTHER)).oldest },
          due: { timers: 0, earliest: undefined },
          lease: { state: 'free' },
        },
        {
          owner: OWNER,
          outbox: { messages: 2, oldest: (await store().outbox.depth(OWNER)).oldest },
          due: { timers: 1, earliest: PAST },
          lease: { state: 'free' },
        },
        {
          owner: 'clock',
          outbox: { messages: 0, oldest: undefined },
          due: { timers: 2, earliest: PAST },
          lease: { state: 'free' },
        },
      ].sort(({ owner: a }, { owner: b }) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    )
    for (const { outbox } of owners)
      if (outbox.oldest) expect(outbox.oldest.getTime()).toBeLessThanOrEqual(now.getTime())
  })

  test('names the process that holds a lease, until it ends', async () => {
    await store().commit(OWNER, [one('order-1', 0, 'a', { messages: [message] })])
    await store().commit(OTHER, [one('order-2', 0, 'b', { messages: [message] })])
    const holder = await start({ do: 'lease', owner: OWNER }, 'holding')

    const { owners } = await backlog()
    expect(owners.find(({ owner }) => owner === OWNER)?.lease).toMatchObject({ state: 'held' })
    expect(owners.find(({ owner }) => owner === OTHER)?.lease).toEqual({ state: 'free' })

    await holder.die()
    await eventually(async () => {
      expect((await backlog()).owners.map(({ lease }) => lease.state)).toEqual(['free', 'free'])
    })
  })

  test('does not take a lease', async () => {
    await store().commit(OWNER, [one('order-1', 0, 'a', { messages: [message] })])
    const reading = Array.from({ length: 20 }, backlog)
    const lease = await store().outbox.lease(OWNER)
    expect(lease).toBeDefined()
    await Promise.all(reading)
    expect(lease?.lost.aborted).toBe(false)
  })

  test('counts open dead letters, and those of rejected commands apart', async () => {
    const letter = { streamId: 'order-1', event: named('a'), originalTimestamp: PAST, error: 'no stock' }
    const rejected = { streamId: 'order-1', event: named('b'), originalTimestamp: PAST, error: 'already paid' }
    const first = await store().deadLetters.add(letter)
    await store().deadLetters.add({ ...letter, topic: 'order-events', details: 'rejected by the warehouse' })
    await store().deadLetters.add({ ...letter, details: 'topic: none' })
    const closed = await store().deadLetters.add(letter)
    await store().deadLetters.resolve(closed, 'a person')
    await store().commit(OWNER, [
      {
        appends: [],
        rejected: [
          { ...rejected, messageId: 'm-1' },
          { ...rejected, topic: 'commands', messageId: 'm-2' },
        ],
      },
    ])

    const { failed, rejected: refused } = await backlog()

    expect(failed).toEqual({ count: 3, oldest: (await store().deadLetters.get(first))?.firstFailedAt })
    const [oldest] = (await store().deadLetters.list()).filter((own) => own.rejected !== undefined)
    expect(refused).toEqual({ count: 2, oldest: oldest?.firstFailedAt })
  })
}
