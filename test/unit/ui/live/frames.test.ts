import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { throttledFrames } from '../../../../src/ui/live/frames.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

const MIN_INTERVAL_MS = 80

test('draws the first frame at once, and one frame for many later requests', () => {
  const draw = vi.fn()
  const frames = throttledFrames(draw)
  for (let requests = 10; requests > 0; requests -= 1) frames.request()
  expect(draw).toHaveBeenCalledTimes(1)
  vi.advanceTimersByTime(MIN_INTERVAL_MS - 1)
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
])(
  'spaces frames that are %s (%d ms) by %d ms, so that drawing takes a sixteenth of the time within bounds',
  (_, takes, apart) => {
    const draw = vi.fn(() => void vi.advanceTimersByTime(takes))
    const frames = throttledFrames(draw)
    frames.request()
    frames.request()
    vi.advanceTimersByTime(apart - takes - 1)
    expect(draw).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(1)
    expect(draw).toHaveBeenCalledTimes(2)
  },
)

test('draws no frame after stop', () => {
  const draw = vi.fn()
  const frames = throttledFrames(draw)
  frames.request()
  frames.request()
  frames.stop()
  frames.request()
  vi.advanceTimersByTime(1000)
  expect(draw).toHaveBeenCalledTimes(1)
})
