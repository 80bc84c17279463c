import { expect, test } from 'vitest'
import { type Clock, systemClock } from '../../../src/operations/clock.ts'
import { rateLimiter } from '../../../src/operations/rate-limit.ts'

/** A clock whose sleep resolves at once and advances the time. */
function fakeClock(): Clock & { time: number } {
  const clock = {
    time: 1000,
    now: () => clock.time,
    sleep: async (milliseconds: number) => {
      clock.time += milliseconds
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
  const clock = fakeClock()
  const sleepy = {
    ...clock,
    now: () => clock.time,
    sleep: async (milliseconds: number) => {
      clock.time += milliseconds + 7
    },
  }
  const waitForTurn = rateLimiter(100, sleepy)
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

test('ends a sleep when the signal aborts', async () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 10)
  const startedAt = performance.now()
  await systemClock.sleep(10_000, controller.signal)
  await systemClock.sleep(10_000, controller.signal)
  expect(performance.now() - startedAt).toBeLessThan(1000)
})
