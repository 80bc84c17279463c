import { expect, test } from 'vitest'
import { duration } from '../../../src/bus/time/duration.ts'
import { formatDuration } from '../../../src/ui/text/format-duration.ts'

test.each([
  [0, '0ms'],
  [850.7, '850ms'],
  [12_000, '12s'],
  [192_000, '3m12s'],
  [3_600_000, '1h'],
  [3_660_000, '1h1m'],
  [187_200_000, '2d4h'],
])('formatDuration writes %d ms as %s, which flags accept', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text)
  expect(duration(text)).toBe(Math.floor(milliseconds))
})
