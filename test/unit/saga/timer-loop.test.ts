import { expect, test } from 'vitest'
import { serializedEvent } from '../../../src/bus/event.ts'
import { realPace } from '../../../src/saga/pace.ts'
import { Watch } from '../../../src/saga/reports/watch.ts'
import { TimerLoop } from '../../../src/saga/runtime/timer-loop.ts'
import { SqliteEventStore } from '../../../src/store/sqlite/sqlite-event-store.ts'

function setUp(store: SqliteEventStore) {
  const asked = Promise.withResolvers<void>()
  const answer = Promise.withResolvers<void>()
  const loop = new TimerLoop({
    store,
    owner: 'order-aggregate',
    now: () => new Date(),
    pace: realPace,
    watch: new Watch({ name: 'order', group: 'order-aggregate' }),
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

test('a timer that waits for another attempt holds up no other one, and is not fired again meanwhile', async () => {
  await using store = new SqliteEventStore({ path: ':memory:' })
  const event = serializedEvent('Due.v1', Uint8Array.of(1))
  const set = (id: string, due: Date) =>
    store.commit('order-aggregate', [{ appends: [], timers: [{ id, streamId: 'order-1', due, event }] }])
  const fired: string[] = []
  const loop = new TimerLoop({
    store,
    owner: 'order-aggregate',
    now: () => new Date(),
    pace: realPace,
    watch: new Watch({ name: 'order', group: 'order-aggregate' }),
    // Nothing is ever dealt with: every timer waits for another attempt.
    submit(messages, onPassed) {
      fired.push(...messages.flatMap(({ timer }) => timer?.id ?? []))
      onPassed()
      return new Promise(() => undefined)
    },
  })
  await set('first', new Date(0))
  const running = loop.run()
  await expect.poll(() => fired).toEqual(['first'])

  await set('second', new Date(0))
  await expect.poll(() => fired).toEqual(['first', 'second'])

  loop.stop()
  await running
  expect(fired).toEqual(['first', 'second'])
})

test('what cannot be dealt with before that ends it', async () => {
  await using store = new SqliteEventStore({ path: ':memory:' })
  const { loop, asked, giveUp } = setUp(store)
  const running = loop.run()
  await asked

  giveUp()

  await expect(running).rejects.toThrow('order was closed')
})
