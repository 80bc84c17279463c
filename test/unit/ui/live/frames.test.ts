import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { framesOf } from '../../../../src/ui/live/frames.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const SHORTEST = 80

test('the first is drawn at once, many after it as one', () => {
  const draw = vi.fn()
  const frames = framesOf(draw)
  for (let requests = 10; requests > 0; requests -= 1) frames.request()
  expect(draw).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(SHORTEST - 1)
  expect(draw).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(1)
  expect(draw).toHaveBeenCalledTimes(2)
  vi.advanceTimersByTime(1000)
  expect(draw).toHaveBeenCalledTimes(2)
  frames.request()
  expect(draw).toHaveBeenCalledTimes(3)
})

test.each([
  ['quick', 1, 80],
  ['slow', 10, 160],
  ['very slow', 100, 250],
])('frames that are %s are so far apart that they take a sixteenth of the time, within bounds', (_, takes, apart) => {
  const draw = vi.fn(() => void vi.advanceTimersByTime(takes))
  const frames = framesOf(draw)
  frames.request()
  frames.request()
  vi.advanceTimersByTime(apart - takes - 1)
  expect(draw).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(1)
  expect(draw).toHaveBeenCalledTimes(2)
})

test('nothing is drawn once it has stopped', () => {
  const draw = vi.fn()
  const frames = framesOf(draw)
  frames.request()
  frames.request()
  frames.stop()
  frames.request()
  vi.advanceTimersByTime(1000)
  expect(draw).toHaveBeenCalledTimes(1)
})
