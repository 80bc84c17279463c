import { expect, test } from 'vitest'
import { ratePace, recordedPace } from '../../../../src/operations/transfer/deliver/pace.ts'

/** A clock that a test moves. */
function clockAt(start: number) {
  const clock = { time: start, now: () => clock.time, after: () => () => {} }
  return clock
}

test('a rate of 100 records per second makes each record wait 10 ms longer than the one before', () => {
  const pace = ratePace(100, clockAt(0))
  expect([0n, 0n, 0n, 0n].map((timestamp) => pace.wait(timestamp))).toEqual([0, 10, 20, 30])
})

test('a rate saves no unused time, so that no burst follows a pause', () => {
  const clock = clockAt(0)
  const pace = ratePace(100, clock)
  pace.wait(0n)
  clock.time = 10_000
  expect(Array.from({ length: 5 }, () => pace.wait(0n))).toEqual([-20, -10, 0, 10, 20])
})

test('the recorded pace divides the gaps between timestamps by the speed, and shortens long ones', () => {
  const pace = recordedPace(10, 500, clockAt(0))
  expect([1000n, 2000n, 2000n, 100_000n].map((timestamp) => pace.wait(timestamp))).toEqual([0, 100, 100, 600])
})

test('records without a timestamp, and late ones, are due with the record before', () => {
  const pace = recordedPace(1, undefined, clockAt(0))
  expect([1000n, -1n, 500n, 1200n].map((timestamp) => pace.wait(timestamp))).toEqual([0, 0, 0, 200])
})
