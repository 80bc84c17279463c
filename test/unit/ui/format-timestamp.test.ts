import { afterEach, expect, test, vi } from 'vitest'
import { formatTime, formatTimeOfDay } from '../../../src/ui/text/format-time.ts'
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
])('formatTimestamp writes $timestamp in UTC as $text', ({ timestamp, text }) => {
  expect(formatTimestamp(timestamp, 'utc')).toBe(text)
})

afterEach(() => vi.unstubAllEnvs())

test.each([
  {
    zone: 'Europe/Berlin',
    time: Date.UTC(2026, 10, 30, 7, 31, 26, 868),
    text: '2026-11-30 08:31:26.868 +01:00',
  },
  {
    zone: 'Europe/Berlin',
    time: Date.UTC(2026, 6, 1, 23, 0),
    text: '2026-07-02 01:00:00.000 +02:00',
  },
  {
    zone: 'Asia/Kolkata',
    time: Date.UTC(2026, 0, 1),
    text: '2026-01-01 05:30:00.000 +05:30',
  },
  {
    zone: 'America/St_Johns',
    time: Date.UTC(2026, 0, 1),
    text: '2025-12-31 20:30:00.000 -03:30',
  },
  { zone: 'UTC', time: 0, text: '1970-01-01 00:00:00.000 +00:00' },
])('formatTime writes a time in $zone as $text', ({ zone, time, text }) => {
  vi.stubEnv('TZ', zone)
  expect(formatTime(time, 'local')).toBe(text)
  expect(formatTime(time, 'utc')).toBe(new Date(time).toISOString())
  expect(formatTimestamp(BigInt(time), 'local')).toBe(text)
})

test('formatTimeOfDay writes seconds and the zone', () => {
  vi.stubEnv('TZ', 'Europe/Berlin')
  const time = Date.UTC(2026, 10, 30, 11, 3, 5)
  expect(formatTimeOfDay(time, 'local')).toBe('12:03:05 +01:00')
  expect(formatTimeOfDay(time, 'utc')).toBe('11:03:05Z')
})
