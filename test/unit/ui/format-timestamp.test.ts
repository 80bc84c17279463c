import { expect, test } from 'vitest'
import { formatTimestamp } from '../../../src/ui/text/format-timestamp.ts'

test.each([
  { timestamp: -1n, text: '-' },
  { timestamp: 0n, text: '1970-01-01T00:00:00.000Z' },
  { timestamp: -2n, text: '1969-12-31T23:59:59.998Z' },
  { timestamp: 1_764_412_345n, text: '1970-01-21T10:06:52.345Z' },
  { timestamp: 1_764_412_345_678n, text: '2025-11-29T10:32:25.678Z' },
  { timestamp: 253_402_300_799_999n, text: '9999-12-31T23:59:59.999Z' },
  { timestamp: 253_402_300_800_000n, text: '253402300800000ms' },
  { timestamp: -62_135_596_800_000n, text: '0001-01-01T00:00:00.000Z' },
  { timestamp: -62_135_596_800_001n, text: '-62135596800001ms' },
  { timestamp: 1_764_412_345_678_901n, text: '1764412345678901ms' },
  { timestamp: 2n ** 63n - 1n, text: '9223372036854775807ms' },
])('formatTimestamp writes $timestamp as $text', ({ timestamp, text }) => {
  expect(formatTimestamp(timestamp)).toBe(text)
})
