import { expect, test } from 'vitest'
import { failure, named, one, outcomes, range, readAll, type StoreContract } from './store-harness.ts'

export function closingClauses({ store, connections, isShared, start }: StoreContract): void {
  test('every call on a closed store fails with STORE_CLOSED', async () => {
    await store().append('order-1', 0, [named('a')])
    await store().close()
    await store().close()
    const asked = [
      store().append('order-1', 1, [named('b')]),
      store().commit('owner', [one('order-1', 1, 'b')]),
      store().readStream('order-1'),
      store().readStreams(['order-1']),
      readAll(store().readAll()),
      store().saveSnapshot({ streamId: 'order-1', version: 1, state: Buffer.of() }),
      store().loadSnapshot('order-1'),
      store().outbox.pending('owner', 1),
      store().outbox.published('owner', ['1']),
      store().outbox.failed('owner', ['1']),
      store().outbox.bury('owner', '1', { message: 'x' }),
      store().outbox.lease('owner'),
      store().timers.due('owner', new Date(), 1),
      store().timers.next('owner'),
      store().deadLetters.list(),
      store().deadLetters.get('1'),
      store().deadLetters.count(),
      store().deadLetters.retried('1'),
      store().deadLetters.resolve('1', 'ada'),
      store().deadLetters.discard('1', 'ada'),
      store().deadLetters.add({ streamId: 'a', event: named('a'), originalTimestamp: new Date(), error: 'x' }),
    ]
    expect(await Promise.all(asked.map(failure))).toEqual(asked.map(() => 'STORE_CLOSED'))
  })

  test('close waits for running commits', async () => {
    const committing = range(10).map((number) => store().commit('owner', [one(`order-${number}`, 0, 'a')]))
    await store().close()
    expect(outcomes((await Promise.all(committing)).flat())).toEqual(range(10).map(() => [1]))
  })

  test('a store that was never used can be closed', async () => {
    await expect(store().close()).resolves.toBeUndefined()
    expect(await failure(store().readStream('order-1'))).toBe('STORE_CLOSED')
  })

  test('await using closes the store', async () => {
    {
      await using _ = store()
    }
    expect(await failure(store().readStream('order-1'))).toBe('STORE_CLOSED')
  })

  if (isShared) {
    test('a store that is not closed does not keep its process alive', async () => {
      await (await start({ do: 'leave' }, 'leaving')).printed
      expect(await store().readStream('order-1')).toHaveLength(1)
    })

    test('events and snapshots are read after the store is opened again', async () => {
      const [another] = connections(1)
      await store().append('order-1', 0, [named('a')])
      await store().saveSnapshot({ streamId: 'order-1', version: 1, state: Buffer.of(1) })
      await store().close()
      expect(await another?.readStream('order-1')).toHaveLength(1)
      expect(await another?.loadSnapshot('order-1')).toMatchObject({ version: 1 })
    })
  }
}
