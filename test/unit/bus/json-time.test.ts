import { expect, test } from 'vitest'
import { fromJsonTime, toJsonTime } from '../../../src/bus/time/json-time.ts'

test.each([
  ['a time as RFC 3339 in UTC with milliseconds', 1_795_428_000_000n, '2026-11-23T10:00:00.000Z'],
  ['a time before 1970', -5n, '1969-12-31T23:59:59.995Z'],
  ['the first moment of the year 1', -62_135_596_800_000n, '0001-01-01T00:00:00.000Z'],
  ['the last moment of the year 9999', 253_402_300_799_999n, '9999-12-31T23:59:59.999Z'],
  ['a time after the year 9999 as a number', 253_402_300_800_000n, 253_402_300_800_000n],
  ['the smallest timestamp as a number', -(2n ** 63n), -(2n ** 63n)],
  ['the largest timestamp as a number', 2n ** 63n - 1n, 2n ** 63n - 1n],
])('writes %s, and reads it again', (_, timestamp, json) => {
  expect(toJsonTime(timestamp)).toBe(json)
  expect(fromJsonTime(json)).toBe(timestamp)
  // Documents have numbers beyond 2^53 as text.
  expect(fromJsonTime(String(json))).toBe(timestamp)
})

test('writes the timestamp of a record without one as null', () => {
  expect(toJsonTime(-1n)).toBeNull()
  expect(fromJsonTime(null)).toBeNull()
})

test('reads times with any zone, and milliseconds', () => {
  expect(fromJsonTime('2026-11-23T12:30:00+02:30')).toBe(1_795_428_000_000n)
  expect(fromJsonTime(1_795_428_000_000)).toBe(1_795_428_000_000n)
})

test.each(['2026-11-23T10:00:00', 'soon', '', 1.5, 2 ** 63, true, {}, undefined, 2n ** 63n])('rejects %o', (value) => {
  expect(fromJsonTime(value)).toBeUndefined()
})
