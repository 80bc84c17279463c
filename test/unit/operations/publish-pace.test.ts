import { expect, test } from 'vitest'
import { type Clock, paced, systemClock } from '../../../src/operations/pace.ts'

/** A clock whose sleep ends at once and advances the time. */
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

test('paced waits until the next events are due', async () => {
  const clock = fakeClock()
  const pace = paced(10, clock)
  const times: number[] = []
  for (let index = 0; index < 5; index += 1) {
    await pace(1, signal)
    times.push(clock.time)
  }
  expect(times).toEqual([1000, 1100, 1200, 1300, 1400])
})

test('paced compensates for timers that fire late', async () => {
  const clock = fakeClock()
  const sleepy = {
    ...clock,
    now: () => clock.time,
    sleep: async (milliseconds: number) => {
      clock.time += milliseconds + 7
    },
  }
  const pace = paced(100, sleepy)
  for (let index = 0; index < 1001; index += 1) await pace(1, signal)
  expect(clock.time - 1000).toBeLessThan(10_020)
})

test('paced allows no burst after a pause', async () => {
  const clock = fakeClock()
  const pace = paced(10, clock)
  await pace(1, signal)
  clock.time += 60_000
  const resumedAt = clock.time
  for (let index = 0; index < 20; index += 1) await pace(1, signal)
  expect(clock.time - resumedAt).toBeGreaterThanOrEqual(1800)
})

test('paced stops sleeping when the signal aborts', async () => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(), 10)
  const startedAt = performance.now()
  await systemClock.sleep(10_000, controller.signal)
  await systemClock.sleep(10_000, controller.signal)
  expect(performance.now() - startedAt).toBeLessThan(1000)
})
