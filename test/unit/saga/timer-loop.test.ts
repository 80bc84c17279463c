import { expect, test } from 'vitest'
import { serializedEvent } from '../../../src/bus/event.ts'
import { monotonicClock } from '../../../src/bus/time/monotonic-clock.ts'
import { Alarm } from '../../../src/saga/alarm.ts'
import { Watch } from '../../../src/saga/reports/watch.ts'
import { TimerLoop, type TimerLoopOptions } from '../../../src/saga/runtime/timer-loop.ts'
import { SqliteEventStore } from '../../../src/store/sqlite/sqlite-event-store.ts'

const OWNER = 'order-aggregate'

const newLoop = (store: SqliteEventStore, submit: TimerLoopOptions['submit']) =>
  new TimerLoop({
    store,
    owner: OWNER,
    now: () => new Date(),
    alarm: new Alarm(monotonicClock),
    watch: new Watch({ name: 'order', group: OWNER }),
    submit,
  })

async function setDueTimer(store: SqliteEventStore, id: string): Promise<void> {
  const event = serializedEvent('Due.v1', Uint8Array.of(1))
  await store.commit(OWNER, [{ appends: [], timers: [{ id, streamId: 'order-1', due: new Date(0), event }] }])
}

/** A loop whose engine accepts the timers that are due, and is stopped before it has handled them. */
async function abandoned(store: SqliteEventStore) {
  const submitted = Promise.withResolvers<void>()
  const handled = Promise.withResolvers<void>()
  const loop = newLoop(store, () => {
    submitted.resolve()
    return handled.promise
  })
  const running = loop.run()
  await submitted.promise
  return { loop, running, stopEngine: () => handled.reject(new Error('order was closed')) }
}

test('run resolves when the engine abandons a timer while the loop stops, and the next start fires the timer', async () => {
  await using store = new SqliteEventStore({ path: ':memory:' })
  await setDueTimer(store, 'first')
  const { loop, running, stopEngine } = await abandoned(store)

  loop.stop()
  stopEngine()
  await expect(running).resolves.toBeUndefined()

  const fired: (string | undefined)[] = []
  const next = newLoop(store, async (messages) => {
    for (const { timer } of messages) fired.push(timer?.id)
  })
  expect(await next.fire()).toBe(1)
  expect(fired).toEqual(['first'])
})

test('fires other timers while a timer waits for a retry, and does not fire that timer again meanwhile', async () => {
  await using store = new SqliteEventStore({ path: ':memory:' })
  const fired: (string | undefined)[] = []
  // No timer is ever settled: each waits for a retry.
  const loop = newLoop(store, (messages, onPassed) => {
    for (const { timer } of messages) fired.push(timer?.id)
    onPassed()
    return new Promise(() => undefined)
  })
  await setDueTimer(store, 'first')
  const running = loop.run()
  await expect.poll(() => fired).toEqual(['first'])

  await setDueTimer(store, 'second')
  await expect.poll(() => fired).toEqual(['first', 'second'])

  loop.stop()
  await running
  expect(fired).toEqual(['first', 'second'])
})

test('run rejects when the engine fails while the loop is not stopping', async () => {
  await using store = new SqliteEventStore({ path: ':memory:' })
  const { running, stopEngine } = await abandoned(store)

  stopEngine()

  await expect(running).rejects.toThrow('order was closed')
})
