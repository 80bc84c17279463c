import { getEventListeners } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { sleep } from '../../../src/bus/time/sleep.ts'
import { wakeableSleep } from '../../../src/bus/time/wakeable-sleep.ts'
import { within } from '../../../src/bus/time/within.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => void vi.useRealTimers())

const HOUR = 3_600_000

/** Whether a promise has resolved after all microtasks so far. */
async function isOver(waiting: Promise<void>): Promise<boolean> {
  let over = false
  void waiting.then(() => {
    over = true
  })
  await vi.advanceTimersByTimeAsync(0)
  return over
}

test('sleep resolves after its time and not earlier', async () => {
  const sleeping = sleep(1000)
  await vi.advanceTimersByTimeAsync(999)
  expect(await isOver(sleeping)).toBe(false)
  await vi.advanceTimersByTimeAsync(1)
  expect(await isOver(sleeping)).toBe(true)
})

test('sleep resolves as soon as its signal aborts, and leaves neither timer nor listener', async () => {
  const { signal, abort } = controller()
  const sleeping = sleep(HOUR, signal)
  expect(await isOver(sleeping)).toBe(false)
  abort()
  expect(await isOver(sleeping)).toBe(true)
  expect(vi.getTimerCount()).toBe(0)
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('sleep removes its listener from the signal when its time is over', async () => {
  const { signal } = controller()
  const sleeping = sleep(1000, signal)
  await vi.advanceTimersByTimeAsync(1000)
  await sleeping
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('sleep resolves at once with a signal that has aborted before', async () => {
  await expect(sleep(HOUR, AbortSignal.abort())).resolves.toBeUndefined()
  expect(vi.getTimerCount()).toBe(0)
})

test('a wakeable sleep ends when it is woken, and the next one lasts its time', async () => {
  const { signal } = controller()
  const { sleep: sleepUntilWoken, wake } = wakeableSleep()
  const sleeping = [sleepUntilWoken(HOUR, signal), sleepUntilWoken(HOUR, signal)]
  expect(await isOver(Promise.all(sleeping).then(() => undefined))).toBe(false)
  wake()
  await Promise.all(sleeping)
  const next = sleepUntilWoken(1000, signal)
  expect(await isOver(next)).toBe(false)
  await vi.advanceTimersByTimeAsync(1000)
  expect(await isOver(next)).toBe(true)
})

test('within resolves when the time-out ends before the work', async () => {
  const { signal, abort } = controller()
  const waiting = within(signal, new Promise(() => undefined))
  expect(await isOver(waiting)).toBe(false)
  abort()
  expect(await isOver(waiting)).toBe(true)
})

test('within rejects with the work, and leaves no listener', async () => {
  const { signal } = controller()
  await expect(within(signal, Promise.reject(new Error('the work failed')))).rejects.toThrow('the work failed')
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

function controller() {
  const stop = new AbortController()
  return { signal: stop.signal, abort: () => stop.abort() }
}
