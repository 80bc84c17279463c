import { expect, test } from 'vitest'
import { realPace } from '../../../src/saga/pace.ts'
import { TimerLoop } from '../../../src/saga/timer-loop.ts'
import { SqliteEventStore } from '../../../src/store/sqlite/sqlite-event-store.ts'

function setUp(store: SqliteEventStore) {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  const loop = new TimerLoop({
    store,
    owner: 'order-aggregate',
    now: () => new Date(),
    pace: realPace,
    onError: () => undefined,
    submit() {
      asked.resolve()
      return answer.promise
    },
  })
  return { loop, asked: asked.promise, giveUp: () => answer.reject(new Error('order was closed')) }
}

test('what fires when it is stopped may be given up: the next start fires it', async () => {
  await using store = new SqliteEventStore({ path: ':memory:' })
  const { loop, asked, giveUp } = setUp(store)
  const running = loop.run()
  await asked

  loop.stop()
  giveUp()

  await running
})

test('what cannot be dealt with before that ends it', async () => {
  await using store = new SqliteEventStore({ path: ':memory:' })
  const { loop, asked, giveUp } = setUp(store)
  const running = loop.run()
  await asked

  giveUp()

  await expect(running).rejects.toThrow('order was closed')
})
