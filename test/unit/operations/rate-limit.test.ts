import { expect, test } from 'vitest'
import type { MonotonicClock } from '../../../src/bus/time/monotonic-clock.ts'
import { rateLimiter } from '../../../src/operations/rate-limit.ts'

/** A clock whose waits are over at once and advance the time by their length, and by so much that timers oversleep. */
function fakeClock(oversleep = 0): MonotonicClock & { time: number } {
  const clock = {
    time: 1000,
    now: () => clock.time,
    after(milliseconds: number, wake: () => void) {
      clock.time += milliseconds + oversleep
      queueMicrotask(wake)
      return () => undefined
    },
  }
  return clock
}

const { signal } = new AbortController()

test('waits until the next items are due', async () => {
  const clock = fakeClock()
  const waitForTurn = rateLimiter(10, clock)
  const times: number[] = []
  for (let index = 0; index < 5; index += 1) {
    await waitForTurn(1, signal)
    times.push(clock.time)
  }
  expect(times).toEqual([1000, 1100, 1200, 1300, 1400])
})

test('keeps the rate when timers oversleep', async () => {
  const clock = fakeClock(7)
  const waitForTurn = rateLimiter(100, clock)
  for (let index = 0; index < 1001; index += 1) await waitForTurn(1, signal)
  expect(clock.time - 1000).toBeLessThan(10_020)
})

test('does not burst after idle time', async () => {
  const clock = fakeClock()
  const waitForTurn = rateLimiter(10, clock)
  await waitForTurn(1, signal)
  clock.time += 60_000
  const resumedAt = clock.time
  for (let index = 0; index < 20; index += 1) await waitForTurn(1, signal)
  expect(clock.time - resumedAt).toBeGreaterThanOrEqual(1800)
})
